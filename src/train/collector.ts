/**
 * The collector, the learner's mirror: owns the worlds in play and what acts in them, and brings in experience block by
 * block. This one acts here; others may act elsewhere.
 */
import type { Config } from '../config/index.ts';
import { randomPolicy } from '../policies/random.ts';
import type { ActionSpace, Agent, EngineChoice, Group, NdArray, ParamArrays, Policy, Rng, RunningPolicy, Step } from '../types.ts';
import type { DriverSnapshot, FinishedEpisode } from '../world/driver.ts';
import type { OpenDriver } from '../world/external.ts';
import { withBursts } from './bursts.ts';
import { DivergedError } from './diverged.ts';
import { requireCarry } from './saved-arrays.ts';
import type { OpenPolicy } from './configure.ts';

/** What is to be collected. Plain data. */
export interface Block {
  /** Counted from 0; every block draws from a stream of its own. */
  readonly index: number;
  /** Steps of every lane. */
  readonly ticks: number;
  /** Act at random: nothing has been learned yet. */
  readonly exploring: boolean;
}

/** One step of all lanes. */
export interface Tick {
  /** The new records of every lane. */
  readonly steps: readonly (readonly Step[])[];
  /** What was found by a search before them, if one was made, and what was legal, if not everything: leaves [N, …]. */
  readonly targets: Group<NdArray>;
  /** What the policy counted, by name. */
  readonly stats: Readonly<Record<string, number>>;
}

export interface Collected {
  readonly ticks: readonly Tick[];
  readonly finished: readonly FinishedEpisode[];
}

/** Where a collector stands. Plain data, apart from arrays. */
export interface CollectorSnapshot {
  readonly driver: DriverSnapshot;
  /** What the policy remembers, leaves [N, …]. */
  readonly carry: Group<NdArray>;
}

export interface Collector {
  readonly lanes: number;
  /** Begin: the first record of every lane. Once, and not after `restore`. */
  start(): Promise<readonly (readonly Step[])[]>;
  /**
   * Collect a block, acting with `params` from now on if they are given. Where it fails, `snapshot` gives where things
   * stood before, and nothing more can be collected.
   * @throws WorldError where a world did what it may not; DivergedError where the policy's numbers are none
   */
  collect(params: ParamArrays | undefined, block: Block): Promise<Collected>;
  snapshot(): Promise<CollectorSnapshot>;
  /** Gives the first records of lanes that could not be put back and begin new episodes. */
  restore(snapshot: CollectorSnapshot): Promise<readonly (readonly Step[])[]>;
  close(): Promise<void>;
}

export interface LocalCollectorOptions {
  readonly config: Config;
  readonly agent: Agent;
  readonly actions: ActionSpace;
  readonly policy: OpenPolicy;
  readonly params: ParamArrays;
  readonly engine: EngineChoice;
  /** Closed with the collector. */
  readonly driver: OpenDriver;
  /** Block k acts with `rng.split(k)`. */
  readonly rng: Rng;
  /** What stands around the policy, for whoever measures it. */
  readonly around?: (policy: RunningPolicy) => RunningPolicy;
}

/** A collector in this process. */
export async function createLocalCollector(options: LocalCollectorOptions): Promise<Collector> {
  const {
    driver, policy: { variant, options: values }, actions, config: { train: { explore } }, rng, around = (policy) => policy,
  } = options;
  const acting = around(await variant.create({
    agent: options.agent, actions, engine: options.engine, params: options.params, lanes: driver.lanes,
    imageShape: driver.imageShape, actionSize: driver.actionSize, explore: true, threads: 1,
  }, values));
  const policy = withBursts(acting, actions, explore);
  const random = withBursts(randomPolicy(actions), actions, explore > 0 ? 1 : 0);
  let carry = policy.initial(driver.lanes);
  /** Where things stood before the block that failed. */
  let left: CollectorSnapshot | undefined;
  return {
    lanes: driver.lanes,
    start: () => driver.start(),
    async collect(params, { index, ticks, exploring }) {
      if (params) acting.update(params);
      const before = { driver: await driver.snapshot(), carry };
      try {
        const collected = await play(driver, exploring ? random : policy, { carry, ticks, rng: rng.split(index) });
        ({ carry } = collected);
        return collected;
      } catch (error) {
        left = before;
        throw error;
      }
    },
    async snapshot() {
      if (left) return left;
      // What acts may write over what it remembers.
      const remembered = structuredClone(carry);
      return { driver: await driver.snapshot(), carry: remembered };
    },
    async restore(snapshot) {
      requireCarry('the checkpoint', snapshot.carry, policy.initial(driver.lanes));
      ({ carry } = snapshot);
      return driver.restore(snapshot.driver);
    },
    async close() {
      await Promise.all([acting.dispose(), driver.close()]);
    },
  };
}

interface Play {
  readonly carry: Group<NdArray>;
  readonly ticks: number;
  readonly rng: Rng;
}

async function play(driver: OpenDriver, policy: Policy, { carry: from, ticks: count, rng }: Play): Promise<Collected & Pick<Play, 'carry'>> {
  const ticks: Tick[] = [];
  const finished: FinishedEpisode[] = [];
  let carry = from;
  for (let tick = 0; tick < count; tick++) {
    const observation = driver.observation();
    const choice = await policy.act(carry, observation, rng);
    requireNumbers(choice.action);
    // The driver shows the next step in the same memory.
    const legal = observation.legal && { ...observation.legal, data: observation.legal.data.slice() };
    const arrived = await driver.step(choice.action);
    carry = choice.carry;
    ticks.push({ steps: arrived.steps, targets: { ...choice.targets, ...(legal ? { legal } : {}) }, stats: choice.stats });
    finished.push(...arrived.finished);
  }
  return { ticks, finished, carry };
}

/** @throws DivergedError where an action is not a number: the world is not to blame for what it would make of it */
function requireNumbers({ data }: NdArray): void {
  const wrong = data.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new DivergedError(`the agent chose an action of ${wrong}, which is what its network gave`);
}
