/**
 * The actor-critic on a world of four states (table-model.ts) whose every number is known. Actor and critic have no
 * hidden layers here: what they say of a state is a row of their matrix, so gradients are known as well.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import actorCritic, { createActorCritic, type ActorCriticOptions } from '../../src/behavior/actor-critic.ts';
import { optionsOf } from '../../src/config/index.ts';
import { valueAndGradients } from '../../src/engine/gradients.ts';
import { float32, mapGroup, scalar, zeros } from '../../src/nd-array.ts';
import type { Judge } from '../../src/nn/judge.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { createRng } from '../../src/random.ts';
import { configure } from '../../src/train/configure.ts';
import type { Batch, Group, NdArray, Params } from '../../src/types.ts';
import { runBoth, worstError } from '../engine/parity.ts';
import { ACTIONS, drawing, oneHots, STATES, tableModel, tableParameters, UNIT } from '../data/table-model.ts';

/** e^k − 1 for k in 0..20, and their negatives. */
const BINS = 41;
const [BIN_OF_ZERO, BIN_OF_UNIT] = [20, 21];
/** γ = 1 − 1/4 */
const HORIZON_DISCOUNT = 4;
const GAMMA = 0.75;

/** What the policy gives action 0 in states a, b, c and d. */
const ACTOR = [0.75, 0.4, 0.9, 0.5];
/** What the critic says of them, in units, and what its slow copy says. */
const CRITIC = [0.2, 0.7, 0.3, 0.6];
const SLOW = [0.4, 0.1, 0.7, 0.25];

const { behavior: defaults } = optionsOf((await configure({ world: 'catch', preset: 'debug' })).config, actorCritic);
const config: ActorCriticOptions = {
  ...defaults, units: STATES.length, actorLayers: 0, criticLayers: 0, imaginationHorizon: 2, imaginationStarts: 0,
  lambda: 0.8, entropy: 0.1, slowRegularizer: 0.5, replayCritic: 0,
  // Returns are divided by one unit, so advantages are in units.
  returnRate: 0, returnLimit: 0.01, scales: { policy: 1, value: 1 },
};
const statistics = { returnLow: scalar(0), returnHigh: scalar(UNIT) };

interface Setting {
  readonly options?: Partial<ActorCriticOptions>;
  /** Rows of observed states, as 'ab cd'. */
  readonly observed: string;
  /** Actions that are drawn: for each time the policy is asked, one of each start. */
  readonly draws: readonly (readonly number[])[];
  readonly reward?: readonly number[];
  readonly isFirst?: readonly number[];
  readonly isTerminal?: readonly number[];
  readonly statistics?: Group<NdArray>;
  readonly blindSteps?: number;
  readonly targets?: Group<NdArray>;
  readonly judge?: Judge;
}

interface Losses {
  readonly total: number;
  readonly parts: Record<string, number>;
  readonly statistics: Record<string, number>;
  readonly gradients: Record<string, number[]>;
}

