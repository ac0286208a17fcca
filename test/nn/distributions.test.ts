import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import { float32 } from '../../src/nd-array.ts';
import {
  among, bernoulli, boundedNormal, categorical, certain, contract, contractedTwoHot, expand, squashedNormal, symexp as symexpOf, symexpBins, symexpTwoHot,
  projected, symlog as symlogOf, twoHot,
  type Categorical, type Trainable,
} from '../../src/nn/distributions.ts';
import { symexp, symlog } from '../../src/nn/transforms.ts';
import type { Distribution } from '../../src/types.ts';
import { evaluate, fixedNoise, normals, runBoth } from '../engine/parity.ts';

const close = (actual: readonly number[], expected: readonly number[], digits = 5) => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], digits));
};

describe('categorical', () => {
  const logits = { x: float32([0, Math.log(3), 0, Math.log(8)], [2, 2]) }; // probabilities 1/4, 3/4 and 1/9, 8/9

  it('mixes in the uniform distribution', async () => {
    close(await evaluate(({ x }) => categorical(x, 0.1).probs, logits), [0.275, 0.725, 0.15, 0.85]);
  });

  it('has the entropy, log-probability and divergence worked out by hand', async () => {
    close(await evaluate(({ x }) => categorical(x).entropy(), logits), [0.562335, 0.348832]);
    const oneHot = float32([1, 0, 0, 1], [2, 2]);
    close(await evaluate(({ x, y }) => categorical(x).logProb(y), { ...logits, y: oneHot }), [-1.386294, -0.117783]);
    // KL((1/4, 3/4) ‖ (1/2, 1/2)) = ln 2 − H
    const even = float32([0, 0, 0, 0], [2, 2]);
    close(await evaluate(({ x, y }) => categorical(x).kl(categorical(y)), { ...logits, y: even }), [0.130812, 0.344315]);
  });

  it('samples by inverse CDF', async () => {
    const sampled = (u: readonly number[]) => evaluate(({ x }) => categorical(x).sample(fixedNoise(u)), logits);
    expect(await sampled([0.2, 0.5])).toEqual([1, 0, 0, 1]);
    expect(await sampled([0.3, 0.05])).toEqual([0, 1, 1, 0]);
    expect(await sampled([0.99999994, 0.99999994])).toEqual([0, 1, 0, 1]);
    // Where rounding leaves the sum of chances at or below the uniform, it is the last.
    expect(await sampled([1, 1])).toEqual([0, 1, 0, 1]);
  });

  it('of one class has nothing to decide', async () => {
    const one = { x: float32([0.3, -2], [2, 1]) };
    expect(await evaluate(({ x }) => categorical(x).predict(), one)).toEqual([1, 1]);
    expect(await evaluate(({ x }) => categorical(x).sample(fixedNoise([0.5, 1])), one)).toEqual([1, 1]);
  });

  it('samples as often as the probabilities say', async () => {
    const many = float32(new Float32Array(3 * 20_000).map((_, i) => Math.log([0.1, 0.3, 0.6][i % 3])), [20_000, 3]);
    const share = await evaluate(({ x }, noise) => tf.mean(categorical(x).sample(noise), 0), { x: many });
    close(share, [0.1, 0.3, 0.6], 1.5);
  });

  it('passes the gradient of a sample straight to the probabilities', async () => {
    const weights = float32([1, 2, 3, 5], [2, 2]);
    const { compiled } = await runBoth(({ x }) => {
      const gradientOf = (value: (logits: tf.Tensor) => tf.Tensor) =>
        valueAndGradients({ x: x.x }, () => ({ total: tf.sum(tf.mul(value(x.x), x.w)), extras: {} })).gradients.x;
      return {
        out: {
          sample: gradientOf((l) => categorical(l).sample(fixedNoise([0.2, 0.2]))),
          probs: gradientOf((l) => categorical(l).probs),
        },
      };
    }, { x: { ...logits, w: weights } });
    close([...compiled.out.sample.data], [...compiled.out.probs.data]);
    // d(p₁ + 2p₂)/dx₂ = p₁p₂ = 3/16
    expect(compiled.out.sample.data[1]).toBeCloseTo(3 / 16, 5);
  });
});

