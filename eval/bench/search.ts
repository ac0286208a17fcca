/**
 * How fast tree search is: simulations per second (all roots together) over a latent of 256 numbers whose dynamics are
 * two dense layers and whose three heads have one hidden layer of 64, with the weights baked into the program.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { stopwatch } from '../../src/clock.ts';
import type { Program } from '../../src/engine/program.ts';
import { normalArray, zeros } from '../../src/nd-array.ts';
import { openProgram, traceProgram, type PortableProgram } from '../../src/engine/traced-program.ts';
import { resolveEngine } from '../../src/engine/resolve-engine.ts';
import { symexpBins } from '../../src/nn/distributions.ts';
import { linear, parametersOf } from '../../src/nn/layers.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { loadSearch } from '../../src/acting/load-policy.ts';
import type { Roots } from '../../src/acting/program-search.ts';
import { divide, shareSearch } from '../../src/acting/shared-search.ts';
import { optionsOf, resolveConfig } from '../../src/config/index.ts';
import type { EngineChoice } from '../../src/types.ts';
import { createRng } from '../../src/random.ts';

export interface SearchBench {
  readonly policy: 'puct' | 'gumbel';
  readonly roots: number;
  readonly simulationsPerSecond: number;
  /** Of the time of a search, the part that the thread which asks for it spends in the model. */
  readonly inferenceShare: number;
}

const LATENT = 256;
const ACTIONS = 6;
const UNITS = 64;
const BINS = 41;
const SIMULATIONS = 50;
const DISCOUNT = 0.997;
/** Which share the roots where there are enough of them. */
const THREADS = 2;

/** Both policies at 1, 8 and 64 roots, `durationMs` each. */
export async function benchSearch(durationMs = 1000): Promise<readonly SearchBench[]> {
  const engine = await resolveEngine();
  const results: SearchBench[] = [];
  for (const roots of [1, 8, 64]) {
    for (const policy of ['puct', 'gumbel'] as const) {
      results.push(await measure(engine, { policy, roots, durationMs }));
    }
  }
  return results;
}

/** One step of the model for so many roots. */
function traceModel(engine: EngineChoice, roots: number): PortableProgram {
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
  const baked = initParameters(parametersOf([...hidden, ...outputs]), createRng(0));
  return traceProgram(
    'recurrent',
    ({ latent: { latent: before }, input, params }) => {
      const dense = (layer: number, x: Tensor) => tf.relu(hidden[layer].apply(params, x));
      const latent = dense(1, dense(0, tf.concat([before, input.action], -1)));
      const head = (index: number) => outputs[index].apply(params, dense(2 + index, latent));
      const bins = tf.tensor2d(symexpBins(BINS), [BINS, 1]);
      const mean = (logits: Tensor) => tf.matMul(tf.softmax(logits) as tf.Tensor2D, bins);
      const output = { reward: mean(head(0)), value: mean(head(1)), priorLogits: head(2), discount: tf.fill([roots], DISCOUNT) };
      return { latent: { latent }, output };
    },
    {
      latent: { latent: { shape: [roots, LATENT], dtype: 'float32' } },
      input: { action: { shape: [roots, ACTIONS], dtype: 'float32' } },
    },
    { engine, constants: { params: baked } },
  );
}

async function measure(
  engine: EngineChoice,
  { policy, roots, durationMs }: Pick<SearchBench, 'policy' | 'roots'> & { readonly durationMs: number },
): Promise<SearchBench> {
  const variant = await loadSearch(policy, policy);
  const agent = { name: policy, component: variant };
  const config = resolveConfig({ world: 'catch', agent, overrides: [`search.simulations=${SIMULATIONS}`] });
  const { search } = variant;
  const plan = { file: search.file, options: optionsOf(config, variant), roots, actionSize: ACTIONS, explore: true };
  const division = divide(plan, THREADS, (rows) => traceModel(engine, rows));
  const program = await openProgram(division.program, { lent: true });
  let inferenceMs = 0;
  const timed: Program = {
    ...program,
    async run(inputs, stream) {
      const elapsed = stopwatch();
      const outputs = await program.run(inputs, stream);
      inferenceMs += elapsed();
      return outputs;
    },
  };
  const searching = await shareSearch(division, search, plan, timed);
  const rng = createRng(1);
  const start: Roots = {
    latent: { latent: normalArray([roots, LATENT], rng) },
    root: { priorLogits: normalArray([roots, ACTIONS], rng), value: zeros([roots]) },
  };
  const searchFor = async (ms: number) => {
    const elapsed = stopwatch();
    let simulations = 0;
    inferenceMs = 0;
    while (elapsed() < ms) {
      await searching.run({}, start, rng);
      simulations += roots * SIMULATIONS;
    }
    return { simulations, elapsedMs: elapsed() };
  };
  await searchFor(durationMs); // warms up: V8 compiles what is hot beside it
  const { simulations, elapsedMs } = await searchFor(durationMs);
  await searching.dispose();
  return {
    policy,
    roots,
    simulationsPerSecond: (1000 * simulations) / elapsedMs,
    inferenceShare: inferenceMs / elapsedMs,
  };
}
