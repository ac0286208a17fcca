/**
 * A user's world in a thread of its own: it may hang, end the process, or take all memory, and whoever asked goes on.
 * This is the thread's side; `threaded-driver.ts` asks.
 */
import { answer } from '../thread.ts';
import { importDefault, variantUrl, WORLDS } from '../listing.ts';
import { createRng, restoreRng } from '../random.ts';
import type { Environment, NdArray, Observation, RngState, Step } from '../types.ts';
import { UserError } from '../user-error.ts';
import { configureWorld } from './configured.ts';
import { contractChecks, runCheck, shapely, type Finding } from './contract.ts';
import { createDriver, type Driver, type DriverSnapshot, type FinishedEpisode } from './driver.ts';
import { guarded } from './guarded.ts';
import { rewardRange, type RewardRange } from './reward-range.ts';
import { isEnvironment, shapeProblems } from './shape.ts';
import { WorldError } from './world-error.ts';
import type { WorldSettings } from './world-settings.ts';

export interface ThreadedWorld {
  /** The file that holds it. */
  readonly file: string;
  readonly settings: WorldSettings;
  readonly lanes: number;
  readonly rng: RngState;
  /** Shared memory of four int32: see `DriverOptions.whereabouts`. */
  readonly whereabouts: SharedArrayBuffer;
}

/** What all lanes show, with the new records of each. */
export interface Shown {
  readonly steps: readonly (readonly Step[])[];
  readonly finished: readonly FinishedEpisode[];
  readonly observation: Observation;
}

export interface WorldCalls {
  /** Import the file and see that reset() returns. @throws UserError with all that is wrong with its shape */
  load(file: string): void;
  /** As `rewardRange`. */
  range(file: string): RewardRange;
  open(world: ThreadedWorld): { readonly imageShape: readonly [number, number, number]; readonly actionSize: number };
  start(): Shown;
  step(actions: NdArray): Shown;
  snapshot(): DriverSnapshot;
  restore(snapshot: DriverSnapshot): Shown;
  /** What is found of the world's shape, and the names of the checks that can be run on it. */
  checks(file: string): { readonly found: readonly Finding[]; readonly names: readonly string[] };
  check(name: string, size: number, seed: number): Finding | undefined;
}

// In a thread this would end the thread alone, without a word.
process.exit = (code) => {
  throw new Error(`process.exit(${code ?? ''}) was called; a world must not end the program`);
};

let environment: Environment | undefined;
let driver: Driver | undefined;

function opened(): Driver {
  if (!driver) throw new Error('expected open() first');
  return driver;
}

async function load(file: string): Promise<Environment> {
  const world = await importDefault(await variantUrl(WORLDS, file));
  if (isEnvironment(world)) return world;
  throw new UserError(`${file} is not a world:${shapeProblems(world).map((problem) => `\n  - ${problem}`).join('')}`);
}

const shown = (steps: Shown['steps'], finished: Shown['finished'] = []): Shown =>
  ({ steps, finished, observation: opened().observation() });

answer<WorldCalls>({
  async load(file) {
    const world = guarded(await load(file));
    try {
      // The stream by which same-world.ts looks at a state: what returns here returns there.
      world.reset(createRng(0));
    } catch (error) {
      if (!(error instanceof WorldError)) throw error; // what it throws is told when an episode is begun in earnest
    }
  },

  async range(file) {
    return rewardRange(guarded(await load(file)), createRng(0));
  },

  async open({ file, settings, lanes, rng, whereabouts }) {
    const world = configureWorld(await load(file), settings);
    driver = createDriver({ ...world, lanes, rng: restoreRng(rng), whereabouts: new Int32Array(whereabouts) });
    return { imageShape: driver.imageShape, actionSize: driver.actionSize };
  },

  async start() {
    return shown(await opened().start());
  },

  async step(actions) {
    const { steps, finished } = await opened().step(actions);
    return shown(steps, finished);
  },

  async snapshot() {
    return opened().snapshot();
  },

  async restore(snapshot) {
    opened().restore(snapshot);
    return shown([]);
  },

  async checks(file) {
    const world = await importDefault(await variantUrl(WORLDS, file));
    if (!isEnvironment(world)) return { found: shapeProblems(world).map((message) => ({ check: 'shape', ok: false, message })), names: [] };
    environment = world;
    return { found: [shapely], names: contractChecks.map(({ name }) => name) };
  },

  async check(name, size, seed) {
    if (!environment) throw new Error('expected checks() first');
    return runCheck(environment, name, { size, rng: createRng(seed) });
  },
});
