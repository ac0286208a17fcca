/**
 * How fast tree search is: simulations per second (all roots together) over a latent of 256 numbers whose dynamics are
 * two dense layers and whose three heads have one hidden layer of 64, with the weights baked into the program.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { stopwatch } from '../../src/clock.ts';
import { compile, type Program } from '../../src/engine/compile.ts';
import { float32, normalArray } from '../../src/engine/nd-array.ts';
import { symexpBins } from '../../src/nn/distributions.ts';
import { linear, parametersOf } from '../../src/nn/layers.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { gumbelMuzeroPolicy } from '../../src/planning/gumbel-muzero-policy.ts';
import { muzeroPolicy } from '../../src/planning/muzero-policy.ts';
import type { Recurrent, RootOutput, SearchInput } from '../../src/planning/types.ts';
import { createRng } from '../../src/random.ts';

export interface SearchBench {
  readonly policy: 'puct' | 'gumbel';
  readonly roots: number;
  readonly simulationsPerSecond: number;
  /** Of the time of a search, the part spent in the model. */
  readonly inferenceShare: number;
}

const LATENT = 256;
const ACTIONS = 6;
const UNITS = 64;
const BINS = 41;
const SIMULATIONS = 50;
const DISCOUNT = 0.997;
const POLICIES = { puct: muzeroPolicy, gumbel: gumbelMuzeroPolicy } as const;

/** Both policies at 1, 8 and 64 roots, `durationMs` each. */
export async function benchSearch(durationMs = 1000): Promise<readonly SearchBench[]> {
  const results: SearchBench[] = [];
  for (const roots of [1, 8, 64]) {
    const program = await compileModel(roots);
    for (const policy of ['puct', 'gumbel'] as const) {
      await measure(program, policy, roots, durationMs / 5); // warms up
      results.push(await measure(program, policy, roots, durationMs));
    }
    await program.dispose();
  }
  return results;
}

function compileModel(roots: number): Promise<Program> {
  const hidden = [
    linear('dynamics/0', LATENT + ACTIONS, LATENT),
    linear('dynamics/1', LATENT, LATENT),
    ...['reward', 'value', 'policy'].map((name) => linear(name, LATENT, UNITS)),
  ];
  const outputs = [
    linear('reward/out', UNITS, BINS),
    linear('value/out', UNITS, BINS),
    linear('policy/out', UNITS, ACTIONS),
  ];
  const params = initParameters(parametersOf([...hidden, ...outputs]), createRng(0));
  return compile(
    'recurrent',
    ({ input, params }) => {
      const dense = (layer: number, x: Tensor) => tf.relu(hidden[layer].apply(params, x));
      const latent = dense(1, dense(0, tf.concat([input.latent, input.action], -1)));
      const head = (index: number) => outputs[index].apply(params, dense(2 + index, latent));
      const bins = tf.tensor2d(symexpBins(BINS), [BINS, 1]);
      const mean = (logits: Tensor) => tf.matMul(tf.softmax(logits) as tf.Tensor2D, bins);
      return { output: { latent, reward: mean(head(0)), value: mean(head(1)), priorLogits: head(2) } };
    },
    {
      input: {
        latent: { shape: [roots, LATENT], dtype: 'float32' },
        action: { shape: [roots, ACTIONS], dtype: 'float32' },
      },
    },
    { constants: { params } },
  );
}

async function measure(
  program: Program,
  policy: SearchBench['policy'],
  roots: number,
  durationMs: number,
): Promise<SearchBench> {
  const rng = createRng(1);
  const root: RootOutput = {
    priorLogits: normalArray([roots, ACTIONS], rng).data as Float32Array,
    value: new Float32Array(roots),
    embedding: { latent: normalArray([roots, LATENT], rng) },
  };
  const discount = new Float32Array(roots).fill(DISCOUNT);
  const oneHot = float32(new Float32Array(roots * ACTIONS), [roots, ACTIONS]);
  let inferenceMs = 0;
  const recurrent: Recurrent = async ({ latent }, actions) => {
    const elapsed = stopwatch();
    oneHot.data.fill(0);
    for (let i = 0; i < roots; i++) oneHot.data[i * ACTIONS + actions[i]] = 1;
    const { output } = await program.run({ input: { latent, action: oneHot } });
    inferenceMs += elapsed();
    return {
      reward: output.reward.data as Float32Array,
      discount,
      value: output.value.data as Float32Array,
      priorLogits: output.priorLogits.data as Float32Array,
      embedding: { latent: output.latent },
    };
  };
  const input: SearchInput = { root, recurrent, numSimulations: SIMULATIONS, rng };
  const elapsed = stopwatch();
  let simulations = 0;
  while (elapsed() < durationMs) {
    await POLICIES[policy](input);
    simulations += roots * SIMULATIONS;
  }
  const elapsedMs = elapsed();
  return {
    policy,
    roots,
    simulationsPerSecond: (1000 * simulations) / elapsedMs,
    inferenceShare: inferenceMs / elapsedMs,
  };
}
