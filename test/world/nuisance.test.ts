import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import cartpole from '../../envs/cartpole.ts';
import { createRng } from '../../src/random.ts';
import type { Environment, NdArray, Palette, Rng } from '../../src/types.ts';
import { createDriver } from '../../src/world/driver.ts';
import { createFrames, defaultPalette } from '../../src/world/frames.ts';
import { createNuisance } from '../../src/world/nuisance.ts';
import { createView, plainLook } from '../../src/world/view.ts';
import type { Look } from '../../src/world/view.ts';
import { counterWorld } from './counter-world.ts';

const world: Environment = counterWorld;
const backdrops = ['noise', 'shapes', 'film'] as const;
const all: readonly (readonly [string, Partial<Look>])[] = [
  ...[...backdrops, 'colors' as const].map((distract) => [distract, { distract }] as const),
  ['jitter', { camera: 'jitter' }],
];

const look = (settings: Partial<Look>): Look => ({ ...plainLook, distractStrength: 1, ...settings });
const viewOf = (settings: Partial<Look>, size = 16, environment = world) =>
  createView({ environment, size, look: look(settings) });
/** A moment of the counter's episode e, at count 3. */
const moment = (episode: number, length: number, rng: Rng = createRng(1).split(episode)) => {
  return { state: { count: 3, goal: 5, drawn: 0 }, rng, length };
};
const plain = createFrames(16).render(world, moment(0, 0).state);
const pixel = (image: Uint8Array, size: number, x: number, y: number) =>
  [...image.subarray(3 * (y * size + x), 3 * (y * size + x) + 3)];

describe('a view', () => {
  it('without nuisances is the plain scene', () => {
    expect(viewOf({}).render(moment(0, 7))).toEqual(plain);
    for (const [, settings] of all) {
      expect(viewOf({ ...settings, distractStrength: 0 }).render(moment(0, 7))).toEqual(plain);
    }
  });

  it.each(all)('gives the same picture of the same moment, whatever was drawn before (%s)', (_, settings) => {
    const view = viewOf(settings);
    const first = [0, 1, 2].map((t) => view.render(moment(0, t)));
    const again = [2, 1, 0].map((t) => view.render(moment(0, t))).reverse();
    expect(again).toEqual(first);
    expect(viewOf(settings).render(moment(0, 1))).toEqual(first[1]);
    expect(first[0]).not.toEqual(plain);
    expect(view.render(moment(1, 0))).not.toEqual(first[0]); // another episode
    if (settings.distract === 'colors') expect(first[1]).toEqual(first[0]);
    else expect(first[1]).not.toEqual(first[0]); // another step
  });

  it.each(all)('draws nothing from the episode’s own stream (%s)', (_, settings) => {
    const rng = createRng(5);
    rng.uniform();
    const before = rng.state();
    const view = viewOf(settings);
    const image = view.render(moment(0, 4, rng));
    expect(rng.state()).toEqual(before);
    rng.uniform(); // how far the stream has been drawn from does not count
    expect(view.render(moment(0, 4, rng))).toEqual(image);
  });

  it.each(backdrops)('has the scene before the backdrop (%s)', (distract) => {
    const image = viewOf({ distract }).render(moment(0, 2));
    let changed = 0;
    for (let y = 0; y < 16; y++) {
      for (let x = 0; x < 16; x++) {
        const [before, now] = [pixel(plain, 16, x, y), pixel(image, 16, x, y)];
        if (x < 8 && y < 8) expect(now).toEqual([30, 200, 0]); // the counter's square
        else if (before.join() !== now.join()) changed++;
      }
    }
    expect(changed).toBeGreaterThan(10);
  });

  it.each(backdrops)('veils the backdrop by its strength (%s)', (distract) => {
    const render = (distractStrength: number) => viewOf({ distract, distractStrength }).render(moment(0, 2));
    const [half, full] = [0.5, 1].map(render);
    const most = half.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (plain[i] + full[i]) / 2)), 0);
    expect(most).toBeLessThanOrEqual(1);
  });

  it('shows the same noise at every size, new at every step', () => {
    const blank: Environment = { ...world, draw() {} };
    const [small, large] = [32, 64].map((size) => viewOf({ distract: 'noise' }, size, blank).render(moment(0, 0)));
    for (let i = 0; i < 64 * 64; i++) {
      const [x, y] = [i % 64, Math.floor(i / 64)];
      expect(pixel(large, 64, x, y)).toEqual(pixel(small, 32, x >> 1, y >> 1));
    }
    const mean = small.reduce((sum, value) => sum + value, 0) / small.length;
    expect(Math.abs(mean - 127.5)).toBeLessThan(12); // 5 standard errors of 73.9 / √1024
  });

  it('shakes the scene by at most a twentieth of the side', () => {
    const square: Environment = {
      ...world,
      draw(ctx, _state, { goal }) {
        ctx.fillStyle = goal;
        ctx.fillRect(0.25, 0.25, 0.5, 0.5);
      },
    };
    const palette: Palette = { ...defaultPalette, background: '#000', goal: '#fff' };
    const render = (distractStrength: number, t: number) => {
      const shaken = look({ camera: 'jitter', distractStrength });
      return createView({ environment: square, size: 100, look: shaken, palette }).render(moment(0, t));
    };
    const centres = Array.from({ length: 20 }, (_, t) => centreOf(render(1, t), 100));
    for (const [x, y] of centres) expect(Math.max(Math.abs(x - 50), Math.abs(y - 50))).toBeLessThanOrEqual(5.05);
    expect(Math.max(...centres.map(([x]) => Math.abs(x - 50)))).toBeGreaterThan(3.5);
    expect(new Set(centres.map(String)).size).toBe(20);
    const [halfX] = centreOf(render(0.5, 3), 100);
    expect(halfX - 50).toBeCloseTo((centres[3][0] - 50) / 2, 0);
  });

  it('redraws the colours so that they can still be told apart', () => {
    const nuisance = createNuisance(look({ distract: 'colors' }), defaultPalette);
    const seen = new Set<string>();
    for (let episode = 0; episode < 50; episode++) {
      const palette = Object.values(nuisance?.recolor(createRng(2).split(episode)) ?? {});
      expect(new Set(palette).size).toBe(6);
      const [agent, goal, danger] = [2, 3, 5].map((i) => Number(/^hsl\((-?[\d.]+),/.exec(palette[i])?.[1]));
      // 204°, 38° and −9° before; each strays by at most 10° beside the turn of all.
      expect(Math.abs(agent - goal - 166)).toBeLessThan(21);
      expect(Math.abs(agent - danger - 213)).toBeLessThan(21);
      palette.forEach((color) => seen.add(color));
    }
    expect(seen.size).toBe(300);
  });

  it('greys with the luma of BT.601 in all three channels', () => {
    const image = viewOf({ greyscale: true }).render(moment(0, 0));
    // 0.299 · 30 + 0.587 · 200 = 126.4; the background #141a2e: 0.299 · 20 + 0.587 · 26 + 0.114 · 46 = 26.5.
    expect([pixel(image, 16, 0, 0), pixel(image, 16, 15, 15)]).toEqual([[126, 126, 126], [26, 26, 26]]);
  });
});