describe('a policy among legal actions', () => {
  const rows = { x: float32([2, 1, 0, 0, 1, 2], [2, 3]), legal: float32([0, 1, 1, 1, 1, 0], [2, 3]) };

  it('gives forbidden ones no chance, and shares what is left', async () => {
    const [chance, rest] = [Math.E / (1 + Math.E), 1 / (1 + Math.E)];
    const logProbs = await evaluate(({ x, legal }) => tf.exp(among(categorical(x), legal).logProbs as tf.Tensor), rows);
    close(logProbs, [0, chance, rest, rest, chance, 0]);
    expect(await evaluate(({ x, legal }) => among(categorical(x), legal).predict(), rows)).toEqual([0, 1, 0, 0, 1, 0]);
  });

  it('draws none of them, at either end of the sum of chances', async () => {
    for (const uniform of [-1e-9, 0, 0.5, 1 - 2 ** -24, 1]) {
      const drawn = await evaluate(({ x, legal }) => among(categorical(x), legal).sample(fixedNoise([uniform, uniform])), rows);
      const [first, second] = [drawn.slice(0, 3), drawn.slice(3)];
      expect([first[0], second[2]]).toEqual([0, 0]);
      expect([first, second].map((row) => row.reduce((sum, value) => sum + value))).toEqual([1, 1]);
    }
  });

  it('cannot be had of continuous ones', async () => {
    await expect(evaluate(({ x }) => among(boundedNormal(x, x), x).predict(), { x: float32([0, 0], [1, 2]) }))
      .rejects.toThrow('only discrete actions can be forbidden');
  });
});

describe('bernoulli', () => {
  it('has the loss and entropy worked out by hand', async () => {
    const logits = { x: float32([0, Math.log(3), -40], [3]), y: float32([1, 0.25, 0], [3]) };
    // −[t·ln p + (1 − t)·ln(1 − p)] with p = 1/2, 3/4, 4e−18
    close(await evaluate(({ x, y }) => bernoulli(x).loss(y), logits), [0.693147, 1.111641, 0]);
    close(await evaluate(({ x }) => bernoulli(x).entropy(), logits), [0.693147, 0.562335, 0]);
    expect(await evaluate(({ x }) => bernoulli(x).sample(fixedNoise([0.4, 0.8, 0.1])), logits)).toEqual([1, 0, 0]);
  });
});

