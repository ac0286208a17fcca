import { describe, expect, it } from 'vitest';
import cartpole from '../../envs/cartpole.ts';
import maze from '../../envs/maze.ts';
import lake from '../../envs/frozen-lake-slippery.ts';
import { verifyTable } from '../../src/world/verify-table.ts';
import { verifyWorld } from '../../src/world/verify.ts';

type Outcome = [probability: number, nextState: number, reward: number, terminated: boolean];

/** What Gymnasium has for going up and for going right in cell 14, which is beside the goal. */
const up: Outcome[] = [[1 / 3, 15, 1, true], [1 / 3, 10, 0, false], [1 / 3, 13, 0, false]];
const right: Outcome[] = [[1 / 3, 14, 0, false], [1 / 3, 15, 1, true], [1 / 3, 10, 0, false]];
const check = (outcomes: Outcome[]) => verifyTable(lake, { transitions: { 14: { 2: right, 3: outcomes } } });

describe('verifyTable', () => {
  it('counts outcomes and reports the largest error', () => {
    expect(check(up).steps).toBe(6);
    expect(check(up).maxError).toBeLessThan(1e-15);
    expect(check([[1 / 3, 15, 1 + 5e-7, true], ...up.slice(1)]).maxError).toBeCloseTo(5e-7, 10);
  });

  it('does not mind another order, an outcome in two parts or an impossible one', () => {
    const [goal, on, side] = up;
    expect(check([side, [1 / 6, 10, 0, false], goal, [1 / 6, 10, 0, false], [0, 3, 9, true]]).steps).toBe(8);
    expect(() => check([goal, on, on])).toThrow('expected probability 0.6666666666666666, got 0.333');
  });

  it('stops at the first difference and says where it is', () => {
    const [goal, on, side] = up;
    const place = { state: 14, action: 3 };
    const difference = { name: 'WorldDifference', place, quantity: 'nextState', expected: 11, got: 13 };
    expect(() => check([goal, on, [1 / 3, 11, 0, false]])).toThrow(expect.objectContaining(difference));
    expect(() => check([goal, on, [1 / 3, 13, -1, false]])).toThrow('in state 14, action 3: expected reward -1, got 0');
    expect(() => check([[1 / 3, 15, 1, false], on, side])).toThrow('expected terminated false, got true');
    expect(() => check([goal, [2 / 3, 10, 0, false]])).toThrow('expected probability 0.6666666666666666, got 0.333');
    expect(() => check([...up, [1 / 9, 15, 2, true]])).toThrow('expected number of outcomes 4, got 3');
  });

  it('compares how episodes begin', () => {
    const begin = (probabilities: number[]) =>
      verifyTable(lake, { transitions: { 14: { 3: up } }, initialStateProbabilities: probabilities });
    expect(begin([1, ...new Array<number>(15).fill(0)]).steps).toBe(3);
    expect(() => begin([0.99, 0.01])).toThrow('in state 0: expected initial probability 0.99, got 1');
    expect(() => begin([0, 1])).toThrow(expect.objectContaining({ place: { state: 0 }, expected: 0, got: 1 }));
  });

  it('names the key at fault in a file that makes no sense', () => {
    const file = (transitions: unknown) => () => verifyTable(lake, { transitions });
    expect(() => verifyTable(lake, [])).toThrow('the file: ');
    expect(file({})).toThrow('transitions: expected one state or more, got none');
    expect(file({ a: {} })).toThrow('transitions.a: ');
    expect(file({ 3: { 0: [] } })).toThrow('transitions.3.0: ');
    expect(file({ 3: { 0: [[1, 0, 0]] } })).toThrow('transitions.3.0[0]');
    expect(file({ 3: { 4: right } })).toThrow('transitions.3.4: expected an action from 0 to 3, got 4');
    expect(file({ 3: { 4: right } })).toThrow(expect.objectContaining({ key: 'transitions.3.4' }));
  });

  it('refuses worlds without a table or without numbers for their states', () => {
    expect(() => verifyTable(cartpole, { transitions: {} })).toThrow("world 'cartpole' has no table to compare");
    expect(() => verifyTable(maze, { transitions: {} })).toThrow("world 'maze' has no table to compare");
  });
});

describe('verifyWorld', () => {
  it('takes a file with transitions for a table, and any other for a recording', () => {
    expect(verifyWorld(lake, { transitions: { 14: { 3: up } } }).steps).toBe(3);
    expect(() => verifyWorld(lake, { episodes: [] })).toThrow('episodes: ');
    expect(() => verifyWorld(lake, null)).toThrow('the file: ');
  });
});
