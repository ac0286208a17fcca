/** Worlds by the name `gym:<Gymnasium id>` or `gym:<file.py>`: they run in a Python process, as PROTOCOL.md says. */
import type { ActionSpace } from '../../types.ts';
import { UserError } from '../../user-error.ts';
import type { WorldSettings } from '../world-settings.ts';
import type { ExternalWorld } from '../external.ts';
import { openGymDriver } from './gym-driver.ts';
import type { GymRules } from './gym-episode.ts';
import { playGymEpisodes } from './gym-play.ts';
import { openLanes } from './lanes.ts';

const PREFIX = 'gym:';

export function isGymName(name: string): boolean {
  return name.startsWith(PREFIX);
}

export interface LoadOptions {
  /** As of `LanesOptions`. */
  readonly worldTimeoutMs?: number;
}

/**
 * The world that `name` stands for. Its process is asked what it is, and for one picture, and ended; driver and player
 * start their own.
 * @throws UserError where Python, a package or the world is missing, or where the world or its picture does not suit
 */
export async function loadGymWorld(name: string, { worldTimeoutMs }: LoadOptions = {}): Promise<ExternalWorld> {
  if (name === PREFIX) {
    throw new UserError(`expected a Gymnasium id or a .py file after '${PREFIX}', for example gym:CartPole-v1`);
  }
  const timeout = worldTimeoutMs === undefined ? {} : { worldTimeoutMs };
  const lanes = await openLanes({ name, lanes: 1, size: 1, greyscale: false, ...timeout });
  try {
    await lanes.reset([0], () => 'its first episode'); // what it lacks for drawing is said now, before anything is made for a run
  } finally {
    await lanes.close();
  }
  return gymWorld({ name, actions: lanes.actions, maxSteps: lanes.maxSteps, ...timeout });
}

/** A world as Python describes it. */
interface GymDescription {
  readonly name: string;
  readonly actions: ActionSpace;
  /** Its time limit in its own steps; null where it has none. */
  readonly maxSteps: number | null;
  readonly worldTimeoutMs?: number;
}

/** For worlds that state no time limit, so that every episode of an evaluation ends; in the world's own steps. */
export const DEFAULT_TIME_LIMIT = 10_000;

function gymWorld(world: GymDescription, settings?: WorldSettings): ExternalWorld {
  const { name, actions } = world;
  const { actionRepeat = 1, stickyActions = 0, timeLimit = 0, levels = 0, timeout } = settings ?? {};
  if (levels > 0) throw new UserError(`env.levels = ${levels}: expected 0, since how episodes of ${name} begin is up to Python`);
  const worldTimeoutMs = timeout === undefined ? world.worldTimeoutMs : 1000 * timeout;
  const limit = timeLimit || (world.maxSteps ?? DEFAULT_TIME_LIMIT);
  const rules: GymRules = {
    name, actions, actionRepeat, stickyActions, timeLimit: limit,
    isDefaultLimit: timeLimit === 0 && world.maxSteps === null,
    ...(worldTimeoutMs === undefined ? {} : { worldTimeoutMs }),
  };
  const refuse = (): never => {
    throw new UserError(`${name} lives in Python: it can be trained in and evaluated, but not forked or drawn here`);
  };
  return {
    name,
    description: `${name.slice(PREFIX.length)}, served by Python.`,
    actions,
    maxSteps: Math.ceil(limit / actionRepeat),
    reset: refuse,
    step: refuse,
    draw: refuse,
    external: {
      configure(wanted) {
        requirePossible(world, wanted);
        return gymWorld(world, wanted);
      },
      openDriver: (options) => openGymDriver(rules, options),
      playEpisodes: (options) => playGymEpisodes(rules, options),
    },
  };
}

/** @throws UserError that names the key which Python's pictures or time limit do not allow */
function requirePossible({ name, maxSteps }: GymDescription, { distract, camera, timeLimit }: WorldSettings): void {
  if (maxSteps !== null && timeLimit > maxSteps) {
    throw new UserError(`env.timeLimit = ${timeLimit}: ${name} itself ends its episodes after ${maxSteps} steps`);
  }
  for (const [key, value, plain] of [['distract', distract, 'none'], ['camera', camera, 'fixed']] as const) {
    if (value !== plain) {
      throw new UserError(`env.${key} = ${value}: expected ${plain}, since pictures of ${name} have their background`);
    }
  }
}
