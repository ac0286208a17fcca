/** The contract of a world's rules: pure, reproducible, plain data, outcomes that make sense, episodes that end. */
import { Packr } from 'msgpackr';
import type { Environment, Rng } from '../types.ts';
import { guarded } from './guarded.ts';
import { WorldError } from './world-error.ts';
import { Broken, describe, playEpisode, returnOf, same, sameData } from './contract-trial.ts';
import type { Check, Playing } from './contract-trial.ts';

const EPISODES = 5;
/** Steps that one check may take in all its episodes together. */
const STEP_BUDGET = 20_000;

export const rulesChecks: readonly Check[] = [
  {
    name: 'reset and step follow the rng alone',
    run({ environment, rng }) {
      for (let e = 0; e < EPISODES; e++) {
        const [a, b] = [playEpisode(environment, rng.split(e)), playEpisode(environment, rng.split(e))];
        if (!same(a.first, b.first)) {
          throw new Broken(
            `expected reset() to give the same state for the same rng, got ${describe(a.first)} and ` +
              `${describe(b.first)}; draw every random number from the rng argument`,
          );
        }
        if (!same(a.moves, b.moves)) {
          throw new Broken(
            `expected the same actions and rng to give the same episode, got a difference ${firstDifference(a, b)}; ` +
              'draw every random number from the rng argument, and keep everything in the state',
          );
        }
      }
      return `${EPISODES} episodes played twice from the same seeds were the same`;
    },
  },
  {
    name: 'step is pure',
    run({ environment, rng }) {
      const { moves } = playEpisode(environment, rng, Math.min(environment.maxSteps, 50));
      const before = moves.map(({ state }) => structuredClone(state));
      const replay = (i: number) => environment.step(moves[i].state, moves[i].action, rng.split(i));
      const forward = moves.map((_, i) => structuredClone(replay(i)));
      moves.forEach(({ state }, i) => {
        if (same(state, before[i])) return;
        throw new Broken(
          `expected step() to leave the state it was given alone, got ${describe(before[i])} changed to ` +
            `${describe(state)}; return a new state instead`,
        );
      });
      // Backwards, because a world that hides something outside its state goes wrong when it is not played in order.
      for (let i = moves.length - 1; i >= 0; i--) {
        if (same(replay(i), forward[i])) continue;
        throw new Broken(
          `expected step() to depend on its arguments alone, got another outcome for the same state ` +
            `${describe(before[i])}, action ${describe(moves[i].action)} and rng; keep everything in the state`,
        );
      }
      return `${moves.length} steps, repeated in another order, gave the same and changed nothing they were given`;
    },
  },
  {
    name: 'state is plain data',
    run({ environment, rng }) {
      const { first, moves } = playEpisode(environment, rng, Math.min(environment.maxSteps, 20));
      const packr = new Packr({ moreTypes: true, useRecords: false });
      for (const state of [first, ...moves.map(({ next }) => next.state)]) {
        const copy = copyOf(state);
        if (!same(copy, state)) throw new Broken(`${NOT_PLAIN}: ${describe(state)} came back as ${describe(copy)}`);
        const unpacked: unknown = packr.unpack(packr.pack(state));
        if (sameData(unpacked, state)) continue;
        throw new Broken(`${NOT_PLAIN}: written to a file, ${describe(state)} came back as ${describe(unpacked)}`);
      }
      moves.forEach(({ state, action }, i) => {
        const fromState = environment.step(state, action, rng.split(i));
        const fromFile = environment.step(packr.unpack(packr.pack(state)), action, rng.split(i));
        if (sameData(fromState, fromFile)) return;
        throw new Broken(
          `expected a state read back from a file to behave the same, got ${describe(fromFile)} ` +
            `instead of ${describe(fromState)}`,
        );
      });
      return `${moves.length + 1} states came back unchanged from a checkpoint's format, and behaved the same`;
    },
  },
  {
    name: 'nothing that training refuses',
    run({ environment, rng }) {
      try {
        const steps = playEpisodes(guarded(environment), rng).reduce((sum, { moves }) => sum + moves.length, 0);
        return `${steps} steps gave states that can be kept, rewards that 32 bits hold, and something legal to do`;
      } catch (error) {
        throw error instanceof WorldError ? new Broken(error.message) : error;
      }
    },
  },
  {
    name: 'outcomes make sense',
    run({ environment, rng }) {
      const rewards = playEpisodes(environment, rng).flatMap(({ moves }) => moves.map(({ next }) => next.reward));
      const [low, high] = [rewards.reduce((a, b) => Math.min(a, b)), rewards.reduce((a, b) => Math.max(a, b))];
      return `every reward was finite, from ${round(low)} to ${round(high)}, and terminated was true or false`;
    },
  },
  {
    name: 'episodes end',
    run({ environment, rng }) {
      const { maxSteps } = environment;
      const played = playEpisodes(environment, rng);
      const ended = played.filter(({ terminated }) => terminated).map(({ moves }) => moves.length);
      if (ended.length === 0) {
        const longest = Math.max(...played.map(({ moves }) => moves.length));
        const limit = longest < maxSteps ? ` (not waited for beyond ${longest} actions)` : '';
        return `random episodes end at the time limit of ${maxSteps} actions only${limit}`;
      }
      const lengths = `after ${Math.min(...ended)} to ${Math.max(...ended)} actions`;
      return `${ended.length} of ${played.length} random episodes ended by themselves, ${lengths}; limit ${maxSteps}`;
    },
  },
  {
    name: 'reference returns',
    run({ environment, rng }) {
      const { reference } = environment;
      if (reference === undefined) return undefined;
      const { random, expert } = reference;
      if (expert < random) {
        throw new Broken(`expected reference.expert to be at least reference.random, got ${expert} < ${random}`);
      }
      const returns = playEpisodes(environment, rng, 500).map(returnOf);
      if (returns.length < 20 || environment.maxSteps > STEP_BUDGET / 20) {
        return `random ${random}, expert ${expert} (episodes are too long to measure here)`;
      }
      const mean = returns.reduce((a, b) => a + b, 0) / returns.length;
      const variance = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (returns.length - 1);
      const bound = 5 * Math.sqrt(variance / returns.length) + 0.02 * Math.max(expert - random, Math.abs(random));
      if (Math.abs(mean - random) > bound) {
        throw new Broken(
          `expected a mean random return near reference.random = ${random} (within ${round(bound)}), got ` +
            `${round(mean)} over ${returns.length} episodes; measure it again`,
        );
      }
      return `random ${random} (here ${round(mean)} over ${returns.length} episodes), expert ${expert}`;
    },
  },
];

const NOT_PLAIN =
  'expected the state to be plain data (numbers, texts, booleans, lists, plain objects, typed arrays), ' +
  'because it is written into checkpoints';

function copyOf(state: unknown): unknown {
  try {
    return structuredClone(state);
  } catch (error) {
    throw new Broken(`${NOT_PLAIN}, got ${describe(state)}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Random episodes to their end or time limit, until there are `count` or the budget of steps is used up. */
function playEpisodes(environment: Environment, rng: Rng, count = EPISODES): readonly Playing[] {
  const played: Playing[] = [];
  const limit = Math.min(environment.maxSteps, STEP_BUDGET);
  for (let steps = 0; played.length < count && steps + limit <= STEP_BUDGET; ) {
    const playing = playEpisode(environment, rng.split(played.length), limit);
    played.push(playing);
    steps += playing.moves.length;
  }
  return played;
}

function firstDifference(a: Playing, b: Playing): string {
  const step = a.moves.findIndex((move, i) => !same(move, b.moves[i]));
  return step < 0 ? `in length, ${a.moves.length} and ${b.moves.length}` : `at action ${step + 1}`;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
