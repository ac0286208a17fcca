/**
 * Chains whose values are known, by the real driver and through the real replay: what values learn is what they should
 * be, if they are so already. A time limit is no end, and nothing leaks between episodes, whose pays are unlike.
 */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { createReplay } from '../../src/data/replay.ts';
import { createRng } from '../../src/random.ts';
import { lambdaReturns, nStepReturns } from '../../src/nn/returns.ts';
import { advance } from '../../src/nn/sequences.ts';
import type { Environment, NdArray } from '../../src/types.ts';
import { createDriver } from '../../src/world/driver.ts';
import { chainWorld, trueValue, type Chain, type ChainState } from '../torture/chains.ts';

const DISCOUNT = 0.9;
const LANES = 2;
const SIZE = 6;

/** The picture is the state: how far, in the green of every pixel, and what it pays, in the red. */
const told = (chain: Chain): Environment<ChainState> => ({
  ...chainWorld(chain, { kind: 'discrete', n: 2 }),
  draw(ctx, { t, sign }) {
    ctx.fillStyle = `rgb(${sign > 0 ? 255 : 0} ${t * 10} 0)`;
    ctx.fillRect(0, 0, 1, 1);
  },
});

/** Sequences that cross the borders of episodes, and what is known of their every step. */
async function replayed(chain: Chain) {
  const rng = createRng(3);
  const driver = createDriver({ environment: told(chain) as Environment, lanes: LANES, size: SIZE, rng: rng.split('world') });
  const replay = createReplay({ lanes: LANES, imageShape: [SIZE, SIZE, 3], actionSize: 2, contextShapes: {}, capacityBytes: 1e6 });
  const remember = (steps: Awaited<ReturnType<typeof driver.start>>) => steps.forEach((own, lane) => own.forEach((step) => replay.append(lane, step)));
  remember(await driver.start());
  for (let tick = 0; tick < 100; tick++) {
    remember((await driver.step({ shape: [LANES, 2], data: Float32Array.of(1, 0, 0, 1), dtype: 'float32' })).steps);
  }
  const [batchSize, length] = [16, 21];
  const batch = replay.sample({ batchSize, length, rng: rng.split('replay') });
  const tensor = ({ data, shape }: NdArray) => tf.tensor(Float32Array.from(data), [...shape]);
  const pixel = (step: number, channel: number) => batch.image.data[step * SIZE * SIZE * 3 + channel];
  const steps = Array.from({ length: batchSize * length }, (_, step) => step);
  const states = steps.map((step) => ({ t: Math.round(pixel(step, 1) / 10), sign: pixel(step, 0) > 127 ? 1 : -1 }));
  const [reward, isFirst, isTerminal] = [batch.reward, batch.isFirst, batch.isTerminal].map(tensor);
  const values = states.map((state) => trueValue(chain, DISCOUNT, state));
  return { reward, isFirst, isTerminal, isLast: advance(isFirst, 1), states, values, value: tf.tensor(values, [batchSize, length]) };
}

describe.each<Chain>([
  { steps: 8, ends: false }, { steps: 8, ends: true }, { steps: 1, ends: false }, { steps: 1, ends: true },
])('a chain of $steps steps that ends: $ends', (chain) => {
  it('is worth what is still to come, and for ever where only the time is up', () => {
    const of = (t: number, sign = 1) => trueValue(chain, DISCOUNT, { t, sign });
    if (!chain.ends) expect([of(0), of(chain.steps, -1)]).toEqual([expect.closeTo(10), expect.closeTo(-10)]);
    else expect([of(chain.steps - 1), of(chain.steps - 1, -1), of(chain.steps, 1)]).toEqual([expect.closeTo(1), expect.closeTo(-1), expect.closeTo(0)]);
    if (chain.ends && chain.steps === 8) expect(of(0)).toBeCloseTo(1 + 0.9 + 0.81 + 0.729 + 0.6561 + 0.59049 + 0.531441 + 0.4782969);
  });

  it('is replayed over borders, with either pay beside the other', async () => {
    const { isFirst, isTerminal, states } = await replayed(chain);
    const firsts = await isFirst.data();
    expect(states.filter((state, step) => (firsts[step] === 1) !== (state.t === 0))).toEqual([]);
    const ends = await isTerminal.data();
    expect(states.filter((state, step) => (ends[step] === 1) !== (chain.ends && state.t === chain.steps))).toEqual([]);
    expect(states.some(({ sign }, step) => firsts[step] === 1 && step % 21 > 0 && states[step - 1].sign !== sign)).toBe(true);
  });

  it.each([1, 2, 5, 20])('keeps its values under returns of %d steps', async (steps) => {
    const { values, ...batch } = await replayed(chain);
    const returns = await nStepReturns(batch, { steps, discount: DISCOUNT }).data();
    values.forEach((value, step) => expect(returns[step]).toBeCloseTo(value, 4));
  });

  it.each([0, 0.5, 0.95, 1])('keeps its values under λ-returns, λ = %d', async (lambda) => {
    const { reward, isTerminal, isLast, value, values } = await replayed(chain);
    // As the critic learns from what was replayed: nothing is learned at a last step, and nothing comes from beyond it.
    const discount = tf.mul(tf.sub(1, isTerminal), DISCOUNT);
    const returns = await lambdaReturns(reward, discount, value, tf.mul(tf.sub(1, isLast), lambda)).data();
    const last = await isLast.data();
    const [, length]: number[] = value.shape;
    let compared = 0;
    values.forEach((expected, step) => {
      const [row, at] = [Math.floor(step / length), step % length];
      if (at === length - 1 || last[step] === 1) return;
      expect(returns[row * (length - 1) + at]).toBeCloseTo(expected, 4);
      compared++;
    });
    expect(compared).toBeGreaterThan(50);
  });
});