/** The only place that knows how the behaviour is made and how its loss is called. Gives everything as numbers. */
async function lossOf(setting: Setting): Promise<Losses> {
  const model = tableModel({ blindSteps: setting.blindSteps });
  const behavior = createActorCritic(
    { ...config, ...setting.options },
    { featureSize: STATES.length, actions: { kind: 'discrete', n: ACTIONS }, bins: BINS, horizonDiscount: HORIZON_DISCOUNT },
    { ...(setting.targets ? { distill: { samples: ACTIONS } } : {}), ...(setting.judge ? { judge: setting.judge } : {}) },
  );
  const observed = oneHots(setting.observed);
  const [B, T] = observed.shape;
  const flags = (values?: readonly number[]) => (values ? float32(values, [B, T]) : zeros([B, T]));
  const weights = {
    ...tableParameters, ...criticParameters('', CRITIC), ...criticParameters('slow/', SLOW),
    'actor/out/kernel': float32(ACTOR.flatMap((first) => [Math.log(first), Math.log(1 - first)]), [4, ACTIONS]),
    'actor/out/bias': zeros([ACTIONS]), 'world/state': observed,
  };
  const inputs = {
    weights, statistics: setting.statistics ?? statistics,
    batch: {
      reward: flags(setting.reward?.map((units) => units * UNIT)),
      isFirst: flags(setting.isFirst), isTerminal: flags(setting.isTerminal),
    },
    targets: setting.targets ?? {},
  };
  const { compiled, expected } = await runBoth((v) => {
    const { total, extras, gradients } = valueAndGradients(v.weights, () => {
      const { reward, isFirst, isTerminal } = v.batch;
      // The behaviour looks at no picture, action or weight.
      const unseen = { image: reward, action: reward, weight: reward, context: {} };
      const batch: Batch = { ...unseen, reward, isFirst, isTerminal, targets: v.targets ?? {} };
      const { total: sum, parts, statistics: next = {} } = behavior.loss({
        params: v.weights as Params, slow: withoutPrefix(v.weights, 'slow/'), statistics: v.statistics, model,
        world: { latents: { state: v.weights['world/state'] } }, batch, noise: drawing(setting.draws),
      });
      return { total: sum, extras: { parts, statistics: next } };
    });
    return { gradients, parts: extras.parts, statistics: extras.statistics, sum: { total } };
  }, inputs);
  expect(worstError(compiled, expected).error).toBeLessThan(1e-4);
  const first = ({ data }: NdArray) => data[0];
  return {
    total: compiled.sum.total.data[0], parts: mapGroup(compiled.parts, first), statistics: mapGroup(compiled.statistics, first),
    gradients: mapGroup(compiled.gradients, ({ data }) => [...data]),
  };
}

/** What is neither on zero nor on one unit is as good as nothing. */
function criticParameters(prefix: string, units: readonly number[]): Group<NdArray> {
  const row = (value: number) => Array.from({ length: BINS }, (_, bin) => {
    if (bin === BIN_OF_ZERO) return Math.log(1 - value);
    return bin === BIN_OF_UNIT ? Math.log(value) : -30;
  });
  return {
    [`${prefix}critic/logits/kernel`]: float32(units.flatMap(row), [4, BINS]),
    [`${prefix}critic/logits/bias`]: zeros([BINS]),
  };
}

const withoutPrefix = (group: Group<Tensor>, prefix: string): Params => Object.fromEntries(
  Object.entries(group).filter(([name]) => name.startsWith(prefix)).map(([name, tensor]) => [name.slice(prefix.length), tensor]),
);

/** Of states a to d: what the loss changes by where the logit of action 0, or of one unit, rises. */
const ofActor = ({ gradients }: Pick<Losses, 'gradients'>) =>
  [0, 1, 2, 3].map((state) => gradients['actor/out/kernel'][state * ACTIONS]);
const ofCritic = ({ gradients }: Pick<Losses, 'gradients'>) =>
  [0, 1, 2, 3].map((state) => gradients['critic/logits/kernel'][state * BINS + BIN_OF_UNIT]);

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, i) => expect(found[i], `number ${i}`).toBeCloseTo(value, 5));
}

const { log } = Math;
/** −Σ target · log(probability), of a target and a critic of so many units. */
const crossEntropy = (target: number, said: number) => -(target * log(said) + (1 - target) * log(1 - said));
/** −Σ π log π of a policy that gives action 0 this much. */
const entropyOf = (first: number) => -(first * log(first) + (1 - first) * log(1 - first));

/**
 * Two starts, a and b, and two steps of imagination: a −0→ b −1→ c and b −1→ c −0→ a. With λ = 0.8, in units:
 *
 *   from a:  R₁ = r(c) + γ(c) v(c) = 0.4 + 0.4 · 0.3                            = 0.52
 *            R₀ = r(b) + γ(b) [0.2 v(b) + 0.8 R₁] = 0.2 + 0.8 [0.14 + 0.416]    = 0.6448
 *   from b:  R₁ = r(a) + γ(a) v(a) = 0.1 + 0.5 · 0.2                            = 0.2
 *            R₀ = r(c) + γ(c) [0.2 v(c) + 0.8 R₁] = 0.4 + 0.4 [0.06 + 0.16]     = 0.488
 *
 * A step weighs what the discounts up to it make: γ, γ · γ(b) from a and γ, γ · γ(c) from b.
 */
