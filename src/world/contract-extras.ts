/** The contract of what a world may offer beyond its rules: legal actions, an expert, tables, recordings. */
import type { Environment } from '../types.ts';
import { Broken, describe, playEpisode, requireAction, requireTransition, returnOf, same } from './contract-trial.ts';
import type { Check } from './contract-trial.ts';

export const extrasChecks: readonly Check[] = [
  {
    name: 'legal actions',
    run({ environment, rng }) {
      const { actions } = environment;
      if (environment.legal === undefined) return undefined;
      if (actions.kind !== 'discrete') throw new Broken('expected legal() in worlds with discrete actions only');
      const { first, moves } = playEpisode(environment, rng);
      for (const state of [first, ...moves.map((move) => move.state)]) {
        const legal: unknown = environment.legal(state);
        if (!Array.isArray(legal) || legal.length !== actions.n || legal.some((ok) => typeof ok !== 'boolean')) {
          throw new Broken(`expected legal() to give ${actions.n} times true or false, got ${describe(legal)}`);
        }
        if (!legal.includes(true)) {
          throw new Broken(`expected a legal action in every state of an episode, got none in ${describe(state)}`);
        }
      }
      return `${moves.length + 1} states, each with a legal action`;
    },
  },
  {
    name: 'expert',
    run({ environment, rng }) {
      const { reference, maxSteps } = environment;
      if (environment.expert === undefined) return undefined;
      const choose = (state: unknown) => {
        const action = environment.expert?.(state) ?? -1;
        requireAction(environment, state, action, 'expert()');
        return action;
      };
      const returns = Array.from({ length: 10 }, (_, e) =>
        returnOf(playEpisode(environment, rng.split(e), Math.min(maxSteps, 2000), choose)),
      );
      const mean = returns.reduce((a, b) => a + b, 0) / returns.length;
      if (reference !== undefined && maxSteps <= 2000 && mean < reference.random) {
        const { random } = reference;
        throw new Broken(`expected expert() to beat reference.random = ${random}, got a mean return of ${mean}`);
      }
      return `a mean return of ${Number(mean.toPrecision(4))} over ${returns.length} episodes`;
    },
  },
  {
    name: 'transitions',
    run({ environment, rng }) {
      if (environment.transitions === undefined) return undefined;
      if (environment.actions.kind !== 'discrete') {
        throw new Broken('expected transitions() in worlds with discrete actions only');
      }
      const { moves } = playEpisode(environment, rng, Math.min(environment.maxSteps, 50));
      moves.forEach(({ state, action, next }) => {
        const total = totalProbability(environment, state, Number(action));
        if (Math.abs(total - 1) > 1e-9) {
          throw new Broken(`expected probabilities of transitions() that sum to 1, got ${total} ${at(state, action)}`);
        }
        const outcomes = environment.transitions?.(state, Number(action)) ?? [];
        const { reward, terminated } = next;
        const known = outcomes.some(
          (outcome) =>
            outcome.probability > 0 &&
            same([outcome.state, outcome.reward, outcome.terminated], [next.state, reward, terminated]),
        );
        if (known) return;
        throw new Broken(
          `expected transitions() to list what step() does, got ${describe(next)} ${at(state, action)}, which it lacks`,
        );
      });
      return `${moves.length} steps, each among the listed outcomes`;
    },
  },
  {
    name: 'recording',
    run({ environment, rng }) {
      const { recording } = environment;
      if (recording === undefined) return undefined;
      const { moves } = playEpisode(environment, rng, Math.min(environment.maxSteps, 50));
      moves.forEach(({ state }) => {
        const vector = recording.toVector(state);
        if (!Array.isArray(vector) || !vector.every(Number.isFinite)) {
          throw new Broken(`expected recording.toVector() to give finite numbers, got ${describe(vector)}`);
        }
        const back = recording.fromVector(vector);
        if (same(back, state)) return;
        throw new Broken(
          `expected recording.fromVector() to undo toVector(), got ${describe(back)} from ${describe(state)}`,
        );
      });
      return `${moves.length} states came back from their vectors`;
    },
  },
];

function totalProbability(environment: Environment, state: unknown, action: number): number {
  let total = 0;
  for (const outcome of environment.transitions?.(state, action) ?? []) {
    requireTransition(outcome);
    if (!(outcome.probability >= 0)) {
      throw new Broken(`expected a probability ≥ 0 of transitions(), got ${outcome.probability} ${at(state, action)}`);
    }
    total += outcome.probability;
  }
  return total;
}

function at(state: unknown, action: unknown): string {
  return `for action ${describe(action)} in state ${describe(state)}`;
}
