/** The world of a configuration, wherever it is trained in, evaluated, dreamt of or looked at. */
import type { Environment } from '../types.ts';
import { isExternal } from './external.ts';
import { guarded } from './guarded.ts';
import type { Look } from './view.ts';
import type { WorldSettings } from './world-settings.ts';
import { wrapEnvironment } from './wrappers.ts';

/** What driver, play and dream need of a world, to be spread into their options. */
export interface ConfiguredWorld {
  readonly environment: Environment;
  readonly size: number;
  readonly look: Look;
  /** As of `PlayOptions`: a limit that somebody has set is waited for. */
  readonly longest?: number;
}

/** `environment` with its dynamics, its memory and its pictures as `settings` ask. */
export function configureWorld(environment: Environment, settings: WorldSettings): ConfiguredWorld {
  const { size, greyscale, distract, camera, distractStrength, frameStack, timeLimit } = settings;
  return {
    environment: isExternal(environment)
      ? environment.external.configure(settings)
      : wrapEnvironment(guarded(environment), settings),
    size,
    look: { greyscale, distract, camera, distractStrength, frameStack },
    ...(timeLimit > 0 ? { longest: Infinity } : {}),
  };
}
