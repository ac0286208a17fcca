import { expect, it } from 'vitest';
import cartpole from '../../envs/cartpole.ts';
import ticTacToe from '../../envs/tic-tac-toe.ts';
import { createDreamer } from '../../eval/dream.ts';
import { createRng } from '../../src/random.ts';
import { buildAgent, configure, shapeOf } from '../../src/train/configure.ts';
import { initLearner } from '../../src/train/update.ts';
import type { Environment } from '../../src/types.ts';
import { configureWorld } from '../../src/world/configured.ts';
import { recordEpisode } from '../../src/world/record.ts';
import { reference } from '../engine/parity.ts';

it('dreams beside the configured world: its dynamics, and one nuisance for whatever the dream does', async () => {
  const overrides = ['env.actionRepeat=2', 'env.timeLimit=12', 'env.distract=noise', 'env.camera=jitter'];
  const { config, agent: variant } = await configure({ world: 'cartpole', preset: 'debug', overrides });
  const world = configureWorld(cartpole as Environment, config.env);
  const agent = buildAgent(variant, config, shapeOf(world.environment, config.env));
  const { params } = initLearner(agent, createRng(0));
  const dreamer = await createDreamer({ ...world, agent, engine: reference, context: 1, horizon: 20 });
  const left = await dreamer.dream(params, { always: 0 }, createRng(3));
  const right = await dreamer.dream(params, { always: 1 }, createRng(3));
  await dreamer.dispose();

  // What the world shows to somebody who always goes right: a reward of 1 a step, two steps an action, 12 steps.
  const always = async () => new Float32Array([0, 1]);
  const rng = createRng(3).split('world');
  const { pictures } = await recordEpisode({ world, player: always, rng, size: 16, maxPictures: 9 });
  expect(right.rewards.slice(1, 4)).toEqual([2, 2, 2]);
  expect(right.truth.shape[0]).toBe(pictures.length);
  const size = 16 * 16 * 3;
  const frame = (data: ArrayLike<number>, t: number) => Array.from(data).slice(t * size, (t + 1) * size);
  pictures.forEach((picture, t) => {
    expect(frame(right.truth.data, t).map((value) => Math.round(255 * value))).toEqual([...picture]);
  });
  expect(frame(left.truth.data, 0)).toEqual(frame(right.truth.data, 0));
  const sky = [3, 4].map((t) => [left, right].map(({ truth }) => frame(truth.data, t).slice(0, 3)));
  for (const [one, other] of sky) expect(one).toEqual(other); // the corner that the pole does not reach
  expect(sky[0]).not.toEqual(sky[1]);
}, 60_000);

it('takes another action where the world forbids the one that is asked for', async () => {
  const { config, agent: variant } = await configure({ world: 'tic-tac-toe', preset: 'debug', agent: 'gumbel-muzero' });
  const world = configureWorld(ticTacToe as Environment, config.env);
  const agent = buildAgent(variant, config, shapeOf(world.environment, config.env));
  const { params } = initLearner(agent, createRng(0));
  const dreamer = await createDreamer({ ...world, agent, engine: reference, context: 2, horizon: 20 });
  const { rewards } = await dreamer.dream(params, { always: 4 }, createRng(0)); // the middle is empty once at most
  await dreamer.dispose();
  expect(rewards.length).toBeGreaterThanOrEqual(6); // no game is shorter than five moves
}, 60_000);