describe('a driver with nuisances', () => {
  const drive = (settings: Partial<Look>, seed = 0) =>
    createDriver({
      environment: cartpole as Environment, lanes: 2, size: 16, look: look(settings), rng: createRng(seed),
    });
  const right: NdArray = { data: new Float32Array([0, 1, 0, 1]), shape: [2, 2], dtype: 'float32' };
  const nuisances = { distract: 'film', camera: 'jitter' } as const;

  it('moves through the same states, rewards and ends as without', async () => {
    const [bare, disturbed] = [drive({}), drive(nuisances)];
    const [first] = await Promise.all([bare.start(), disturbed.start()]);
    for (let t = 0; t < 25; t++) {
      const [one, other] = [await bare.step(right), await disturbed.step(right)];
      expect(disturbed.states()).toEqual(bare.states());
      expect(other.finished).toEqual(one.finished);
      one.steps.forEach((lane, l) => lane.forEach((step, s) => {
        const { image, ...record } = step;
        const { image: otherImage, ...otherRecord } = other.steps[l][s];
        expect(otherRecord).toEqual(record);
        expect(otherImage).not.toEqual(image);
      }));
    }
    expect(first.length).toBe(2);
  });

  it.each(all)('continues exactly from the middle of an episode (%s)', async (_, settings) => {
    const packr = new Packr({ moreTypes: true, useRecords: false });
    const driver = drive(settings);
    await driver.start();
    for (let t = 0; t < 5; t++) await driver.step(right);
    const restored = drive(settings, 99);
    restored.restore(packr.unpack(packr.pack(driver.snapshot())));
    let ends = 0;
    for (let t = 0; t < 15; t++) {
      expect(restored.observation()).toEqual(driver.observation());
      const [one, other] = [await driver.step(right), await restored.step(right)];
      expect(other).toEqual(one);
      ends += one.finished.length;
    }
    expect(ends).toBeGreaterThan(1); // into the next episodes
  });
});

/** Centre of brightness of a grey picture, in pixels from its corner. */
function centreOf(image: Uint8Array, size: number): [number, number] {
  let [total, atX, atY] = [0, 0, 0];
  for (let i = 0; i < size * size; i++) {
    total += image[3 * i];
    atX += image[3 * i] * ((i % size) + 0.5);
    atY += image[3 * i] * (Math.floor(i / size) + 0.5);
  }
  return [atX / total, atY / total];
}
