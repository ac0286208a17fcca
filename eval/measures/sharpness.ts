/** Whether imagined pictures are as sharp as true ones, right or wrong: small errors of pixels forgive a blur. */
import type { NdArray } from '../../src/types.ts';
import { dreamsOf, quantitiesAlong, ratiosAlong, refusesPictures } from '../imagination.ts';
import type { Measure } from '../measure.ts';

/**
 * Variance of the Laplacian of a picture's luma (ITU-R BT.601) over the pixels that have four neighbours; 0 where it is
 * all one colour. Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy: a comparative study".
 * @param pictures float32 [T, S, S, 3] in [0, 1]
 */
export function laplacianVariance({ data, shape: [, size] }: NdArray, t: number): number {
  const luma = Float64Array.from({ length: size * size }, (_, i) => {
    const at = 3 * (t * size * size + i);
    return 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
  });
  let [sum, squares] = [0, 0];
  for (let y = 1; y < size - 1; y++) {
    for (let x = 1; x < size - 1; x++) {
      const i = y * size + x;
      const value = luma[i - size] + luma[i + size] + luma[i - 1] + luma[i + 1] - 4 * luma[i];
      sum += value;
      squares += value * value;
    }
  }
  const count = Math.max(1, size - 2) ** 2;
  return Math.max(0, squares / count - (sum / count) ** 2);
}

const measure: Measure = {
  description: 'how sharp imagined pictures are beside the true ones: 1 as sharp, 0 without any edge, above 1 noisier',
  quantities: quantitiesAlong('ratio', {
    unit: 'times the truth', range: [0, Infinity],
    source: 'variance of the Laplacian (Pech-Pacheco et al. 2000) of imagined pictures over that of the true ones',
  }),
  refuses: refusesPictures,
  async measure(setting) {
    return ratiosAlong('ratio', (await dreamsOf(setting)).map(({ model, truth, context, steps }) =>
      steps.map((_, i) => ({ part: laplacianVariance(model, context + i), whole: laplacianVariance(truth, context + i) }))));
  },
};

export default measure;
