/** How far imagined pictures are from what really happens under the same actions, no picture being seen any more. */
import { dreamsOf, meansAlong, quantitiesAlong, refusesPictures } from '../imagination.ts';
import type { Measure } from '../measure.ts';

const measure: Measure = {
  description: 'how far imagined pictures are from the truth under the same actions, 5 steps having been observed',
  quantities: {
    ...quantitiesAlong('mse', { unit: 'squared error of pixels in [0, 1]', range: [0, 1], better: 'lower' }),
    ...quantitiesAlong('psnr', {
      unit: 'dB', range: [0, 100], better: 'higher',
      source: '10·log₁₀(1 / mse) of each picture, then the mean; an error below 1e-10 counts as 100 dB',
    }),
  },
  refuses: refusesPictures,
  async measure(setting) {
    const dreams = (await dreamsOf(setting)).map(({ steps }) => steps);
    return {
      ...meansAlong('mse', dreams.map((steps) => steps.map(({ mse }) => mse))),
      ...meansAlong('psnr', dreams.map((steps) => steps.map(({ psnr }) => psnr))),
    };
  },
};

export default measure;
