/**
 * Rewards and values that an agent's heads cannot tell apart, because both lie beyond the last bin: counted in the
 * metrics, and kept to be told of.
 */
import type { Agent, Largest } from '../types.ts';
import type { FinishedEpisode } from '../world/driver.ts';
import type { Tick } from './collector.ts';
import type { Means } from './metrics.ts';

/** The largest that came beyond what a head can say. */
export interface Beyond extends Largest {
  readonly what: 'reward' | 'value';
  readonly came: number;
}

export interface BeyondWatch {
  /** Count what lies beyond in a block. Gives what is to be told: the first of each kind. */
  look(ticks: readonly Tick[], finished: readonly FinishedEpisode[]): readonly Beyond[];
}

/** @param horizon steps to which the discount looks ahead; an episode's mean reward as often is about what a value gets to */
export function watchBeyond({ largest = {} }: Pick<Agent, 'largest'>, horizon: number, means: Pick<Means, 'count'>): BeyondWatch {
  const told = new Set<string>();
  return {
    look(ticks, finished) {
      const found: Beyond[] = [];
      const seen = (what: Beyond['what'], came: number): void => {
        const limit = largest[what];
        if (!limit || Math.abs(came) <= limit.size) return;
        means.count(`${what}/beyond`);
        if (told.has(what)) return;
        told.add(what);
        found.push({ ...limit, what, came });
      };
      for (const { steps } of ticks) for (const lane of steps) for (const { reward } of lane) seen('reward', reward);
      for (const { return: total, length } of finished) seen('value', total * Math.min(1, horizon / length));
      return found;
    },
  };
}

/** As a sentence. */
export const beyondInWords = ({ what, came, size, key }: Beyond): string =>
  `a ${what} of ${Number(came.toPrecision(3))} lies beyond ${Number(size.toPrecision(3))}, the largest that this agent can tell from others ` +
  `(${what}/beyond in metrics.jsonl counts them); ${key ? `raise ${key}` : 'make rewards smaller'}`;
