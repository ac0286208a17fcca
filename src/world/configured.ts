/** The world of a configuration, wherever it is trained in, evaluated, dreamt of or looked at. */
import type { Environment } from '../types.ts';
import { isExternal } from './external.ts';
import type { Look } from './view.ts';
import { wrapEnvironment } from './wrappers.ts';
import type { WrapperSettings } from './wrappers.ts';

/** The part of a configuration's `env` that makes a world what it is. */
export interface WorldSettings extends WrapperSettings, Look {
  /** Side of the pictures in pixels. */
  readonly size: number;
}

/** What driver, play and dream need of a world, to be spread into their options. */
export interface ConfiguredWorld {
  readonly environment: Environment;
  readonly size: number;
  readonly look: Look;
}

/** `environment` with its dynamics, its memory and its pictures as `settings` ask. */
export function configureWorld(environment: Environment, settings: WorldSettings): ConfiguredWorld {
  const { size, greyscale, distract, camera, distractStrength, frameStack } = settings;
  return {
    environment: isExternal(environment)
      ? environment.external.configure(settings)
      : wrapEnvironment(environment, settings),
    size,
    look: { greyscale, distract, camera, distractStrength, frameStack },
  };
}
