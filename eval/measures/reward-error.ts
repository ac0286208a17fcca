/** How far imagined rewards are from the true ones: what planning and imagined returns stand on, decoder or not. */
import { dreamsOf, meansAlong, quantitiesAlong, refusesDreams } from '../imagination.ts';
import type { Measure } from '../measure.ts';

const measure: Measure = {
  description: 'how far imagined rewards are from the true ones under the same actions, 5 steps having been observed',
  quantities: quantitiesAlong('mae', { unit: 'distance of rewards', range: [0, Infinity], better: 'lower' }),
  refuses: refusesDreams,
  async measure(setting) {
    return meansAlong('mae', (await dreamsOf(setting)).map(({ steps }) => steps.map(({ rewardError }) => rewardError)));
  },
};

export default measure;
