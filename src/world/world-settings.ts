import type { Look } from './view.ts';
import type { WrapperSettings } from './wrappers.ts';

/** The part of a configuration's `env` that makes a world what it is. */
export interface WorldSettings extends WrapperSettings, Look {
  /** Side of the pictures in pixels. */
  readonly size: number;
  /** Seconds that a world in another process may take for one thing that it is asked; 0 means no limit. */
  readonly timeout?: number;
}