describe('symexp two-hot', () => {
  it('has symmetric bins around zero', () => {
    const bins = symexpBins(5);
    close([...bins].map(symlog), [-20, -10, 0, 10, 20], 4);
    expect(bins[2]).toBe(0);
    expect(symexp(symlog(-3.7))).toBeCloseTo(-3.7, 10);
    expect([...symexpBins(3)].map((bin) => Math.round(symlog(bin)))).toEqual([-20, 0, 20]);
    for (const count of [1, 4]) expect(() => symexpBins(count)).toThrow(`expected an odd number of bins ≥ 3, got ${count}`);
  });

  it('spreads a value over its two neighbours', async () => {
    const bins = Float32Array.of(-10, -1, 0, 1, 10);
    const weights = await evaluate(({ x }) => twoHot(x, bins), { x: float32([0, 0.25, -4, 10, 99, -99], [6]) });
    close(weights, [
      0, 0, 1, 0, 0,
      0, 0, 0.75, 0.25, 0,
      1 / 3, 2 / 3, 0, 0, 0,
      0, 0, 0, 0, 1,
      0, 0, 0, 0, 1,
      1, 0, 0, 0, 0,
    ]);
  });

  it('takes a distribution whose atoms have moved (C51): 0.1, 0.4, 0.5', async () => {
    const inputs = { probs: float32([0.25, 0.5, 0.25], [1, 3]), x: float32([0.5 - 0.9, 0.5, 0.5 + 0.9], [1, 3]) };
    const weights = await evaluate(({ x, probs }) => projected(probs, x, Float32Array.of(-1, 0, 1)), inputs);
    expect(weights.map((value) => Number(value.toFixed(5)))).toEqual([0.1, 0.4, 0.5]);
  });

  it('keeps the value as the mean, over the whole range', async () => {
    const bins = symexpBins(255);
    const values = [0, 1, -1, 0.03, 17.5, -300, 1e5, -4e8];
    const mean = await evaluate(({ x }) => tf.sum(tf.mul(twoHot(x, bins), tf.tensor1d(bins)), -1), { x: float32(values, [8]) });
    mean.forEach((value, i) => expect(Math.abs(value - values[i])).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(values[i]))));
  });

  it('predicts exactly zero where all bins are equally likely', async () => {
    expect(await evaluate(({ x }) => symexpTwoHot(x).predict(), { x: float32(new Float32Array(510), [2, 255]) })).toEqual([0, 0]);
  });

  it('predicts the weighted mean, and its loss is the cross-entropy', async () => {
    const x = normals([3, 15]);
    const bins = symexpBins(15);
    const target = float32([0.5, -2, 700], [3]);
    const [mean, loss] = await Promise.all([
      evaluate((v) => symexpTwoHot(v.x).predict(), { x }),
      evaluate((v) => symexpTwoHot(v.x).loss(v.y), { x, y: target }),
    ]);
    for (let row = 0; row < 3; row++) {
      const logits = [...x.data].slice(row * 15, row * 15 + 15);
      const sum = logits.reduce((total, value) => total + Math.exp(value), 0);
      const expected = logits.reduce((total, value, i) => total + (Math.exp(value) / sum) * bins[i], 0);
      expect(Math.abs(mean[row] / expected - 1)).toBeLessThan(1e-4);
      const upper = bins.findIndex((bin) => bin > target.data[row]);
      const share = (target.data[row] - bins[upper - 1]) / (bins[upper] - bins[upper - 1]);
      const nll = -((1 - share) * logits[upper - 1] + share * logits[upper]) + Math.log(sum);
      expect(loss[row]).toBeCloseTo(nll, 4);
    }
  });

  it('samples bins, and has the entropy of their probabilities', async () => {
    const x = float32([0.2, 0.3, 0.5, 0.2, 0.3, 0.5].map(Math.log), [2, 3]);
    const drawn = await evaluate((v) => symexpTwoHot(v.x).sample(fixedNoise([0.1, 0.9])), { x });
    close(drawn.map(symlog), [-20, 20], 4);
    // −Σ p ln p
    close(await evaluate((v) => symexpTwoHot(v.x).entropy(), { x }), [1.029653, 1.029653]);
  });
});

