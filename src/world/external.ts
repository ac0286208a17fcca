/**
 * Worlds that live elsewhere, in another process say. They can be driven and played, but neither forked nor drawn here:
 * what needs that (trees, `watch`, `check`) is refused with a sentence.
 */
import type { Environment, Step } from '../types.ts';
import { WorldError } from './world-error.ts';
import type { WorldSettings } from './world-settings.ts';
import { createDriver } from './driver.ts';
import type { Driver, DriverOptions, DriverSnapshot } from './driver.ts';
import { playEpisodes } from './play.ts';
import type { Played, PlayOptions } from './play.ts';

/** A driver that may hold on to something outside of this process. */
export interface OpenDriver extends Omit<Driver, 'snapshot' | 'restore'> {
  /** As of `Driver`; it may take a while. */
  snapshot(): DriverSnapshot | Promise<DriverSnapshot>;
  /**
   * As of `Driver`, but it may take a while. An external world cannot be put back, so there every lane begins a new
   * episode. Gives the first records of those, by lane; none where the world is as it was.
   */
  restore(snapshot: DriverSnapshot): Promise<readonly (readonly Step[])[]>;
  /** Let go of whatever was taken; `snapshot` still works. */
  close(): Promise<void>;
}

/** Its `reset`, `step` and `draw` throw a UserError. */
export interface ExternalWorld extends Environment {
  readonly external: {
    /** The same world with other dynamics and pictures. @throws UserError where it cannot have them */
    configure(settings: WorldSettings): ExternalWorld;
    /** @throws UserError where the world cannot be started */
    openDriver(options: DriverOptions): Promise<OpenDriver>;
    /** As `playEpisodes`. @throws UserError where the world cannot be started */
    playEpisodes(options: PlayOptions): Promise<Played>;
  };
}

/** An external world refused something or failed; the message has everything that it said about it. */
export class ExternalWorldError extends WorldError {
  override readonly name = 'ExternalWorldError';
}

export function isExternal(environment: Environment): environment is ExternalWorld {
  return 'external' in environment;
}

/** Why there is no truth of a world that could be forked and drawn beside a dream of it; undefined where there is. */
export function whyNoTruth(environment: Environment): string | undefined {
  if (isExternal(environment)) return `${environment.name} lives in Python, and cannot be forked or drawn here`;
  return environment.ahead ? `${environment.name} is a dream itself, and there is no truth beside it` : undefined;
}

/** A driver of any world, to be closed after use. @throws as `createDriver`; UserError where it cannot be started */
export async function openDriver(options: DriverOptions): Promise<OpenDriver> {
  if (isExternal(options.environment)) return options.environment.external.openDriver(options);
  const driver = createDriver(options);
  return {
    ...driver,
    async restore(snapshot) {
      driver.restore(snapshot);
      return snapshot.lanes.map(() => []);
    },
    async close() {},
  };
}

/** `playEpisodes` for any world. @throws as that; UserError where the world cannot be started */
export async function playWorld(options: PlayOptions): Promise<Played> {
  const { environment } = options;
  return isExternal(environment) ? environment.external.playEpisodes(options) : playEpisodes(options);
}
