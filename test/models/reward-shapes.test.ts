/** Whether what rewards are told by also shapes what is seen. */
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import rssm from '../../src/models/rssm.ts';
import { mapGroup, specsOf } from '../../src/nd-array.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { createRng } from '../../src/random.ts';
import type { Batch, Params } from '../../src/types.ts';
import { awake, sequences, valuesIn, WORLD } from '../contracts/listed.ts';
import { onnx, uniforms } from '../engine/parity.ts';

const alone = { image: 0, reward: 1, continue: 0, dynamics: 0, representation: 0 };

it.each([true, false])('the reward loss reaches the latent of the RSSM where rewardShapes is %s', async (rewardShapes) => {
  const model = rssm.build(valuesIn(rssm, { layer: { model: { rewardShapes, scales: alone } } }), WORLD);
  const inputs = {
    params: awake(initParameters(model.parameters, createRng(0))), batch: sequences(WORLD),
    context: mapGroup(model.representation.contextShapes, (shape) => uniforms([2, ...shape], 0, 1)),
  };
  const program = await compile('gradients', ({ params, batch: { image, action, reward, isFirst, isTerminal }, context }, noise) => {
    const whole: Batch = { image, action, reward, isFirst, isTerminal, context, targets: {}, weight: tf.ones([2]) };
    const { gradients } = valueAndGradients(params as Params, () => ({ total: model.loss(params, whole, noise).total, extras: {} }));
    return { gradients };
  }, specsOf(inputs), { engine: onnx });
  const { gradients } = await program.run(inputs, createRng(1));
  await program.dispose();
  const moves = (prefix: string) => Object.entries(gradients).some(([name, { data }]) => name.startsWith(prefix) && data.some((slope) => slope !== 0));
  expect(moves('reward/')).toBe(true);
  expect(['encoder/', 'dynamics/', 'posterior/'].map(moves)).toEqual([rewardShapes, rewardShapes, rewardShapes]);
});
