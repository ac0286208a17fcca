import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import catchWorld from '../../envs/catch.ts';
import pendulum from '../../envs/pendulum.ts';
import ticTacToe from '../../envs/tic-tac-toe.ts';
import { CheckpointError, readCheckpoint, type Checkpoint } from '../../src/data/checkpoint.ts';
import { float32, int32, zeros } from '../../src/nd-array.ts';
import { configure } from '../../src/train/configure.ts';
import { openRun } from '../../src/train/run.ts';
import { requireCarry } from '../../src/train/saved-arrays.ts';
import { requireSavedRun, type ExpectedRun } from '../../src/train/saved-run.ts';
import { trainSession } from '../../src/train/session.ts';
import type { Environment, NdArray } from '../../src/types.ts';

const temporary = mkdtempSync(path.join(tmpdir(), 'dreamtree-saved-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** A run that was stopped in its middle, and what it should be. */
async function stopped(world: Environment, agent: string): Promise<{ file: string; saved: Checkpoint; expected: ExpectedRun }> {
  const directory = path.join(temporary, `${world.name}-${agent}`);
  const overrides = ['train.steps=200', 'train.threads=1', 'train.logEvery=20', 'train.trainRatio=3', 'env.lanes=2'];
  const configured = await configure({ world: world.name, agent, preset: 'debug', overrides });
  const run = await openRun({ directory, ...configured, environment: world, command: 'test' });
  let step = 0;
  await trainSession(run, { watch: (moment) => void ({ step } = moment.state), stopped: () => step >= 100 });
  await run.close();
  const file = path.join(directory, 'checkpoint.dream');
  return { file, saved: await readCheckpoint(file), expected: { config: run.config, agent: run.agent, actionSize: run.shape.actionSize } };
}

describe('a run that was saved', () => {
  it.each([
    ['dreamer', pendulum as Environment], ['gumbel-muzero', ticTacToe as Environment], ['sampled-muzero', pendulum as Environment],
    ['efficientzero', catchWorld as Environment], ['muzero-ac', catchWorld as Environment],
  ])('can be gone on with: %s', async (agent, world) => {
    const { file, saved, expected } = await stopped(world, agent);
    expect(() => requireSavedRun(file, saved, expected)).not.toThrow();
  }, 60_000);
});

describe('a checkpoint that does not hold the run', () => {
  let file: string;
  let saved: Checkpoint;
  let expected: ExpectedRun;
  beforeAll(async () => {
    ({ file, saved, expected } = await stopped(catchWorld as Environment, 'dreamer'));
  }, 60_000);

  type Change = (saved: Checkpoint) => Partial<Checkpoint>;
  const group = (name: string, change: (arrays: Record<string, NdArray>) => void): Change => ({ arrays }) => {
    const items = { ...arrays[name] };
    change(items);
    return { arrays: { ...arrays, [name]: items } };
  };
  const first = (items: Record<string, unknown>) => Object.keys(items)[0];
  const counters = (changed: Record<string, unknown>): Change => ({ counters: before }) => ({ counters: { ...before, ...changed } as Record<string, number> });
  const extra = (changed: Record<string, unknown>): Change => ({ extra: before }) => ({ extra: { ...before, ...changed } });
  const driver = (changed: Record<string, unknown>): Change => ({ extra: before }) =>
    ({ extra: { ...before, driver: { ...(before.driver as object), ...changed } } });
  const lane = (changed: Record<string, unknown>): Change => (before) => {
    const { lanes } = before.extra.driver as { lanes: object[] };
    return driver({ lanes: lanes.map((one, i) => (i === 1 ? { ...one, ...changed } : one)) })(before);
  };
  const without = (name: string): Change => ({ arrays }) => ({ arrays: Object.fromEntries(Object.entries(arrays).filter(([key]) => key !== name)) });
  const replay = (changed: Record<string, unknown>): Change => ({ extra: before }) =>
    ({ extra: { ...before, replay: { ...(before.replay as object), ...changed } } });

  const CASES: readonly (readonly [string, Change, string | RegExp])[] = [
    ['a parameter of another shape', group('params', (p) => { p[first(p)] = zeros([3]); }), /expected params \S+ as float32 \[.+\], got float32 \[3\]/],
    ['a parameter with the same numbers in another shape', group('params', (p) => { const { data } = p[first(p)]; p[first(p)] = float32([...data], [data.length, 1]); }), 'expected params'],
    ['a parameter of another kind', group('params', (p) => { const { data, shape } = p[first(p)]; p[first(p)] = int32([...data].map(Math.round), shape); }), 'got int32'],
    ['a parameter less', group('params', (p) => { delete p[first(p)]; }), 'got none'],
    ['a parameter more', group('params', (p) => { p.more = zeros([1]); }), 'it holds params more, which this agent has not'],
    ['a parameter with the name of a method', group('params', (p) => { Object.assign(p, { toString: zeros([1]) }); }), 'it holds params toString'],
    ['no parameters', without('params'), /expected params .+, got none/],
    ['no slow copies', without('slow'), 'expected slow'],
    ['a slow copy of another shape', group('slow', (p) => { p[first(p)] = zeros([7, 7]); }), 'expected slow'],
    ['no statistics', without('statistics'), 'expected statistics'],
    ['a statistic of another shape', group('statistics', (p) => { p[first(p)] = zeros([2]); }), 'expected statistics'],
    ['no momentum', without('slots/joint/momentum'), 'expected slots/joint/momentum'],
    ['a slot of another shape', group('slots/joint/variance', (p) => { p[first(p)] = zeros([]); }), 'expected slots/joint/variance'],
    ['slots of a stage that is not there', ({ arrays }) => ({ arrays: { ...arrays, 'slots/other/momentum': {} } }), "it holds a group 'slots/other/momentum'"],
    ['a group that nobody has', ({ arrays }) => ({ arrays: { ...arrays, more: { x: zeros([1]) } } }), "it holds a group 'more' of arrays"],
    ['slots twice', ({ arrays }) => ({ arrays: { ...arrays, momentum: arrays['slots/joint/momentum'] } }), 'the memory of its optimiser twice'],
    ['no step', counters({ step: undefined }), 'expected step to be a whole number, at least 0, got undefined'],
    ['a negative step', counters({ step: -2 }), 'expected step'],
    ['half a step', counters({ step: 60.5 }), 'expected step'],
    ['a step that is no number', counters({ step: NaN }), 'expected step'],
    ['an endless step', counters({ step: 1e15 }), 'which step 1000000000000000 cannot have made'],
    ['a step beyond numbers', counters({ step: 1e300 }), 'expected step'],
    ['an odd step of two lanes', counters({ step: 101 }), 'step 101 is not a multiple of its 2 lanes'],
    ['more updates than were due', counters({ update: 1e15 }), 'update 1000000000000000 cannot have come about by step'],
    ['more blocks than steps', counters({ block: 1e15 }), 'block 1000000000000000 cannot'],
    ['more episodes than steps', counters({ episode: 1e9 }), 'episode 1000000000 cannot'],
    ['rows of the future', counters({ loggedAt: 1e9 }), 'loggedAt 1000000000 cannot'],
    ['negative time', counters({ elapsedMs: -1 }), 'expected elapsedMs to be a time, got -1'],
    ['endless time', counters({ elapsedMs: Infinity }), 'expected elapsedMs'],
    ['a replay of fewer steps', replay({ counts: [3, 3] }), 'its replay has 6 steps, which step'],
    ['a replay of far more', replay({ counts: [1e12, 1e12] }), 'its replay has 2000000000000 steps'],
    ['a replay of nothing', replay({ counts: 'many' }), 'its replay has 0 steps'],
    ['a replay of words', replay({ counts: ['a', 1] }), 'its replay has NaN steps'],
    ['no replay', extra({ replay: null }), 'its replay has 0 steps'],
    ['no means', extra({ means: undefined }), 'expected means by name, got undefined'],
    ['means that are none', extra({ means: { loss: 3 } }), 'expected means.loss to be a sum and a count, got 3'],
    ['means of nothing', extra({ means: { loss: { sum: 1, count: 0 } } }), 'expected means.loss'],
    ['no worlds', extra({ driver: undefined }), 'expected worlds in flight, got undefined'],
    ['worlds that are a list', extra({ driver: [1, 2] }), 'expected worlds in flight, got a list of 2'],
    ['no lanes', driver({ lanes: undefined }), 'expected worlds of 2 lanes, got undefined'],
    ['a lane less', (before) => driver({ lanes: (before.extra.driver as { lanes: unknown[] }).lanes.slice(1) })(before), 'expected worlds of 2 lanes, got 1'],
    ['a lane that is none', driver({ lanes: [null, null] }), 'expected lane 0 to be a world in flight, got null'],
    ['a random stream that is none', driver({ rng: 'random' }), 'expected the rng of the worlds to be a key of two words and a counter, got "random"'],
    ['a key of one word', driver({ rng: { key: [1], counter: 0 } }), 'expected the rng of the worlds'],
    ['a counter that goes back', driver({ rng: { key: [1, 2], counter: -1 } }), 'expected the rng of the worlds'],
    ['a lane without its stream', lane({ rng: undefined }), 'expected the rng of lane 1'],
    ['half words in a key', lane({ rng: { key: [0.5, 1], counter: 0 } }), 'expected the rng of lane 1'],
    ['an action of another length', lane({ previousAction: new Float32Array(9) }), 'expected previousAction of lane 1 to be 3 finite 32-bit numbers, got a Float32Array of 36 bytes'],
    ['an action that is a list', lane({ previousAction: [0, 0, 1] }), 'expected previousAction of lane 1'],
    ['an action that is no number', lane({ previousAction: Float32Array.of(NaN, 0, 0) }), 'expected previousAction of lane 1'],
    ['an episode of negative length', lane({ length: -1 }), 'expected length of lane 1'],
    ['half an episode', lane({ finished: 0.5 }), 'expected finished of lane 1'],
    ['a return that is no number', lane({ return: NaN }), 'expected the return of lane 1'],
    ['a lane without its state', (before) => {
      const { lanes } = before.extra.driver as { lanes: Record<string, unknown>[] };
      return driver({ lanes: lanes.map(({ state: _, ...rest }) => rest) })(before);
    }, 'lane 0 has no state'],
  ];

  it.each(CASES)('is refused: %s', (_name, change, why) => {
    const changed = { ...saved, ...change(saved) };
    const refused = (): void => requireSavedRun(file, changed, expected);
    expect(refused).toThrow(CheckpointError);
    expect(refused).toThrow(why);
    expect(refused).toThrow(/^\S+checkpoint\.dream does not fit its configuration: [^\n]+; use another copy of it, or begin a new run$/);
  });

  it('may be of the time before there were stages', () => {
    const { 'slots/joint/momentum': momentum, 'slots/joint/variance': variance, ...arrays } = saved.arrays;
    const older = { ...saved, arrays: { ...arrays, momentum, variance } };
    expect(() => requireSavedRun(file, older, expected)).not.toThrow();
    const broken = { ...older, arrays: { ...older.arrays, variance: {} } };
    expect(() => requireSavedRun(file, broken, expected)).toThrow('expected slots/joint/variance');
  });

  it('is not gone on with by a policy that remembers something else', () => {
    const { carry } = saved.arrays;
    expect(() => requireCarry(file, carry, carry)).not.toThrow();
    const [leaf] = Object.keys(carry);
    expect(() => requireCarry(file, { ...carry, [leaf]: zeros([1]) }, carry)).toThrow(`expected carry ${leaf} as float32`);
    expect(() => requireCarry(file, {}, carry)).toThrow('got none');
    expect(() => requireCarry(file, { ...carry, more: zeros([1]) }, carry)).toThrow('it holds carry more');
  });
});
