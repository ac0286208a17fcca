/** The table as a stage of training: without gradients, from what was just received. */
import { mapGroup, sizeOf } from '../nd-array.ts';
import { pictureHash } from '../picture-hash.ts';
import type { NdArray, SearchStageInput, Stage } from '../types.ts';
import { createDynaQ, type DynaQOptions } from './dyna-q.ts';
import { Table, TABLE } from './table.ts';

/** Every step of the batch is learned from once, in its order, and after each the table is planned over. */
export const tableStage = (options: DynaQOptions): Stage => ({
  name: 'table',
  trains: [TABLE],
  async search({ params: before, inputs, rng }: SearchStageInput) {
    // Where an update is refused, the table stays as it was.
    const params = mapGroup(before, (array, name) => (name.startsWith(TABLE) ? copyOf(array) : array));
    const table = new Table(params);
    const learner = createDynaQ(table, options);
    const { image, action, reward, isFirst, isTerminal } = inputs.batch;
    const [batch, length, ...pictureShape] = image.shape;
    const pixels = sizeOf(pictureShape);
    const hashAt = (index: number): number => pictureHash(bytesOf(image).subarray(index * pixels, (index + 1) * pixels));
    let [error, steps] = [0, 0];
    for (let row = 0; row < batch; row++) {
      for (let index = row * length + 1; index < (row + 1) * length; index++) {
        if (isFirst.data[index] !== 0) continue;
        const taken = action.data.subarray(index * table.actions, (index + 1) * table.actions).findIndex((chosen) => chosen === 1);
        error += Math.abs(learner.learn({
          from: table.rowOf(hashAt(index - 1)), action: taken, reward: reward.data[index],
          ...(isTerminal.data[index] === 0 ? { to: table.rowOf(hashAt(index)) } : {}),
        }, rng));
        steps++;
      }
    }
    return {
      params,
      metrics: { 'table/error': steps > 0 ? error / steps : 0, 'table/states': table.states, 'table/updates': learner.updates },
    };
  },
});

const copyOf = ({ data, shape, dtype }: NdArray): NdArray => ({ data: data.slice(), shape, dtype });

function bytesOf({ data }: NdArray): Uint8Array {
  if (!(data instanceof Uint8Array)) throw new Error('expected pictures as uint8');
  return data;
}
