import { describe, expect, it } from 'vitest';
import catchWorld from '../../envs/catch.ts';
import { createRng } from '../../src/random.ts';
import { configure } from '../../src/train/configure.ts';
import type { Environment, Observation, Policy } from '../../src/types.ts';
import { configureWorld } from '../../src/world/configured.ts';
import { expertPlayer, policyPlayer, recordEpisode, stackFrames } from '../../src/world/record.ts';
import { createView } from '../../src/world/view.ts';
import { counterWorld } from './counter-world.ts';

const configured = async (environment: Environment, ...overrides: string[]) =>
  configureWorld(environment, (await configure({ world: 'any', preset: 'debug', overrides })).config.env);

describe('configureWorld', () => {
  it('is the world itself, guarded and plain, by default', async () => {
    const { environment, ...rest } = await configured(counterWorld);
    const state = environment.reset(createRng(1));
    expect(environment.step(state, 1, createRng(2))).toEqual(counterWorld.step(counterWorld.reset(createRng(1)), 1, createRng(2)));
    expect(rest).toEqual({
      size: 16,
      look: { greyscale: false, distract: 'none', camera: 'fixed', distractStrength: 0.5, frameStack: 1 },
    });
  });

  it('takes dynamics and look from the configuration', async () => {
    const overrides = ['env.actionRepeat=2', 'env.timeLimit=3', 'env.distract=film', 'env.greyscale=true'];
    const world = await configured(counterWorld, ...overrides);
    expect(world.environment.maxSteps).toBe(2);
    expect(world.look).toMatchObject({ distract: 'film', greyscale: true });
  });
});

describe('recordEpisode', () => {
  it('keeps a picture of every state, and plays on where it keeps no more', async () => {
    const world = await configured(catchWorld as Environment);
    const player = expertPlayer(world);
    if (!player) throw new Error('expected Catch to have an expert');
    const whole = await recordEpisode({ world, player, rng: createRng(0), size: 24, maxPictures: 100 });
    expect([whole.return, whole.length, whole.pictures.length]).toEqual([1, 9, 10]);
    const cut = await recordEpisode({ world, player, rng: createRng(0), size: 24, maxPictures: 4 });
    expect([cut.return, cut.length]).toEqual([1, 9]);
    expect(cut.pictures).toEqual(whole.pictures.slice(0, 4));
    const first = createView({ environment: world.environment, size: 24 });
    const state = world.environment.reset(createRng(0));
    expect(whole.pictures[0]).toEqual(first.render({ state, rng: createRng(0), length: 0 }));
    expect(stackFrames(cut.pictures, 24)).toMatchObject({ shape: [4, 24, 24, 3], dtype: 'uint8' });
  });

  it('shows a policy its own size, with the nuisance that is recorded', async () => {
    const world = await configured(counterWorld, 'env.distract=noise', 'env.size=32');
    const seen: { image: Uint8Array; first: number; previous: number[] }[] = [];
    const policy: Policy = {
      name: 'second',
      initial: () => ({ ticks: { data: Int32Array.of(0), shape: [1], dtype: 'int32' } }),
      async act({ ticks }, { image, isFirst, previousAction }: Observation) {
        expect([image.shape, ticks.data[0]]).toEqual([[1, 32, 32, 3], seen.length]);
        const carry = { ticks: { ...ticks, data: Int32Array.of(ticks.data[0] + 1) } };
        seen.push({ image: Uint8Array.from(image.data), first: isFirst.data[0], previous: [...previousAction.data] });
        return { action: { data: new Float32Array([0, 1]), shape: [1, 2], dtype: 'float32' }, carry, stats: {} };
      },
    };
    const player = policyPlayer(world, policy, createRng(1));
    const { pictures, length } = await recordEpisode({ world, player, rng: createRng(5), size: 64, maxPictures: 9 });
    expect(seen.map(({ first }) => first)).toEqual([1, ...new Array<number>(length - 1).fill(0)]);
    expect(seen.slice(0, 2).map(({ previous }) => previous)).toEqual([[0, 0], [0, 1]]);
    seen.forEach(({ image }, t) => {
      expect(pictures[t].slice(-3)).toEqual(image.slice(-3)); // the last grain, which the scene leaves free
    });
  });

  it('has no expert where the world has none', async () => {
    expect(expertPlayer(await configured(counterWorld))).toBeUndefined();
  });
});
