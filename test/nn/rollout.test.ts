import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import { float32 } from '../../src/nd-array.ts';
import { rollout, type RolloutOptions } from '../../src/nn/rollout.ts';
import type { Dynamics, Group, NdArray, Noise } from '../../src/types.ts';
import { drawing, oneHots, tableModel, tableParameters } from '../data/table-model.ts';
import { runBoth, uniforms } from '../engine/parity.ts';

interface Setting extends Partial<Pick<RolloutOptions, 'gradients' | 'from' | 'noise'>> {
  /** One-hots, a row of actions for each start; what acts instead where it is absent. */
  readonly plans?: NdArray;
  readonly horizon?: number;
  readonly dynamics?: Dynamics;
}

/** The only place that knows how a rollout is made: from `starts`, under plans or a policy that is a row for each state. */
async function rolled(
  starts: string,
  policy: readonly (readonly number[])[],
  { plans, horizon = 3, dynamics = tableModel().dynamics, gradients = 'none', noise = drawing([]), from }: Setting = {},
): Promise<Group<Group<NdArray>>> {
  const { compiled } = await runBoth(({ weights }) => {
    const { extras, gradients: slopes } = valueAndGradients(weights, () => {
      const act = ({ state }: Group<Tensor>) => tf.matMul(state as tf.Tensor2D, weights.policy as tf.Tensor2D);
      const { latents, actions } = rollout(dynamics, weights, { state: tf.reshape(weights.starts, [-1, 4]) }, {
        actions: plans ? weights.plans : { horizon, act }, noise, gradients, ...(from ? { from } : {}),
      });
      const out = { state: latents.state, actions };
      // Were any of them to let gradients through, the sum of squares would show it.
      return { total: tf.addN(Object.values(out).map((tensor) => tf.sum(tf.square(tensor)))), extras: { out } };
    });
    return { out: extras.out, slopes };
  }, {
    weights: {
      ...tableParameters, starts: oneHots(starts), policy: float32(policy.flat(), [4, 2]), ...(plans ? { plans } : {}),
    },
  });
  return compiled;
}

/** One-hots [N, T, 4] as they are written in table-model.ts. */
function named({ data, shape: [rows, length] }: NdArray): string {
  const states = Array.from({ length: rows * length }, (_, i) => 'abcd'[data.slice(i * 4, i * 4 + 4).indexOf(1)]);
  return Array.from({ length: rows }, (_, row) => states.slice(row * length, (row + 1) * length).join('')).join(' ');
}

const moved = (slopes: Group<NdArray>): string[] =>
  Object.keys(slopes).filter((name) => slopes[name].data.some((slope) => slope !== 0)).sort();

const [FIRST, SECOND] = [[1, 0], [0, 1]];
const IDLE = [FIRST, FIRST, FIRST, FIRST];

describe('a rollout under whatever acts', () => {
  it('goes from every start where the actions lead, and tells both of each step', async () => {
    // Action 0 of a, 1 of b, 0 of c: round and round a → b → c → a. d stays where it is.
    const { out } = await rolled('ad', [FIRST, SECOND, FIRST, SECOND]);
    expect(named(out.state)).toBe('abca dddd');
    expect(out.actions.shape).toEqual([2, 4, 2]);
    // The last action leads nowhere, and is told nonetheless.
    expect([...out.actions.data]).toEqual([FIRST, SECOND, FIRST, FIRST, SECOND, SECOND, SECOND, SECOND].flat());
  });

  it('takes as many steps as it is told', async () => {
    const { out } = await rolled('b', [SECOND, FIRST, FIRST, FIRST], { horizon: 1 });
    expect(named(out.state)).toBe('bd');
  });

  it('lets no gradient through: not to the model, the policy or the starts', async () => {
    const { slopes } = await rolled('ac', [FIRST, SECOND, FIRST, SECOND]);
    for (const [name, { data }] of Object.entries(slopes)) expect(data.every((slope) => slope === 0), name).toBe(true);
  });

  it('lets them through where it is asked to', async () => {
    const policy = [FIRST, SECOND, FIRST, SECOND];
    expect(moved((await rolled('ac', policy, { gradients: 'all' })).slopes)).toEqual(['model/moves', 'policy', 'starts']);
    expect(moved((await rolled('ac', policy, { gradients: 'actions' })).slopes)).toEqual(['policy']);
  });

  it('hands its noise to the model at every step, so that two steps differ', async () => {
    const { dynamics: table } = tableModel();
    const asked: (readonly number[])[] = [];
    const dynamics: Dynamics = {
      ...table,
      imagine: (_, { state }, __, noise) => ({ state: tf.add(tf.mul(state, 0), noise!.uniform([1, 4])) }),
    };
    const noise: Noise = {
      uniform(shape) {
        asked.push(shape);
        return tf.tensor(uniforms(shape, 0, 1, asked.length).data, [...shape]);
      },
      normal: (shape) => tf.zeros([...shape]),
    };
    const { out } = await rolled('a', [FIRST, SECOND, FIRST, SECOND], { horizon: 2, dynamics, noise });
    // Two steps, on each of two engines; the first engine was told the first two.
    expect(asked).toEqual([[1, 4], [1, 4], [1, 4], [1, 4]]);
    const [one, other] = [1, 2].map((seed) => [...uniforms([1, 4], 0, 1, seed).data]);
    expect([...out.state.data]).toEqual([1, 0, 0, 0, ...one, ...other]);
  });
});

describe('a rollout under given plans', () => {
  const plans = float32([SECOND, FIRST, FIRST, SECOND].flat(), [2, 2, 2]);

  it('goes along each of them, and gives them back as they were', async () => {
    // a −1→ c −0→ a, and b −0→ d −1→ d, whatever the policy says.
    const { out } = await rolled('ab', IDLE, { plans });
    expect(named(out.state)).toBe('aca bdd');
    expect(out.actions).toEqual(plans);
  });

  it('lets gradients reach what it is asked to', async () => {
    const reached = async (gradients: RolloutOptions['gradients']) =>
      moved((await rolled('ab', IDLE, { plans, gradients })).slopes);
    expect(await reached('all')).toEqual(['model/moves', 'plans', 'starts']);
    expect(await reached('actions')).toEqual(['plans']);
    expect(await reached('none')).toEqual([]);
  });

  it('begins a step from what it is told to, and tells where it came nonetheless', async () => {
    // Every second step begins from b: a −1→ c, then b −0→ d.
    const b = () => tf.tensor2d([0, 1, 0, 0, 0, 1, 0, 0], [2, 4]);
    const { out } = await rolled('aa', IDLE, {
      plans: float32([SECOND, FIRST, SECOND, FIRST].flat(), [2, 2, 2]),
      from: (latent, step) => (step === 1 ? { state: b() } : latent),
    });
    expect(named(out.state)).toBe('acd acd');
  });
});
