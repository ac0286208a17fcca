/** How well it controls its world: `dreamtree eval` in three numbers. */
import { actBy } from '../../src/open/open.ts';
import { controlLanes, evaluateControl, type ControlResult } from '../control.ts';
import type { Measure } from '../measure.ts';
import { openOpponent } from '../opponents.ts';

/** The numbers of a result; no score where the world has no reference. */
const numbersOf = ({ returnMean, lengthMean, score }: ControlResult) =>
  ({ mean: returnMean, ...(score === undefined ? {} : { score }), length: lengthMean });

const measure: Measure = {
  description: 'what fresh episodes return, on the scale from random to the best known player, and how long they last',
  quantities: {
    mean: { unit: 'reward of an episode', range: [-Infinity, Infinity], better: 'higher' },
    score: {
      unit: 'share of the way from random actions (0) to the best known player (1)', range: [-Infinity, Infinity],
      better: 'higher', source: "(return − random) / (best − random), both of the world's own reference",
    },
    length: { unit: 'actions of an episode', range: [1, Infinity] },
  },
  refuses: () => undefined,
  async measure({ opened, episodes, rng, policy: name, opponent: other }) {
    const { world, environment } = opened;
    const opponent = openOpponent(environment, other);
    const policy = await actBy(opened, { lanes: controlLanes(episodes), ...(name === undefined ? {} : { name }) });
    try {
      const result = await evaluateControl({
        ...world, policy, episodes, ...(opponent ? { opponent } : {}), rng: rng.split('eval'),
      });
      return numbersOf(result);
    } finally {
      await policy.dispose();
    }
  },
};

export default measure;
