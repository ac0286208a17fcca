import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import cartpole from '../../envs/cartpole.ts';
import catchWorld from '../../envs/catch.ts';
import { randomPolicy } from '../../src/policies/random.ts';
import { createRng } from '../../src/random.ts';
import type { Environment, NdArray, Policy } from '../../src/types.ts';
import { configureWorld } from '../../src/world/configured.ts';
import { checkEnvironment } from '../../src/world/contract.ts';
import { createDriver } from '../../src/world/driver.ts';
import { channelsOf, layFrames, newestFrames } from '../../src/world/frame-stack.ts';
import { playEpisodes } from '../../src/world/play.ts';
import { createView, plainLook } from '../../src/world/view.ts';
import type { Look } from '../../src/world/view.ts';
import { stackStates } from '../../src/world/wrappers.ts';
import { counterWorld } from './counter-world.ts';

const size = 16;
const plain = { size, actionRepeat: 1, stickyActions: 0, timeLimit: 0, ...plainLook };

describe('pictures of several moments', () => {
  const [older, newer] = [Uint8Array.of(1, 2, 3, 4, 5, 6), Uint8Array.of(11, 12, 13, 14, 15, 16)];
  const laid = [1, 2, 3, 11, 12, 13, 4, 5, 6, 14, 15, 16];

  it('have the channels of each, oldest first, in every pixel', () => {
    expect([...layFrames([older, newer])]).toEqual(laid);
    expect(layFrames([newer])).toBe(newer);
    expect([channelsOf({}), channelsOf({ frameStack: 1 }), channelsOf({ frameStack: 4 })]).toEqual([3, 3, 12]);
  });

  it('give the newest moment back, as bytes or as numbers', () => {
    const bytes: NdArray = { data: Uint8Array.from(laid), shape: [1, 2, 6], dtype: 'uint8' };
    expect(newestFrames(bytes)).toEqual({ data: newer, shape: [1, 2, 3], dtype: 'uint8' });
    const numbers: NdArray = { data: Float32Array.from(laid), shape: [2, 1, 1, 6], dtype: 'float32' };
    expect(newestFrames(numbers)).toEqual({ data: Float32Array.from(newer), shape: [2, 1, 1, 3], dtype: 'float32' });
    const single: NdArray = { data: older, shape: [2, 1, 3], dtype: 'uint8' };
    expect(newestFrames(single)).toBe(single);
  });
});

describe('stackStates', () => {
  const world = stackStates(counterWorld, 3);
  const counts = ({ states }: { readonly states: readonly { readonly count: number }[] }) =>
    states.map(({ count }) => count);

  it('keeps the last states, and the first one in the place of those before it', () => {
    const rng = createRng(0);
    let state = world.reset(rng);
    const seen = [counts(state)];
    for (let t = 0; t < 3; t++) {
      state = world.step(state, 0, rng).state;
      seen.push(counts(state));
    }
    expect(seen).toEqual([[0, 0, 0], [0, 0, 1], [0, 1, 2], [1, 2, 3]]);
  });

  it('is the same world otherwise, reference returns included', async () => {
    const stacked = stackStates(catchWorld, 2) as Environment;
    expect(stacked.reference).toEqual({ random: -0.6, expert: 1 });
    const findings = await checkEnvironment(stacked, { size, rng: createRng(0) });
    expect(findings.filter(({ ok }) => !ok)).toEqual([]);
    expect(findings.map(({ check }) => check)).toContain('expert');
  });
});

/** Both lanes push right, or count. */
const right: NdArray = { data: Float32Array.of(0, 1, 0, 1), shape: [2, 2], dtype: 'float32' };
function drive(look: Partial<Look>, seed = 0, environment: Environment = cartpole as Environment) {
  const world = configureWorld(environment, { ...plain, distractStrength: 1, ...look });
  return createDriver({ ...world, lanes: 2, rng: createRng(seed) });
}

/** Moment `index` of a picture of three, uint8 [16·16·3]. */
const momentAt = (image: Uint8Array, index: number) => image.filter((_, i) => Math.floor((i % 9) / 3) === index);