describe('contracted two-hot', () => {
  // h(x) = sign(x)·(√(|x| + 1) − 1) + x/1000
  const values = [0, 1, 3, -3, 8, 24, -99];
  const contracted = [0, 0.415214, 1.003, -1.003, 2.008, 4.024, -9.099];

  it('contracts and expands as worked out by hand, the one undoing the other', async () => {
    close(await evaluate(({ x }) => contract(x), { x: float32(values, [7]) }), contracted);
    close(await evaluate(({ x }) => expand(x), { x: float32(contracted, [7]) }), values, 4);
    // To the same share of itself, however small or large it is.
    const numbers = [1e-6, -3e-4, 0.5, -2, 17.5, 300];
    const back = await evaluate(({ x }) => expand(contract(x)), { x: float32(numbers, [6]) });
    close(back.map((value, i) => value / numbers[i]), [1, 1, 1, 1, 1, 1]);
  });

  // Three bins of h(x) for |x| ≤ 15: −3.015, 0, 3.015; probabilities 0.2, 0.3, 0.5.
  const logits = float32([0.2, 0.3, 0.5].map(Math.log), [1, 3]);
  const rows = (count: number) => float32(new Float32Array(count * 3).map((_, i) => logits.data[i % 3]), [count, 3]);

  it('predicts exactly zero where all bins are equally likely', async () => {
    for (const count of [15, 41, 51, 255]) {
      const x = float32(new Float32Array(2 * count), [2, count]);
      expect(await evaluate((v) => contractedTwoHot(v.x, 300).predict(), { x })).toEqual([0, 0]);
    }
  });

  it('predicts the mean of the bins, expanded', async () => {
    // mean 0.3 · 3.015 = 0.9045 = h(2.617159)
    close(await evaluate(({ x }) => contractedTwoHot(x, 15).predict(), { x: logits }), [2.617159], 3);
    // h(±15) = ±3.015: all the mass on a last bin says the limit itself.
    const sure = float32([99, 0, 0, 0, 0, 99], [2, 3]);
    close(await evaluate(({ x }) => contractedTwoHot(x, 15).predict(), { x: sure }), [-15, 15], 3);
  });

  it('has the cross-entropy with the two neighbours of h(target) as its loss', async () => {
    const target = float32([0, 15, 3, -3, 99], [5]);
    // h(3) = 1.003 is 0.332670 of the way from 0 to 3.015; 99 counts as 15.
    const middle = 0.667330 * 1.203973;
    const expected = [1.203973, 0.693147, middle + 0.332670 * 0.693147, middle + 0.332670 * 1.609438, 0.693147];
    const inputs = { x: rows(5), y: target };
    close(await evaluate(({ x, y }) => contractedTwoHot(x, 15).loss(y), inputs), expected);
    close(await evaluate(({ x, y }) => tf.neg(contractedTwoHot(x, 15).logProb(y)), inputs), expected);
    // −Σ p ln p
    close(await evaluate((v) => contractedTwoHot(v.x, 15).entropy(), { x: logits }), [1.029653]);
  });

  it('samples expanded bins', async () => {
    const drawn = await evaluate(({ x }) => contractedTwoHot(x, 15).sample(fixedNoise([0.1, 0.9])), { x: rows(2) });
    close(drawn, [-15, 15], 3);
  });
});

describe('bounded normal', () => {
  const logits = { m: float32([0.5, -1], [1, 2]), s: float32([0, -20], [1, 2]) };
  // mean tanh(0.5), tanh(−1); deviation 0.9·σ(2) + 0.1 = 0.892717, 0.1
  it('keeps mean and deviation within bounds', async () => {
    const head = (v: Record<string, tf.Tensor>) => boundedNormal(v.m, v.s);
    close(await evaluate((v) => head(v).predict(), logits), [0.462117, -0.761594]);
    close(await evaluate((v) => head(v).sample(fixedNoise([1, -2])), logits), [1.354834, -0.961594]);
    // ½ ln(2πe) + ln σ, summed
    close(await evaluate((v) => head(v).entropy(), logits), [0.421808], 4);
    close(await evaluate((v) => head(v).logProb(tf.tensor2d([[1.354834, -0.761594]])), logits), [0.078192], 3);
  });
});

describe('every head', () => {
  // Rows of logits, and what each head is asked of; the same numbers as a sequence for each of two, and as six rows.
  const [rows, sequence] = [[6], [2, 3]];
  const inputs = (front: readonly number[]) => ({
    x: normals([...front, 5], 1), y: normals([...front, 5], 2),
    oneHot: float32(Float32Array.from({ length: 30 }, (_, i) => Number(i % 5 === 2)), [...front, 5]),
    legal: float32(Float32Array.from({ length: 30 }, (_, i) => i % 3 && 1), [...front, 5]), number: normals(front, 3),
  });
  /** Uniforms, or normals, that are the same however they are laid out. */
  const noise = {
    uniform: (shape: readonly number[]) => tf.tensor([0.05, 0.3, 0.5, 0.7, 0.9, 0.99], [...shape]),
    normal: (shape: readonly number[]) => tf.tensor(normals(shape, 4).data, [...shape]),
  };
  type Inputs = Record<keyof ReturnType<typeof inputs>, tf.Tensor>;
  const heads: Record<string, (v: Inputs) => { distribution: Distribution & Partial<Trainable & Categorical>; value: tf.Tensor }> = {
    categorical: ({ x, oneHot }) => ({ distribution: categorical(x, 0.1), value: oneHot }),
    'a policy among legal actions': ({ x, oneHot, legal }) => ({ distribution: among(categorical(x), legal), value: oneHot }),
    'symexp two-hot': ({ x, number }) => ({ distribution: symexpTwoHot(x), value: number }),
    'contracted two-hot': ({ x, number }) => ({ distribution: contractedTwoHot(x, 300), value: number }),
    'bounded normal': ({ x, y }) => ({ distribution: boundedNormal(x, y), value: y }),
  };

  it.each(Object.keys(heads))('says the same of steps of sequences as of rows: %s', async (name) => {
    const said = async (front: readonly number[]) => (await runBoth(({ v }) => {
      const { distribution, value } = heads[name](v as Inputs);
      const other = distribution.kl?.(categorical(v.y));
      const loss = distribution.loss?.(value);
      return {
        out: {
          predict: distribution.predict(), sample: distribution.sample(noise), logProb: distribution.logProb(value),
          entropy: distribution.entropy(), ...(other ? { other } : {}), ...(loss ? { loss } : {}),
        },
      };
    }, { v: inputs(front) })).compiled.out;
    const [flat, deep] = [await said(rows), await said(sequence)];
    for (const [question, { data, shape }] of Object.entries(flat)) {
      expect(deep[question].shape, question).toEqual([...sequence, ...shape.slice(1)]);
      close([...deep[question].data], [...data]);
    }
  });
});

