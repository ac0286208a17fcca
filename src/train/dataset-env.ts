/** What of a configuration's `env` a dataset was recorded with, and must be learned with. */
import type { Config } from '../config/index.ts';

/** What makes a world what it is; who learned by others has learned another world. */
export const RULES = ['actionRepeat', 'stickyActions', 'timeLimit', 'levels', 'frameStack'] as const;
/** And what its pictures look like. */
export const DATASET_KEYS = [...RULES, 'size', 'greyscale', 'distract', 'camera', 'distractStrength'] as const;

export const datasetEnv = (env: Config['env']): Record<(typeof DATASET_KEYS)[number], number | string | boolean> =>
  Object.fromEntries(DATASET_KEYS.map((key) => [key, env[key]])) as Record<(typeof DATASET_KEYS)[number], number | string | boolean>;
