/**
 * Chains whose values are known: every step pays what the colour tells, and nothing that is done changes it. A time limit
 * is no end, so that every value there is ±1 / (1 − γ); before a true end it is what is still to come. Every agent has to
 * learn that, and no episode may lend anything to the next, whose pay is another.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { mean } from 'simple-statistics';
import { createSight } from '../../src/acting/sight.ts';
import { createRng } from '../../src/random.ts';
import { configure } from '../../src/train/configure.ts';
import { openRun, type Run } from '../../src/train/run.ts';
import { trainSession } from '../../src/train/session.ts';
import type { ActionSpace, Environment } from '../../src/types.ts';
import { createDriver } from '../../src/world/driver.ts';

export interface Chain {
  /** Actions in an episode. */
  readonly steps: number;
  /** Whether the world ends there; else only the time is up. */
  readonly ends: boolean;
}

export const CHAINS: readonly Chain[] = [{ steps: 8, ends: false }, { steps: 8, ends: true }, { steps: 1, ends: true }];

export interface ChainState {
  readonly t: number;
  readonly sign: number;
}

export const chainWorld = ({ steps, ends }: Chain, actions: ActionSpace): Environment<ChainState> => ({
  name: `chain-of-${steps}${ends ? '' : '-cut'}`,
  description: 'Every step pays the same, whatever is done.',
  actions,
  maxSteps: steps,
  reset: (rng) => ({ t: 0, sign: rng.int(2) === 0 ? -1 : 1 }),
  step: ({ t, sign }) => ({ state: { t: t + 1, sign }, reward: sign, terminated: ends && t + 1 === steps }),
  draw(ctx, { t, sign }, palette) {
    ctx.fillStyle = sign > 0 ? palette.goal : palette.danger;
    // What is left is shown where it matters: nobody could learn what a moment is worth that is only seen when time is up.
    ctx.fillRect(0.1, 0.1, ends ? (0.8 * (t + 1)) / (steps + 1) : 0.8, 0.8);
  },
});

/** What is still to come, t steps into an episode that pays `sign`. */
export function trueValue({ steps, ends }: Chain, discount: number, { t, sign }: ChainState): number {
  return (sign * (ends ? 1 - discount ** (steps - t) : 1)) / (1 - discount);
}

export interface LearnedValues {
  /** Largest distance of a learned value from the true one, and where. */
  readonly error: number;
  readonly at: string;
}

const DISCOUNT = 0.8;
const STEPS = 4000;
const EPISODES = 20;
/** What a reward of one at every step is worth where it never ends. */
export const FOR_EVER = Math.round(1 / (1 - DISCOUNT));
/** How far from the truth a value may be that was learned from pixels: less than one reward. */
export const TOLERANCE = 1;

const AGENTS = ['dreamer', 'dreamer-mcts', 'muzero', 'gumbel-muzero', 'sampled-muzero', 'efficientzero', 'muzero-ac'];

/** Every agent in every chain. */
export async function knownValues(say: (text: string) => void): Promise<readonly (LearnedValues & { readonly name: string })[]> {
  const found: (LearnedValues & { readonly name: string })[] = [];
  for (const agent of AGENTS) {
    for (const chain of CHAINS) {
      const name = `${agent}, ${chain.steps} steps ${chain.ends ? 'to the end' : 'until the time is up'}`;
      const learned = await learnedValues(agent, chain, STEPS);
      say(`${name}: off by ${learned.error.toFixed(2)} at most, ${learned.at}`);
      found.push({ ...learned, name });
    }
  }
  return found;
}

/** Train one agent in one chain, and ask it at every state of some episodes. */
export async function learnedValues(agent: string, chain: Chain, steps: number, overrides: readonly string[] = []): Promise<LearnedValues> {
  const directory = mkdtempSync(path.join(tmpdir(), 'dreamtree-chain-'));
  const actions: ActionSpace = agent.startsWith('sampled') ? { kind: 'continuous', low: [-1], high: [1] } : { kind: 'discrete', n: 2 };
  const environment = chainWorld(chain, actions) as Environment;
  const configured = await configure({
    world: environment.name, agent, preset: 'tiny',
    overrides: [`model.horizonDiscount=${1 / (1 - DISCOUNT)}`, `train.steps=${steps}`, ...overrides],
  });
  const run = await openRun({ directory, ...configured, environment, command: 'test' });
  try {
    await trainSession(run);
    return await compare(run, chain);
  } finally {
    await run.close();
    rmSync(directory, { recursive: true });
  }
}

async function compare(run: Run, chain: Chain): Promise<LearnedValues> {
  const { agent, engine, learner, shape: { actions, actionSize, image: { size, channels } } } = run;
  const { representation, prediction } = agent;
  if (!prediction) throw new Error('expected an agent that predicts values');
  const rng = createRng(7);
  const driver = createDriver({ ...run.world, lanes: 1, rng: rng.split('world') });
  const sight = await createSight(
    { agent, actions, engine, lanes: 1, explore: false, params: await learner.params(), imageShape: [size, size, channels], actionSize },
    {
      name: 'values',
      say: ({ params, latent }) => ({ said: { value: prediction.predict(params, representation.features(latent)).value?.predict() ?? tf.zeros([1]) } }),
    },
  );
  // What is seen of a state is drawn by chance, and so its value: the mean over episodes is compared.
  const said = new Map<string, { readonly state: ChainState; readonly values: number[] }>();
  let [carry, finished, step] = [sight.initial(1), 0, 0];
  try {
    await driver.start();
    while (finished < EPISODES) {
      const state = driver.states()[0] as ChainState;
      const result = await sight.run(carry, driver.observation(), rng.split(step++));
      ({ carry } = result);
      const key = `${state.t} steps into an episode that pays ${state.sign}`;
      const visited = said.get(key) ?? { state, values: [] };
      said.set(key, visited);
      visited.values.push(result.said?.value?.data[0] ?? NaN);
      const acted = await driver.step({ shape: [1, actionSize], data: new Float32Array(actionSize).fill(0.3), dtype: 'float32' });
      finished += acted.finished.length;
    }
    const all = [...said].map(([key, { state, values }]) => {
      const value = mean(values);
      return { error: Math.abs(value - trueValue(chain, DISCOUNT, state)), at: `${value.toFixed(2)} ${key}` };
    });
    return all.reduce((worst, each) => (each.error > worst.error ? each : worst));
  } finally {
    await sight.dispose();
  }
}
