/** The contract of behaviours: every file in src/behavior keeps it, on whatever model it stands. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { Behavior, BehaviorVariant, ModelVariant } from '../../src/config/index.ts';
import { compile } from '../../src/engine/compile.ts';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import { float32, mapGroup, specsOf, zeros } from '../../src/nd-array.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { createRng } from '../../src/random.ts';
import type { Batch, Group, Groups, LatentModel, NdArray, Params, WorldShape } from '../../src/types.ts';
import { onnx, uniforms } from '../engine/parity.ts';
import { awake, CONTINUOUS, listed, SENTENCE, sequences, valuesIn, WORLD } from './listed.ts';

const behaviors = await listed<BehaviorVariant>('src/behavior');
const models = await listed<ModelVariant>('src/models');
const WORLDS: readonly (readonly [string, WorldShape])[] = [['discrete', WORLD], ['continuous', CONTINUOUS]];
const [B, T] = [2, 8];
const LAYER = { train: { batchLength: T }, model: { frames: 2, unroll: 2 }, search: { samples: 3 } };

interface Setting {
  readonly behavior: Behavior;
  readonly model: LatentModel;
  readonly inputs: Groups<NdArray>;
}

function build(variant: BehaviorVariant, modelVariant: ModelVariant, world: WorldShape): Setting {
  const model = modelVariant.build(valuesIn(modelVariant, { layer: LAYER }), world);
  const { featureSize, contextShapes } = model.representation;
  const behavior = variant.build(valuesIn(variant, { layer: LAYER }), { ...world, featureSize, bins: 15, horizonDiscount: 10 });
  const params = awake(initParameters({ ...model.parameters, ...behavior.prediction.parameters }, createRng(0)));
  const slow = Object.fromEntries(Object.entries(params).filter(([name]) => behavior.slow.prefixes.some((prefix) => name.startsWith(prefix))));
  const shares = (shape: readonly number[]): NdArray => {
    const values = Array.from(uniforms(shape, 0.1, 1).data);
    const n = shape[shape.length - 1];
    const sums = values.map((_, i) => values.slice(i - (i % n), i - (i % n) + n).reduce((sum, value) => sum + value));
    return float32(values.map((value, i) => value / sums[i]), shape);
  };
  const targets = mapGroup(behavior.targetShapes, (shape, leaf) =>
    (leaf === 'searchPolicy' ? shares([B, T, ...shape]) : uniforms([B, T, ...shape], -1, 1)));
  return {
    behavior, model,
    inputs: {
      params, slow, statistics: statisticsOf(behavior), targets, batch: sequences(world, { batch: B, length: T }),
      context: mapGroup(contextShapes, (shape) => uniforms([B, ...shape], 0, 1)),
    },
  };
}

const statisticsOf = ({ statistics, apart }: Behavior) => ({ ...statistics, ...apart?.statistics });

/** The loss of the behaviour alone, with its gradients for all parameters, the model's as well. */
async function lossOf({ behavior, model, inputs }: Setting): Promise<Groups<NdArray>> {
  const program = await compile('contract', (v, noise) => {
    const batch: Batch = {
      ...(v.batch as Pick<Batch, 'image' | 'action' | 'reward' | 'isFirst' | 'isTerminal'>), context: v.context ?? {},
      targets: v.targets ?? {}, weight: tf.ones([B]),
    };
    const { total, extras, gradients } = valueAndGradients(v.params as Params, () => {
      const world = model.loss(v.params, batch, noise);
      const input = { params: v.params, slow: v.slow ?? {}, statistics: v.statistics ?? {}, model, world, batch, noise };
      const found = behavior.loss(input);
      const apart = behavior.apart?.loss(input);
      const priority: Group<Tensor> = found.priority ? { priority: found.priority } : {};
      return {
        total: apart ? tf.add(found.total, apart.total) : found.total,
        extras: { parts: { ...found.parts, ...apart?.parts }, statistics: { ...found.statistics, ...apart?.statistics }, priority },
      };
    });
    return { gradients, ...extras, total: { total } };
  }, specsOf(inputs), { engine: onnx });
  const outputs = await program.run(inputs, createRng(2));
  await program.dispose();
  return outputs;
}

const isStill = ({ data }: NdArray): boolean => data.every((value) => value === 0);

describe.each(behaviors)('the behaviour %s', (_, variant) => {
  it('says what it is in one sentence', () => {
    expect(variant.description).toMatch(SENTENCE);
  });

  describe.each(models)('on the model %s', (_model, modelVariant) => {
    describe.each(WORLDS.filter(([, { actions }]) => variant.refuses?.(actions) === undefined))('with %s actions', (_kind, world) => {
      const setting = build(variant, modelVariant, world);
      const { behavior, inputs } = setting;

      it('predicts a policy and a value', async () => {
        const { featureSize } = setting.model.representation;
        const program = await compile('predict', (v, noise) => {
          const { policy, value } = behavior.prediction.predict(v.params, v.in.features);
          return { out: { action: policy.sample(noise), best: policy.predict(), ...(value ? { value: value.predict() } : {}) } };
        }, specsOf({ params: inputs.params, in: { features: zeros([5, featureSize]) } }), { engine: onnx });
        const { out } = await program.run({ params: inputs.params, in: { features: uniforms([5, featureSize], -1, 1) } }, createRng(1));
        expect([out.action.shape, out.best.shape, out.value.shape]).toEqual([[5, world.actionSize], [5, world.actionSize], [5]]);
      });

      it('has a loss that all of its parameters learn from, and parts that nobody learns from', async () => {
        const { gradients, total, parts, statistics = {}, priority } = await lossOf(setting);
        expect(Number.isFinite(total.total.data[0])).toBe(true);
        for (const [name, { shape, data }] of Object.entries(parts)) {
          expect(shape, name).toEqual([]);
          expect(Number.isFinite(data[0]), name).toBe(true);
        }
        const own = Object.keys(behavior.prediction.parameters);
        expect(own.filter((name) => isStill(gradients[name]))).toEqual([]);
        // A latent that is decoded shows what the model knows; the behaviour has no business there.
        expect(Object.keys(gradients).filter((name) => name.startsWith('decoder/') && !isStill(gradients[name]))).toEqual([]);
        expect(mapGroup(statistics, ({ shape }) => shape)).toEqual(mapGroup(statisticsOf(behavior), ({ shape }) => shape));
        if (priority) {
          expect(priority.priority.shape).toEqual([B]);
          expect([...priority.priority.data].every((each) => each >= 0)).toBe(true);
        }
      });

      it('learns no policy from a search that was not made', async () => {
        if (!('searchPolicy' in behavior.targetShapes)) return;
        const silent = { ...setting, inputs: { ...inputs, targets: mapGroup(inputs.targets, ({ shape }) => zeros(shape)) } };
        const { parts } = await lossOf(silent);
        expect(parts.policy.data[0]).toBe(0);
        expect((await lossOf(setting)).parts.policy.data[0]).not.toBe(0);
      });
    });
  });
});
