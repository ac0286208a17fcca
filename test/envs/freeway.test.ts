import { describe, expect, it } from 'vitest';
import environment from '../../envs/freeway.ts';
import { createRng } from '../../src/random.ts';
import { createFrames } from '../../src/world/frames.ts';

const rng = createRng(0);
const [noop, up, down] = [0, 2, 4];
const first = environment.reset(rng);
type State = typeof first;
type Car = State['cars'][number];

function play(state: Partial<State>, action = noop) {
  return environment.step({ ...first, ...state, lastAction: action }, action, rng);
}

const car = (x: number, goesRight: boolean, wait: number, timer = wait): Car => ({ x, right: goesRight, wait, timer });
/** Cars that stand still for long, far from the chicken, but for the given ones by row. */
function cars(given: Readonly<Record<number, Car>> = {}): readonly Car[] {
  return Array.from({ length: 8 }, (_, lane) => given[lane + 1] ?? car(8, true, 5));
}

describe('freeway', () => {
  it('begins at the bottom, with eight cars at the left end that wait 1 to 5 frames between moves', () => {
    const starts = Array.from({ length: 500 }, () => environment.reset(rng));
    expect(first).toMatchObject({ y: 9, moveTimer: 0 });
    const all = starts.flatMap((state) => state.cars);
    expect(all).toHaveLength(4000);
    expect(all.every(({ x, wait, timer }) => x === 0 && timer === wait)).toBe(true);
    expect([...new Set(all.map(({ wait }) => wait))].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(Math.abs(all.filter(({ right }) => right).length - 2000)).toBeLessThan(159); // 5 standard deviations
  });

  it('moves the chicken every third frame', () => {
    let state: State = { ...first, cars: cars() };
    const rows = Array.from({ length: 9 }, () => {
      state = play({ ...state, cars: cars() }, up).state;
      return state.y;
    });
    expect(rows).toEqual([8, 8, 8, 7, 7, 7, 6, 6, 6]);
    expect(play({ y: 5, cars: cars() }, down).state).toMatchObject({ y: 6, moveTimer: 2 });
    expect(play({ y: 9, cars: cars() }, down).state.y).toBe(9);
    expect(play({ y: 5, cars: cars() }, 1).state).toMatchObject({ y: 5, moveTimer: 0 });
  });

  it('lets cars move after their wait and joins the ends of the road', () => {
    const moved = play({ cars: cars({ 1: car(3, true, 2, 0), 2: car(9, true, 1, 0), 3: car(0, false, 4, 0) }) }).state;
    expect(moved.cars.slice(0, 4)).toEqual([
      car(4, true, 2),
      car(0, true, 1),
      car(9, false, 4),
      car(8, true, 5, 4),
    ]);
    const every = [1, 5].map((wait) => {
      let state: State = { ...first, cars: cars({ 1: car(0, true, wait) }) };
      for (let frame = 0; frame < 12; frame++) state = play(state).state;
      return state.cars[0].x;
    });
    expect(every).toEqual([6, 2]); // once in two frames, once in six
  });

  it('sends a chicken that is hit back to the start, for nothing', () => {
    const walksInto = play({ y: 6, cars: cars({ 5: car(4, true, 5) }) }, up);
    expect(walksInto).toMatchObject({ reward: 0, terminated: false });
    expect(walksInto.state.y).toBe(9);
    expect(play({ y: 6, cars: cars({ 5: car(4, true, 5, 0) }) }, up).state.y).toBe(9); // it moves on too late
    expect(play({ y: 5, cars: cars({ 5: car(3, true, 5, 0) }) }).state.y).toBe(9);
    expect(play({ y: 5, cars: cars({ 5: car(5, false, 5, 0) }) }).state.y).toBe(9);
    expect(play({ y: 5, cars: cars({ 5: car(3, false, 5, 0), 4: car(4, true, 5) }) }).state.y).toBe(5);
  });

  it('pays +1 at the top, begins again and changes the cars where they are', () => {
    const columns = [0, 1, 2, 3, 5, 6, 7, 8];
    const crossing = () => play({ y: 1, cars: columns.map((x) => car(x, true, 5)) }, up);
    const next = crossing();
    expect(next).toMatchObject({ reward: 1, terminated: false });
    expect(next.state.y).toBe(9);
    const outcomes = Array.from({ length: 50 }, () => crossing().state.cars);
    expect(new Set(outcomes.flat().map(({ wait }) => wait)).size).toBe(5);
    for (const found of outcomes) expect(found.map(({ x }) => x)).toEqual(columns);
  });

  it('has an expert that waits for a car to pass', () => {
    const before = (x: number) => environment.expert?.({ ...first, y: 6, cars: cars({ 5: car(x, true, 1, 1) }) });
    expect(before(7)).toBe(up);
    expect(before(3)).toBe(noop);
  });

  it.each([64, 32])('shows direction and speed of a car at %i×%i', (size) => {
    const frames = createFrames(size);
    const picture = (shown: Car) => frames.render(environment, { ...first, cars: cars({ 4: shown }) });
    const seen = [car(5, true, 1), car(5, false, 1), car(5, true, 2), car(5, true, 3)].map(picture);
    for (const [i, a] of seen.entries()) {
      for (const b of seen.slice(i + 1)) {
        expect(a.filter((value, at) => Math.abs(value - b[at]) > 15).length).toBeGreaterThan(4);
      }
    }
  });
});
