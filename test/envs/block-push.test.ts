import { describe, expect, it } from 'vitest';
import environment from '../../envs/block-push.ts';
import type { BlockPushState } from '../../envs/block-push.ts';
import { createRng } from '../../src/random.ts';
import { randomAction } from '../../src/world/actions.ts';
import { createFrames } from '../../src/world/frames.ts';

type Point = readonly [number, number];

const rng = createRng(0);
/** The radii of the pusher and a block. */
const [HAND, BLOCK] = [0.055, 0.08];

/** Blocks whose targets are far away, unless they are given. */
function table(pusher: Point, blocks: readonly Point[], targets?: readonly Point[]): BlockPushState {
  return { pusher, blocks, targets: targets ?? blocks.map((): Point => [0.2, 0.2]) };
}

function after(state: BlockPushState, action: Point, steps = 1): BlockPushState {
  let next = state;
  for (let t = 0; t < steps; t++) next = environment.step(next, action, rng).state;
  return next;
}

const close = (at: Point, digits = 9) => at.map((value) => expect.closeTo(value, digits));
const distance = (a: Point, b: Point) => Math.hypot(a[0] - b[0], a[1] - b[1]);

describe('block-push', () => {
  it('begins with one to three blocks alike, apart from each other, from their rings and from the walls', () => {
    const counts = [0, 0, 0];
    for (let e = 0; e < 900; e++) {
      const { pusher, blocks, targets } = environment.reset(rng);
      expect(targets.length).toBe(blocks.length);
      counts[blocks.length - 1]++;
      const points = [pusher, ...blocks, ...targets];
      points.forEach((point, i) => {
        expect(Math.min(...point)).toBeGreaterThanOrEqual(0.2);
        expect(Math.max(...point)).toBeLessThanOrEqual(0.8);
        for (const other of points.slice(0, i)) expect(distance(point, other)).toBeGreaterThanOrEqual(0.2);
      });
    }
    for (const count of counts) expect(Math.abs(count - 300)).toBeLessThan(71); // 5 standard deviations
  });

  it('moves the pusher by 0.04 a step at full speed, and nothing that it does not touch', () => {
    const state = table([0.3, 0.5], [[0.5, 0.5]]);
    expect(after(state, [1, -0.5])).toEqual({ ...state, pusher: close([0.34, 0.48]) });
    expect(after(state, [9, 0]).pusher).toEqual(close([0.34, 0.5]));
    expect(after(state, [0, 0])).toEqual(state);
  });

  it('pushes a block before it, straight on', () => {
    // They touch at 0.055 + 0.08 = 0.135: after two steps the pusher is at 0.38, the block at 0.515.
    const state = after(table([0.3, 0.5], [[0.5, 0.5]]), [1, 0], 2);
    expect(state.pusher).toEqual(close([0.38, 0.5]));
    expect(state.blocks).toEqual([close([0.515, 0.5])]);
    // It stays where it is when the pusher goes back.
    expect(after(state, [-1, 0]).blocks).toEqual(state.blocks);
  });

  it('turns a block out of its way, to the side that it is on', () => {
    const { pusher, blocks } = after(table([0.3, 0.5], [[0.43, 0.52]]), [1, 0], 5);
    expect(pusher).toEqual(close([0.5, 0.5]));
    expect(blocks[0][1]).toBeGreaterThan(0.525);
    expect(distance(pusher, blocks[0])).toBeCloseTo(HAND + BLOCK, 6);
  });

  it('pushes a row of blocks, each by the one behind it', () => {
    const { pusher, blocks } = after(table([0.2, 0.5], [[0.335, 0.5], [0.495, 0.5]]), [1, 0]);
    expect(pusher[0]).toBeGreaterThan(0.239); // the last thousandth is what eight rounds of contacts leave
    expect(blocks[0][0] - pusher[0]).toBeGreaterThan(HAND + BLOCK - 0.001);
    expect(blocks[1][0] - blocks[0][0]).toBeGreaterThan(2 * BLOCK - 0.001);
  });

  it('stops at walls, and at a block that lies against one', () => {
    expect(after(table([0.9, 0.5], [[0.3, 0.3]]), [1, 0], 3).pusher).toEqual(close([1 - HAND, 0.5]));
    const { pusher, blocks } = after(table([0.7, 0.5], [[0.9, 0.5]]), [1, 0], 5);
    expect(blocks).toEqual([close([1 - BLOCK, 0.5])]);
    expect(pusher).toEqual(close([1 - 2 * BLOCK - HAND, 0.5]));
  });

  it('keeps everything on the table and apart, whatever is done', () => {
    for (let e = 0; e < 30; e++) {
      let state = environment.reset(rng.split(e));
      let action = randomAction(environment.actions, rng) as Point;
      for (let t = 0; t < 100; t++) {
        if (t % 10 === 0) action = randomAction(environment.actions, rng) as Point;
        state = after(state, action);
        const discs = [{ at: state.pusher, radius: HAND }, ...state.blocks.map((at) => ({ at, radius: BLOCK }))];
        discs.forEach(({ at, radius }, i) => {
          expect(Math.min(...at)).toBeGreaterThanOrEqual(radius);
          expect(Math.max(...at)).toBeLessThanOrEqual(1 - radius);
          for (const other of discs.slice(0, i)) {
            expect(distance(at, other.at)).toBeGreaterThan(radius + other.radius - 0.002);
          }
        });
      }
    }
  });

  it('pays minus the sum of distances, and ends when every block is within 0.04 of its ring', () => {
    const paid = (blocks: readonly Point[], targets: readonly Point[]) =>
      environment.step(table([0.1, 0.9], blocks, targets), [0, 0], rng);
    const { reward, terminated } = paid([[0.5, 0.5], [0.7, 0.2]], [[0.5, 0.2], [0.3, 0.5]]);
    expect(reward).toBeCloseTo(-(0.3 + 0.5), 9);
    expect(terminated).toBe(false);
    expect(paid([[0.5, 0.5], [0.7, 0.2]], [[0.539, 0.5], [0.7, 0.161]]).terminated).toBe(true);
    expect(paid([[0.5, 0.5], [0.7, 0.2]], [[0.539, 0.5], [0.7, 0.159]]).terminated).toBe(false);
  });

  it('has an expert that brings the blocks home', () => {
    let successes = 0;
    for (let e = 0; e < 60; e++) {
      const stream = rng.split(e);
      let state = environment.reset(stream);
      for (let t = 0; t < environment.maxSteps; t++) {
        const next = environment.step(state, environment.expert?.(state) ?? [0, 0], stream);
        state = next.state;
        if (!next.terminated) continue;
        successes++;
        break;
      }
    }
    expect(successes).toBeGreaterThanOrEqual(56); // 98.5 % of 60 is 59
  });

  it.each([64, 32])('tells blocks and rings of three colours apart at %i pixels', (size) => {
    const frames = createFrames(size);
    const blocks: readonly Point[] = [[0.2, 0.2], [0.5, 0.2], [0.8, 0.2]];
    const targets: readonly Point[] = [[0.2, 0.7], [0.5, 0.7], [0.8, 0.7]];
    const picture = frames.render(environment, table([0.5, 0.45], blocks, targets));
    const pixel = ([x, y]: Point) => {
      const at = 3 * (Math.floor(y * size) * size + Math.floor(x * size));
      return [...picture.subarray(at, at + 3)];
    };
    const middles = blocks.map(pixel);
    expect(new Set(middles.map(String)).size).toBe(3);
    targets.forEach(([x, y], i) => {
      expect(pixel([x, y])).toEqual(pixel([0.02, 0.98])); // a ring is empty
      const edge = pixel([x - 0.09, y]);
      const nearest = middles.map((color) => color.reduce((sum, value, c) => sum + (value - edge[c]) ** 2, 0));
      expect(nearest.indexOf(Math.min(...nearest))).toBe(i);
    });
  });
});