describe('a squashed normal', () => {
  /** The logit of a deviation of one: −5 + 7·(tanh x + 1)/2 = 0. */
  const ONE = Math.atanh(3 / 7);
  const still = { m: float32([0, 0.5], [1, 2]), s: float32([ONE, ONE], [1, 2]) };

  it('has the density of a normal, less what tanh presses together', async () => {
    // u = (0.5, 0): log N(0.5) + log N(−0.5) − log(1 − tanh² 0.5) − log 1
    const [logProb] = await evaluate(({ m, s, a }) => squashedNormal(m, s).logProb(a), { ...still, a: float32([Math.tanh(0.5), 0], [1, 2]) });
    expect(logProb).toBeCloseTo(2 * (-0.125 - 0.918939) + 0.240229, 4);
  });

  it('is a density: it comes to one over all actions', async () => {
    const count = 2000;
    const grid = Float32Array.from({ length: count }, (_, i) => -1 + (2 * (i + 0.5)) / count);
    const values = await evaluate(({ m, s, a }) => tf.exp(squashedNormal(m, s).logProb(a)), {
      m: float32(new Float32Array(count).fill(0.3), [count, 1]), s: float32(new Float32Array(count).fill(0), [count, 1]), a: float32(grid, [count, 1]),
    });
    expect(values.reduce((sum, value) => sum + value, 0) * (2 / count)).toBeCloseTo(1, 3);
  });

  it('draws actions with their density, and gradients flow back through them', async () => {
    const drawn = await evaluate(({ m, s }) => squashedNormal(m, s).draw(fixedNoise([1, -1])).action, still);
    close(drawn, [Math.tanh(1), Math.tanh(-0.5)]);
    const [logProb] = await evaluate(({ m, s }) => squashedNormal(m, s).draw(fixedNoise([1, -1])).logProb, still);
    const [same] = await evaluate(({ m, s, a }) => squashedNormal(m, s).logProb(a), { ...still, a: float32(drawn, [1, 2]) });
    expect(logProb).toBeCloseTo(same, 4);
    close(await evaluate(({ m, s }) => squashedNormal(m, s).predict(), still), [0, Math.tanh(0.5)]);
  });
});

it('one number for sure is that number', async () => {
  const value = { x: float32([3, -2], [2]) };
  close(await evaluate(({ x }) => certain(x).predict(), value), [3, -2]);
  close(await evaluate(({ x }) => certain(x).entropy(), value), [0, 0]);
});

it('symlog and symexp of tensors are those of numbers', async () => {
  const values = { x: float32([-20, -0.5, 0, 1e-3, 3], [5]) };
  close(await evaluate(({ x }) => symlogOf(x), values), [-20, -0.5, 0, 1e-3, 3].map(symlog));
  close(await evaluate(({ x }) => symexpOf(symlogOf(x)), values), [-20, -0.5, 0, 1e-3, 3], 4);
});