const looks: readonly (readonly [string, Partial<Look>])[] = [
  ['plain', {}],
  ['greyscale', { greyscale: true }],
  ['jitter', { camera: 'jitter' }],
  ...(['noise', 'shapes', 'film', 'colors'] as const).map((distract) => [distract, { distract }] as const),
];

describe('a driver of stacked moments', () => {
  it('shows the first moment alone at first, and nothing of the episode before', async () => {
    const driver = drive({ frameStack: 3 }, 0, { ...counterWorld, reset: () => ({ count: 0, goal: 3, drawn: 0 }) });
    await driver.start();
    expect(driver.imageShape).toEqual([16, 16, 9]);
    expect(driver.observation().image.shape).toEqual([2, 16, 16, 9]);
    const red = () => [0, 3, 6].map((channel) => driver.observation().image.data[channel]); // ten times the count
    const seen = [red()];
    for (let t = 0; t < 4; t++) {
      await driver.step(right);
      seen.push(red());
    }
    expect(seen).toEqual([[0, 0, 0], [0, 0, 10], [0, 10, 20], [0, 0, 0], [0, 0, 10]]);
  });

  it.each(looks)('shows every moment as it was when it was the newest (%s)', async (_, look) => {
    const [single, stacked] = [drive(look), drive({ ...look, frameStack: 3 })];
    const past: Uint8Array[][] = [[], []];
    const compare = (records: Awaited<ReturnType<typeof single.start>>, others: typeof records) => {
      records.forEach((lane, l) => lane.forEach((record, i) => {
        if (record.isFirst) past[l] = [record.image, record.image];
        past[l] = [...past[l].slice(-2), record.image];
        const { image, ...rest } = others[l][i];
        const { image: _image, ...same } = record;
        expect(rest).toEqual(same);
        expect([0, 1, 2].map((index) => momentAt(image, index))).toEqual(past[l]);
      }));
    };
    compare(await single.start(), await stacked.start());
    for (let t = 0; t < 25; t++) {
      compare((await single.step(right)).steps, (await stacked.step(right)).steps); // over the ends of episodes
    }
  });

  it.each(looks)('continues exactly from a snapshot that was written to a file (%s)', async (_, look) => {
    const packr = new Packr({ moreTypes: true, useRecords: false });
    const driver = drive({ ...look, frameStack: 3 });
    await driver.start();
    for (let t = 0; t < 5; t++) await driver.step(right);
    const restored = drive({ ...look, frameStack: 3 }, 99);
    restored.restore(packr.unpack(packr.pack(driver.snapshot())));
    for (let t = 0; t < 8; t++) {
      expect(restored.observation()).toEqual(driver.observation());
      expect(await restored.step(right)).toEqual(await driver.step(right));
    }
  });
});

describe('a view of stacked moments', () => {
  const world = configureWorld(counterWorld as Environment, { ...plain, frameStack: 2 });
  const rng = createRng(0);

  it('shows the newest moment alone where it is asked to', () => {
    const state = { states: [{ count: 1, goal: 5, drawn: 0 }, { count: 2, goal: 5, drawn: 0 }] };
    const single = createView({ ...world, look: { ...world.look, frameStack: 1 } });
    const image = single.render({ state, rng, length: 2 });
    expect([single.channels, image.length, image[0]]).toEqual([3, 768, 20]);
  });

  it('refuses a state that holds fewer', () => {
    const view = createView({ ...world, look: { ...world.look, frameStack: 4 } });
    const render = (state: unknown) => () => view.render({ state, rng, length: 0 });
    expect(render(world.environment.reset(rng))).toThrow('expected a state that holds the last 4');
    expect(render(counterWorld.reset(rng))).toThrow('a picture of them all, got 1');
  });

  it('is what a policy is shown when episodes are played', async () => {
    const shapes = new Set<string>();
    const random = randomPolicy(counterWorld.actions);
    const policy: Policy = {
      ...random,
      act(carry, observation, noise) {
        shapes.add(String(observation.image.shape));
        return random.act(carry, observation, noise);
      },
    };
    await playEpisodes({ ...world, policy, episodes: 3, lanes: 2, rng });
    expect([...shapes]).toEqual(['2,16,16,6']);
  });
});