const rollouts: Setting = { observed: 'ab', draws: [[0, 1], [1, 0], [0, 0]] };
const STEPS = [
  { state: 0, action: 0, return: 0.6448, weight: GAMMA }, { state: 1, action: 1, return: 0.52, weight: GAMMA * 0.8 },
  { state: 1, action: 1, return: 0.488, weight: GAMMA }, { state: 2, action: 0, return: 0.2, weight: GAMMA * 0.4 },
];
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value) / values.length;

describe('the actor-critic in imagination', () => {
  it('tells the rewards, values and returns of what the drawn actions lead to', async () => {
    const { parts } = await lossOf(rollouts);
    // On arriving at b, c | c, a
    expect(parts.imaginedReward / UNIT).toBeCloseTo((0.2 + 0.4 + 0.4 + 0.1) / 4, 5);
    // Of a, b, c | b, c, a
    expect(parts.imaginedValue / UNIT).toBeCloseTo((0.2 + 0.7 + 0.3 + 0.7 + 0.3 + 0.2) / 6, 5);
    expect(parts.imaginedReturn / UNIT).toBeCloseTo((0.6448 + 0.52 + 0.488 + 0.2) / 4, 5);
  });

  it('has a policy loss that falls with likely good actions and with entropy', async () => {
    const { parts } = await lossOf(rollouts);
    // −weight · (log π(action) · (return − value) + 0.1 · entropy): log π is log ¾, log 0.6, log 0.6 and log 0.9.
    const expected = [
      -0.75 * (log(0.75) * (0.6448 - 0.2) + 0.1 * entropyOf(0.75)),
      -0.6 * (log(0.6) * (0.52 - 0.7) + 0.1 * entropyOf(0.4)),
      -0.75 * (log(0.6) * (0.488 - 0.7) + 0.1 * entropyOf(0.4)),
      -0.3 * (log(0.9) * (0.2 - 0.3) + 0.1 * entropyOf(0.9)),
    ];
    expect(parts.policy).toBeCloseTo(mean(expected), 5);
    // The same as one number: (0.053796 − 0.095550 − 0.131697 − 0.012913) / 4
    expect(parts.policy).toBeCloseTo(-0.046591, 5);
  });

  it('learns from another reward where it is judged by one', async () => {
    const doubled: Judge = ({ reward }) => ({ reward: tf.mul(reward.predict(), 2) });
    const { parts } = await lossOf({ ...rollouts, judge: doubled });
    expect(parts.imaginedReward / UNIT).toBeCloseTo((0.4 + 0.8 + 0.8 + 0.2) / 4, 5);
  });

  it('goes on beyond the end where it is judged to be none', async () => {
    const { parts } = await lossOf({ ...rollouts, isTerminal: [1, 1], judge: ({ reward }) => ({ reward: reward.predict(), endless: true }) });
    // R₁ from a = r(c) + γ v(c), R₀ = r(b) + γ [0.2 v(b) + 0.8 R₁], and the same from b, whatever the model says of going on
    const [late, early] = [0.4 + GAMMA * 0.3, 0.1 + GAMMA * 0.2];
    const from = [0.2 + GAMMA * (0.2 * 0.7 + 0.8 * late), late, 0.4 + GAMMA * (0.2 * 0.3 + 0.8 * early), early];
    expect(parts.imaginedReturn / UNIT).toBeCloseTo(mean(from), 5);
  });

  it('learns from steps up to the first that is not known, and takes the critic at its word there', async () => {
    // Rows are a → b → c and b → c → a: the first's second step is not known, the second's first one.
    const judge: Judge = ({ reward }) => ({ reward: reward.predict(), known: tf.tensor1d([1, 1, 0, 1, 0, 1]) });
    const { parts } = await lossOf({ ...rollouts, judge });
    // R₀ from a = r(b) + γ(b) v(b) = 0.2 + 0.8 · 0.7; that from b and all after them are not learned from.
    const expected = -0.75 * (log(0.75) * (0.2 + 0.8 * 0.7 - 0.2) + 0.1 * entropyOf(0.75));
    expect(parts.policy).toBeCloseTo(expected / 4, 5);
    expect(parts.value).toBeCloseTo((0.75 * (crossEntropy(0.76, 0.2) + 0.5 * crossEntropy(0.4, 0.2))) / 4, 5);
    expect(parts.trustedHorizon).toBeCloseTo((1 + 0) / 2, 5);
  });

  it('tells the entropy of every step, however much that weighs', async () => {
    const { parts } = await lossOf(rollouts);
    expect(parts.entropy).toBeCloseTo(mean([0.562335, 0.673012, 0.673012, 0.325083]), 5);
  });

  it('has a critic loss on the returns, and half of one on what the slow critic says', async () => {
    const { parts } = await lossOf(rollouts);
    const expected = [
      0.75 * (crossEntropy(0.6448, 0.2) + 0.5 * crossEntropy(0.4, 0.2)),
      0.6 * (crossEntropy(0.52, 0.7) + 0.5 * crossEntropy(0.1, 0.7)),
      0.75 * (crossEntropy(0.488, 0.7) + 0.5 * crossEntropy(0.1, 0.7)),
      0.3 * (crossEntropy(0.2, 0.3) + 0.5 * crossEntropy(0.7, 0.3)),
    ];
    expect(parts.value).toBeCloseTo(mean(expected), 5);
    // Without a regulariser: the weights 0.75, 0.6, 0.75 and 0.3, each times a cross-entropy
    const free = await lossOf({ ...rollouts, options: { slowRegularizer: 0 } });
    expect(free.parts.value).toBeCloseTo((0.75 * 1.117026 + 0.6 * 0.763378 + 0.75 * 0.790491 + 0.3 * 0.526135) / 4, 5);
  });

  it('adds its losses by their scales', async () => {
    const { parts: { policy, value }, total } = await lossOf(rollouts);
    expect(total).toBeCloseTo(policy + value, 5);
    const scaled = await lossOf({ ...rollouts, options: { scales: { policy: 3, value: 5 } } });
    expect(scaled.total).toBeCloseTo(3 * policy + 5 * value, 4);
  });

  it('moves the actor by advantages and by entropy', async () => {
    // ∂ log π(action) / ∂ logit₀ = [action is 0] − π₀, and ∂ entropy / ∂ logit₀ = −π₀ (log π₀ + entropy)
    const slopes = STEPS.map(({ state, action, return: gain, weight }) => {
      const first = ACTOR[state];
      const towards = (1 - action - first) * (gain - CRITIC[state]);
      return { state, slope: -weight * (towards - 0.1 * first * (log(first) + entropyOf(first))) / 4 };
    });
    const expected = [0, 1, 2, 3].map((state) => slopes.reduce((sum, step) => sum + (step.state === state ? step.slope : 0), 0));
    expectClose(ofActor(await lossOf(rollouts)), expected);
    // Action 0 of a was better than expected, by 0.4448; to make it likelier is worth −0.75 · 0.25 · 0.4448 / 4 …
    expect(expected[0]).toBeCloseTo(-0.02085 + 0.75 * 0.1 * 0.75 * (log(0.75) + 0.562335) / 4, 5);
    expect(expected[3]).toBe(0);
  });

  it('moves the critic towards returns, and half as strongly towards its slow copy', async () => {
    // Of a cross-entropy, by a logit: what is said minus the target.
    expectClose(ofCritic(await lossOf(rollouts)), [
      0.75 * ((0.2 - 0.6448) + 0.5 * (0.2 - 0.4)) / 4,
      (0.6 * (0.7 - 0.52) + 0.75 * (0.7 - 0.488) + 1.35 * 0.5 * (0.7 - 0.1)) / 4,
      0.3 * ((0.3 - 0.2) + 0.5 * (0.3 - 0.7)) / 4,
      0,
    ]);
  });

  it.each<[string, Partial<ActorCriticOptions>, RegExp]>([
    ['the policy loss moves the actor', { scales: { policy: 1, value: 0 } }, /^actor\//],
    ['the critic loss moves the critic', { scales: { policy: 0, value: 1 } }, /^critic\//],
  ])('%s, and nothing else', async (_, options, moved) => {
    const { gradients } = await lossOf({ ...rollouts, options });
    for (const [name, gradient] of Object.entries(gradients)) {
      expect(gradient.some((slope) => slope !== 0), name).toBe(moved.test(name));
    }
  });

  it('counts nothing of what begins at the end of the world, whatever the model says of it', async () => {
    // The model would go on from a; b alone is left: the last two of the four steps.
    const { parts, gradients } = await lossOf({ ...rollouts, isTerminal: [1, 0], options: { slowRegularizer: 0 } });
    expect(parts.value).toBeCloseTo((0.75 * 0.790491 + 0.3 * 0.526135) / 4, 5);
    expect(parts.policy).toBeCloseTo((-0.131697 - 0.012913) / 4, 5);
    expect(ofCritic({ gradients })[0]).toBe(0);
  });

  it('counts nothing beyond an imagined end, and nothing of value there', async () => {
    // b −0→ d −0→ d, where d is the end: R₀ = r(d) + 0 = 0.6, and the second step weighs 0.75 · 0.
    const { parts } = await lossOf({ observed: 'b', draws: [[0], [0], [0]], options: { slowRegularizer: 0, entropy: 0 } });
    expect(parts.value).toBeCloseTo(0.75 * crossEntropy(0.6, 0.7) / 2, 5);
    // log π(0 | b) · (0.6 − 0.7)
    expect(parts.policy).toBeCloseTo(-0.75 * log(0.4) * -0.1 / 2, 5);
    // 0.6 on arriving at d, and again from d to d
    expect(parts.imaginedReturn / UNIT).toBeCloseTo((0.6 + 0.6) / 2, 5);
  });

  it('imagines from the last steps of every sequence where it need not begin at all', async () => {
    const { parts } = await lossOf(rollouts);
    // Two starts for two sequences: the last of each, which are a and b as above.
    const last = await lossOf({ ...rollouts, observed: 'da cb', options: { imaginationStarts: 2 } });
    expect(last.parts.policy).toBeCloseTo(parts.policy, 6);
    // So it is where the model lacks the past of the first, though more starts were wanted.
    const blind = await lossOf({ ...rollouts, observed: 'da cb', blindSteps: 1 });
    expect(blind.parts.value).toBeCloseTo(parts.value, 6);
  });
});

describe('the scale of returns', () => {
  // Returns as above, in order 0.2, 0.488, 0.52, 0.6448; percentiles lie at 0.05 · 3 = 0.15 and at 0.95 · 3 = 2.85:
  // low = 0.2 + 0.15 · 0.288 = 0.2432 and high = 0.52 + 0.85 · 0.1248 = 0.62608.
  const [low, high] = [0.2432, 0.62608];
  const inUnits = (values: Record<string, number>) => [values.returnLow / UNIT, values.returnHigh / UNIT];

  it('follows the 5th and the 95th percentile of returns', async () => {
    const atOnce = await lossOf({ ...rollouts, options: { returnRate: 1 } });
    expectClose(inUnits(atOnce.statistics), [low, high]);
    expect(atOnce.parts.returnScale / UNIT).toBeCloseTo(0.38288, 5);
  });

  it('follows slowly, a tenth of the way for a rate of 0.1', async () => {
    const before = { returnLow: scalar(0.1 * UNIT), returnHigh: scalar(0.5 * UNIT) };
    const options = { returnRate: 0.1, entropy: 0 };
    const { statistics: after, parts } = await lossOf({ ...rollouts, statistics: before, options });
    // 0.9 · 0.1 + 0.1 · 0.2432 and 0.9 · 0.5 + 0.1 · 0.62608
    expectClose(inUnits(after), [0.11432, 0.512608]);
    // Advantages are divided by what it is now, which is 0.512608 − 0.11432.
    expect(parts.returnScale / UNIT).toBeCloseTo(0.398288, 5);
    const ofOneUnit = await lossOf({ ...rollouts, options: { entropy: 0 } });
    expect(parts.policy).toBeCloseTo(ofOneUnit.parts.policy / 0.398288, 5);
  });

  it('is no less than its limit', async () => {
    const { parts } = await lossOf({ ...rollouts, options: { returnRate: 1, returnLimit: 0.5 * UNIT, entropy: 0 } });
    expect(parts.returnScale).toBeCloseTo(0.5 * UNIT, 5);
    const ofOneUnit = await lossOf({ ...rollouts, options: { entropy: 0 } });
    expect(parts.policy).toBeCloseTo(2 * ofOneUnit.parts.policy, 5);
  });
});

/**
 * Two sequences of four. The first ends in d, where its world ends; the second is cut behind c by a time limit:
 *
 *   a  b  d† | c      rewards on arriving  –    0.1   0.3 | 0
 *   b  c | a   b                           –    0.15 | 0   0.25
 *
 * One step of imagination tells what lies beyond each, r + γ v in units:
 *
 *   a −0→ b: 0.2 + 0.8 · 0.7 = 0.76   b −1→ c: 0.4 + 0.4 · 0.3 = 0.52   d −0→ d: 0.6   c −0→ a: 0.1 + 0.5 · 0.2 = 0.2
 *   b −1→ c: 0.52   c −0→ a: 0.2   a −0→ b: 0.76   b −0→ d: 0.6
 *
 * Targets with γ = 0.75 and λ = 0.8, backwards, where a border lets nothing through:
 *
 *   b: 0.3 + 0                                              = 0.3     a: 0.25 + 0.75 · 0.6  = 0.7
 *   a: 0.1 + 0.75 [0.2 · 0.52 + 0.8 · 0.3]                  = 0.358   b: 0.15 + 0.75 · 0.2  = 0.3
 *
 * The steps before a border (d, and c of the second) have nothing that follows them, and are left out of six.
 */
const replayed: Setting = {
  observed: 'abdc bcab', draws: [[0, 1, 0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]],
  reward: [9, 0.1, 0.3, 0, 9, 0.15, 0, 0.25], isFirst: [1, 0, 0, 1, 0, 0, 1, 0], isTerminal: [0, 0, 1, 0, 0, 0, 0, 0],
  options: { imaginationHorizon: 1, replayCritic: 0.3, scales: { policy: 0, value: 0 } },
};
const withOptions = (options: Partial<ActorCriticOptions>): Setting =>
  ({ ...replayed, options: { ...replayed.options, ...options } });

describe('the critic on what was replayed', () => {
  it('learns λ-returns of what was received, which end in what imagination tells', async () => {
    const { parts, total } = await lossOf(replayed);
    const expected = [
      crossEntropy(0.358, 0.2) + 0.5 * crossEntropy(0.4, 0.2), crossEntropy(0.3, 0.7) + 0.5 * crossEntropy(0.1, 0.7), 0,
      crossEntropy(0.3, 0.7) + 0.5 * crossEntropy(0.1, 0.7), 0, crossEntropy(0.7, 0.2) + 0.5 * crossEntropy(0.4, 0.2),
    ];
    expect(parts.replayValue).toBeCloseTo(mean(expected), 5);
    expect(total).toBeCloseTo(0.3 * mean(expected), 5);
  });

  it('is the plain return of a sequence without a border where λ is 1, and one step of it where λ is 0', async () => {
    const whole = {
      reward: [9, 0.1, 0.2, 0, 9, 0.15, 0, 0.25], isFirst: [1, 0, 0, 0, 1, 0, 0, 0], isTerminal: [0, 0, 0, 0, 0, 0, 0, 0],
    };
    const loss = async (lambda: number) =>
      (await lossOf({ ...withOptions({ lambda, slowRegularizer: 0 }), ...whole })).parts.replayValue;
    const [summed, stepwise] = [
      // d: 0 + 0.75 · 0.2, b: 0.2 + 0.75 · 0.15, a: 0.1 + 0.75 · 0.3125
      // a: 0.25 + 0.75 · 0.6, c: 0 + 0.75 · 0.7, b: 0.15 + 0.75 · 0.525
      [[0.334375, 0.2], [0.3125, 0.7], [0.15, 0.6], [0.54375, 0.7], [0.525, 0.3], [0.7, 0.2]],
      // a: 0.1 + 0.75 · 0.52, b: 0.2 + 0.75 · 0.6, d: 0 + 0.75 · 0.2
      // b: 0.15 + 0.75 · 0.2, c: 0 + 0.75 · 0.76, a: 0.25 + 0.75 · 0.6
      [[0.49, 0.2], [0.65, 0.7], [0.15, 0.6], [0.3, 0.7], [0.57, 0.3], [0.7, 0.2]],
    ].map((pairs) => mean(pairs.map(([target, said]) => crossEntropy(target, said))));
    expect(await loss(1)).toBeCloseTo(summed, 5);
    expect(await loss(0)).toBeCloseTo(stepwise, 5);
  });

  it('ends in the whole return of what is imagined from there', async () => {
    // Two steps of imagination from b make 0.488, as above: 0.1 + 0.75 · 0.488 = 0.466 for a.
    const options = { replayCritic: 1, slowRegularizer: 0 };
    const { parts } = await lossOf({ ...rollouts, options, reward: [9, 0.1], isFirst: [1, 0] });
    expect(parts.replayValue).toBeCloseTo(crossEntropy(0.466, 0.2), 5);
  });

  it('moves the critic towards its targets and its slow copy, and the latents with it', async () => {
    const { gradients } = await lossOf(replayed);
    // 0.3 / 6 · [said − target + 0.5 (said − slow)]; a: twice, b: twice
    expectClose(ofCritic({ gradients }), [
      0.3 / 6 * ((0.2 - 0.358) + (0.2 - 0.7) + 0.5 * 2 * (0.2 - 0.4)),
      0.3 / 6 * (2 * (0.7 - 0.3) + 0.5 * 2 * (0.7 - 0.1)), 0, 0,
    ]);
    // The first sequence is moved at a and b, the second at b and a; the last step of each has nothing that follows it.
    const moved = [0, 1, 2, 3, 4, 5, 6, 7].map((step) =>
      gradients['world/state'].slice(step * 4, step * 4 + 4).some((slope) => slope !== 0));
    expect(moved).toEqual([true, true, false, false, true, false, true, false]);
    for (const [name, gradient] of Object.entries(gradients)) {
      expect(gradient.some((slope) => slope !== 0), name).toBe(/^(critic|world)\//.test(name));
    }
  });

  it('learns on the steps from which was imagined alone', async () => {
    // The last two of each sequence: d, which the border leaves out, and a.
    const setting = withOptions({ imaginationStarts: 4, slowRegularizer: 0 });
    const { parts } = await lossOf({ ...setting, draws: [[0, 0, 0, 0], [0, 0, 0, 0]] });
    expect(parts.replayValue).toBeCloseTo(crossEntropy(0.7, 0.2) / 2, 5);
  });

  it('is silent where its weight is zero, and where one step has no other beside it', async () => {
    expect((await lossOf(withOptions({ replayCritic: 0 }))).parts.replayValue).toBe(0);
    const { parts } = await lossOf({ ...withOptions({ imaginationStarts: 2 }), draws: [[0, 0], [0, 0]] });
    expect(parts.replayValue).toBe(0);
  });
});

describe('the actor that also learns what search found', () => {
  it('learns it where there was a search and something was left to decide', async () => {
    // a was searched, b was not, and d is the end; c was searched.
    const targets = { searchPolicy: float32([0.5, 0.5, 0, 0, 0.9, 0.1, 0.2, 0.8], [1, 4, 2]), searchValue: zeros([1, 4]) };
    const setting: Setting = {
      observed: 'abdc', draws: [[0, 0, 0, 0], [0, 0, 0, 0]], isTerminal: [0, 0, 1, 0], targets,
      options: { imaginationHorizon: 1, scales: { policy: 2, value: 0 } },
    };
    const { parts, total, gradients } = await lossOf(setting);
    // −½ log ¾ − ½ log ¼ of a and −0.2 log 0.9 − 0.8 log 0.1 of c, of four steps
    expect(parts.search).toBeCloseTo((crossEntropy(0.5, 0.75) + crossEntropy(0.2, 0.9)) / 4, 5);
    expect(total).toBeCloseTo(2 * (parts.policy + parts.search), 5);
    const alone = await lossOf({ ...setting, targets: undefined });
    expect(alone.parts).not.toHaveProperty('search');
    // 2 / 4 · (said − target)
    const more = ofActor({ gradients }).map((slope, s) => slope - ofActor(alone)[s]);
    expectClose(more, [0.5 * (0.75 - 0.5), 0, 0.5 * (0.9 - 0.2), 0]);
    expect(gradients['world/state'].every((slope) => slope === 0)).toBe(true);
  });
});

describe('the actor-critic as it is made', () => {
  const made = (options: Partial<ActorCriticOptions> = {}) => createActorCritic(
    { ...config, slowRate: 0.25, ...options },
    { featureSize: STATES.length, actions: { kind: 'discrete', n: ACTIONS }, bins: BINS, horizonDiscount: HORIZON_DISCOUNT },
  );
  /** Chances of action 0, and values in units, of states a to d. */
  async function predicted({ prediction }: ReturnType<typeof made>, weights: Group<NdArray>) {
    const { compiled: { out } } = await runBoth(({ params, x }) => {
      const { policy, value } = prediction.predict(params as Params, tf.squeeze(x.states, [0]));
      return { out: { chances: tf.exp(policy.logProbs!), values: value!.predict() } };
    }, { params: weights, x: { states: oneHots('abcd') } });
    return {
      chances: [...out.chances.data].filter((_, i) => i % ACTIONS === 0),
      values: [...out.values.data].map((value) => value / UNIT),
    };
  }

  it('predicts what the actor does and what the critic says', async () => {
    const actor = float32(ACTOR.flatMap((first) => [Math.log(first), Math.log(1 - first)]), [4, ACTIONS]);
    const { chances, values } = await predicted(made(), {
      ...criticParameters('', CRITIC), 'actor/out/kernel': actor, 'actor/out/bias': zeros([ACTIONS]),
    });
    expectClose(chances, ACTOR);
    expectClose(values, CRITIC);
  });

  it('begins all but undecided, with values of exactly zero and returns around zero', async () => {
    const behavior = made({ actorLayers: 1, criticLayers: 1 });
    const { chances, values } = await predicted(behavior, initParameters(behavior.prediction.parameters, createRng(0)));
    for (const chance of chances) expect(chance).toBeCloseTo(0.5, 1);
    expect(values.map(Math.abs)).toEqual([0, 0, 0, 0]);
    expect(behavior.statistics).toEqual({ returnLow: scalar(0), returnHigh: scalar(0) });
  });

  it('keeps a slow copy of the critic, and of all of it', () => {
    const { slow, prediction } = made({ actorLayers: 1, criticLayers: 1 });
    expect(slow).toEqual({ prefixes: ['critic/'], rate: 0.25 });
    const names = Object.keys(prediction.parameters);
    // A kernel, a bias and a scale of the hidden layer, a kernel and a bias behind it
    expect(['actor/', 'critic/'].map((prefix) => names.filter((name) => name.startsWith(prefix)).length)).toEqual([5, 5]);
    expect(names).toHaveLength(10);
  });

  it('refuses percentiles that are exchanged or the same', async () => {
    const between = (low: number) =>
      configure({ world: 'catch', preset: 'debug', overrides: ['behavior.returnHigh=0.9', `behavior.returnLow=${low}`] });
    expect((await between(0.89)).config.behavior).toMatchObject({ returnLow: 0.89 });
    const expected = 'behavior.returnLow: expected less than behavior.returnHigh = 0.9, got ';
    await expect(between(0.9)).rejects.toThrow(`${expected}0.9`);
    await expect(between(0.95)).rejects.toThrow(`${expected}0.95`);
  });
});
