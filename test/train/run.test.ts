import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import cartpole from '../../envs/cartpole.ts';
import connectFour from '../../envs/connect-four.ts';
import pendulum from '../../envs/pendulum.ts';
import ticTacToe from '../../envs/tic-tac-toe.ts';
import { readCheckpoint } from '../../src/data/checkpoint.ts';
import { hasLock, lockFolder } from '../../src/data/folder-lock.ts';
import { createRng } from '../../src/random.ts';
import { configure } from '../../src/train/configure.ts';
import { trainingLoop, updatesDue } from '../../src/train/loop.ts';
import { readMetrics } from '../../src/train/metrics.ts';
import { openRun } from '../../src/train/run.ts';
import { trainSession } from '../../src/train/session.ts';
import type { Environment, NdArray } from '../../src/types.ts';
import { UserError } from '../../src/user-error.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-run-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const SETTINGS = ['train.steps=160', 'train.logEvery=20', 'train.trainRatio=3'];

/** Train until done or, where given, until so many steps are taken; the learner is stopped either way. */
async function train(
  name: string,
  world: Environment,
  { until = Infinity, overrides = [] as string[], agent = 'dreamer' } = {},
) {
  const directory = path.join(folder, name);
  const configured = await configure({ world: world.name, agent, preset: 'debug', overrides: [...SETTINGS, ...overrides] });
  const run = await openRun({ directory, ...configured, environment: world as Environment, command: 'test' });
  try {
    for await (const { state, row, done } of trainingLoop(run)) {
      if (row) run.metrics.write(state.step, state.update, row);
      if (done || state.step >= until) {
        await run.save(state);
        break;
      }
    }
  } finally {
    await run.close();
  }
  return readFileSync(path.join(directory, 'metrics.jsonl'), 'utf8');
}

describe('a run', () => {
  it('gives the same numbers again, and others for another seed', async () => {
    const first = await train('first', cartpole as Environment);
    expect(first.trim().split('\n').length).toBeGreaterThan(4);
    expect(first).toContain('"model/image"');
    expect(await train('second', cartpole as Environment)).toBe(first);
    expect(await train('third', cartpole as Environment, { overrides: ['seed=1'] })).not.toBe(first);
  }, 60_000);

  it.each([['discrete', cartpole], ['continuous', pendulum]])('continues where it was stopped (%s)', async (_, world) => {
    const whole = await train('whole', world as Environment);
    await train('parts', world as Environment, { until: 60 });
    await train('parts', world as Environment, { until: 110 });
    expect(await train('parts', world as Environment)).toBe(whole);
    const [one, other] = await Promise.all(['whole', 'parts'].map((name) => readCheckpoint(path.join(folder, name, 'checkpoint.dream'))));
    expect(other.arrays).toEqual(one.arrays);
    expect(existsSync(path.join(folder, 'parts', 'config.yaml'))).toBe(true);
  }, 60_000);

  it('is evaluated while it goes on, whenever so many steps have passed', async () => {
    const configured = await configure({ world: 'cartpole', preset: 'debug', overrides: [...SETTINGS, 'train.evalEvery=50'] });
    const run = await openRun({ directory: path.join(folder, 'evaluated'), ...configured, environment: cartpole as Environment, command: 'test' });
    const moments: number[] = [];
    const asked: number[] = [];
    await trainSession(run, {
      watch: ({ state: { step } }) => void moments.push(step),
      async returnAt(step) {
        asked.push(step);
        return -step;
      },
    });
    await run.close();
    expect(asked).toEqual([50, 100, 150].map((wanted) => moments.find((step) => step >= wanted)));
    const rows = readMetrics(path.join(folder, 'evaluated', 'metrics.jsonl')).filter((row) => 'eval/return' in row);
    expect(rows.map((row) => [row.step, row['eval/return']])).toEqual(asked.map((step) => [step, -step]));
  }, 60_000);

  it('saves a moment while it goes on', async () => {
    const whole = await train('whole', cartpole as Environment);
    const configured = await configure({ world: 'cartpole', preset: 'debug', overrides: SETTINGS });
    const directory = path.join(folder, 'parts');
    const run = await openRun({ directory, ...configured, environment: cartpole as Environment, command: 'test' });
    const saved: Promise<void>[] = [];
    for await (const { state, row, done } of trainingLoop(run)) {
      if (row) run.metrics.write(state.step, state.update, row);
      if (!done && state.step > 60) saved.push(run.save(state)); // and two at once, where the disk is slower than the loop
      if (saved.length > 3) break;
    }
    await run.close();
    await Promise.all(saved);
    const { counters } = await readCheckpoint(path.join(directory, 'checkpoint.dream'));
    expect(counters.step).toBeGreaterThan(60);
    expect(await train('parts', cartpole as Environment)).toBe(whole);
  }, 60_000);

  it('is saved as it stands where an earlier moment could not be, and goes on as if it had been', async () => {
    const overrides = [...SETTINGS, 'train.checkpointEvery=40'];
    const configured = await configure({ world: 'cartpole', preset: 'debug', overrides });
    const session = async (name: string, failing: number) => {
      const run = await openRun({ directory: path.join(folder, name), ...configured, environment: cartpole as Environment, command: 'test' });
      let saves = 0;
      const full = () => Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC', syscall: 'write' }));
      try {
        await trainSession({ ...run, save: (state) => (++saves === failing ? full() : run.save(state)) });
      } finally {
        await run.close();
      }
      return readFileSync(path.join(folder, name, 'metrics.jsonl'), 'utf8');
    };
    const whole = await session('whole', Infinity);
    await expect(session('parts', 2)).rejects.toThrow('no space left');
    const { counters } = await readCheckpoint(path.join(folder, 'parts', 'checkpoint.dream'));
    expect(counters.step).toBeGreaterThan(40);
    expect(counters.step).toBeLessThan(160);
    expect(await session('parts', Infinity)).toBe(whole);
  }, 60_000);

  it('continues with the priorities and the searches that its replay holds', async () => {
    const overrides = [
      'replay.priority=0.6', 'search.reanalyse=0.5', 'search.simulations=3', 'model.frames=2', 'model.unroll=3',
      'train.batchLength=8',
    ];
    const trainMuzero = (name: string, { until = Infinity, more = [] as string[] } = {}) =>
      train(name, cartpole as Environment, { agent: 'gumbel-muzero', until, overrides: [...overrides, ...more] });
    const whole = await trainMuzero('whole');
    expect(whole).toContain('"behavior/searchedShare"');
    await trainMuzero('parts', { until: 70 });
    await trainMuzero('parts', { until: 110 });
    expect(await trainMuzero('parts')).toBe(whole);
    const [one, other] = await Promise.all(['whole', 'parts'].map((name) => readCheckpoint(path.join(folder, name, 'checkpoint.dream'))));
    expect(other.arrays).toEqual(one.arrays);
    // In a run as short as this one priorities already make a difference.
    expect(await trainMuzero('uniform', { more: ['replay.priority=0'] })).not.toBe(whole);
  }, 120_000);

  it('trains in the world of its configuration, and continues it with its nuisances', async () => {
    const overrides = [
      'env.actionRepeat=2', 'env.timeLimit=5', 'env.stickyActions=0.3', 'env.distract=film', 'env.camera=jitter', 'env.greyscale=true',
    ];
    const whole = await train('whole', cartpole as Environment, { overrides });
    expect(whole).toContain('"episode/return":5,"episode/length":3,');
    await train('parts', cartpole as Environment, { overrides, until: 90 });
    expect(await train('parts', cartpole as Environment, { overrides })).toBe(whole);
  }, 60_000);

  it('lets go of its folder where something else cannot be closed, as on a full disk, and leaves a mark', async () => {
    const directory = path.join(folder, 'full');
    const configured = await configure({ world: 'cartpole', preset: 'debug', overrides: SETTINGS });
    const run = await openRun({ directory, ...configured, environment: cartpole as Environment, command: 'test' });
    const { close } = run.metrics;
    Object.assign(run.metrics, {
      close() {
        close();
        throw new Error('no space left');
      },
    });
    await expect(run.close()).rejects.toThrow('no space left');
    expect(hasLock(directory)).toBe(true);
    lockFolder(directory, 'next').release();
  });

  it('is not continued with other settings', async () => {
    await train('run', cartpole as Environment, { until: 50 });
    await expect(train('run', cartpole as Environment, { overrides: ['model.units=9'] })).rejects.toThrow(
      /run was begun with model\.units = 8, not 9: continue with the same settings, or give another --logdir/,
    );
  }, 60_000);
});

it('updates are due by replayed steps per environment step, after the prefill', async () => {
  const { config } = await configure({ world: 'catch', preset: 'debug', overrides: [
    'train.prefill=100', 'train.trainRatio=4', 'train.batchSize=2', 'train.batchLength=6',
  ] });
  expect([0, 100, 102, 103, 400].map((step) => updatesDue(config, step, {}))).toEqual([0, 0, 0, 1, 100]);
});

it('refuses what it could not learn, and says why', async () => {
  await expect(train('small', cartpole as Environment, { overrides: ['replay.bytes=9000'] })).rejects.toThrow(
    /replay\.bytes = 9000 holds \d+ steps of \d+ bytes, but 2 lanes need sequences of 6 each/,
  );
  await expect(train('continuous', pendulum as Environment, { agent: 'muzero' })).rejects.toThrow(
    new UserError("policy 'puct' does not go with this world: puct searches discrete actions, and these are continuous"),
  );
  const masked = { ...(cartpole as Environment), legal: () => [true, true] };
  await expect(train('masked', masked)).rejects.toThrow(
    new UserError("agent 'dreamer' cannot learn this world: it would imagine actions that this world forbids; use --agent gumbel-muzero or muzero"),
  );
  const agent = 'gumbel-muzero';
  await expect(train('kept', masked, { agent, overrides: ['train.explore=0.1'] })).rejects.toThrow(/train\.explore keeps random actions up/);
  await expect(train('repeated', connectFour as Environment, { agent, overrides: ['env.actionRepeat=3'] })).rejects.toThrow(
    'env.actionRepeat would make moves for the other player of connect-four: expected 1, got 3',
  );
  const twice = { ...(connectFour as Environment), toMove: () => 0 as const };
  await expect(train('twice', twice, { agent })).rejects.toThrow(/connect-four: a player acts twice in a row/);
  expect(existsSync(path.join(folder, 'twice'))).toBe(false);
});

it('refuses a block that takes hours before anything is begun, and says of a run that it takes months', async () => {
  const open = async (preset: string, ...overrides: string[]) => {
    const told: string[] = [];
    const configured = await configure({ world: 'cartpole', preset, overrides });
    const run = await openRun({
      directory: path.join(folder, preset), ...configured, environment: cartpole as Environment, command: 'test', tell: (text) => told.push(text),
    });
    await run.close();
    return told;
  };
  await expect(open('tiny', 'engine.name=reference', 'train.blockUpdates=10000', 'train.trainRatio=1024'))
    .rejects.toThrow(/a block of 10000 updates would take at least .* on this machine, and nothing is shown or saved within one; \S+=\d+ would do$/);
  expect(existsSync(path.join(folder, 'tiny'))).toBe(false);
  expect(await open('debug', 'train.steps=1e12')).toEqual([expect.stringMatching(/^1000000000000 steps will take at least \S+ (days|years) on this machine; /)]);
  expect(await open('debug')).toEqual([]);
});

it('plays a game for two against itself, with legal moves alone, and continues where it was stopped', async () => {
  const game = { agent: 'gumbel-muzero', overrides: ['search.simulations=4', 'search.reanalyse=0.5'] };
  const whole = await train('whole', ticTacToe as Environment, game);
  expect(whole).toContain('"behavior/policy"');
  await train('parts', ticTacToe as Environment, { ...game, until: 90 });
  expect(await train('parts', ticTacToe as Environment, game)).toBe(whole);
}, 60_000);

it('keeps what was legal beside the step from which an action was taken', async () => {
  const configured = await configure({
    world: 'tic-tac-toe', agent: 'gumbel-muzero', preset: 'debug', overrides: [...SETTINGS, 'search.simulations=4', 'search.reanalyse=0.5'],
  });
  const environment = ticTacToe as Environment;
  const run = await openRun({ directory: path.join(folder, 'legal'), ...configured, environment, command: 'test' });
  try {
    for await (const _ of trainingLoop(run)); // nothing to do but wait
    const [batchSize, length, cells] = [8, 6, 9];
    const { targets: { legal }, action, isFirst } = run.replay.sample({ batchSize, length, rng: createRng(0) });
    const rowOf = ({ data }: NdArray, step: number) => [...data.slice(step * cells, (step + 1) * cells)];
    let games = 0;
    for (let step = 0; step < batchSize * length; step++) {
      if (step % length === length - 1 || isFirst.data[step + 1] !== 0) continue; // the next action is of another game
      const [before, taken] = [rowOf(legal, step), rowOf(action, step + 1).indexOf(1)];
      expect(before[taken]).toBe(1);
      if (isFirst.data[step] === 0) expect(before[rowOf(action, step).indexOf(1)]).toBe(0);
      else games++;
      if (isFirst.data[step] !== 0) expect(before).toEqual(new Array(cells).fill(1));
    }
    expect(games).toBeGreaterThan(0);
  } finally {
    await run.close();
  }
}, 60_000);

it('begins to learn only when a sequence can be had, and ends with every update that is due', async () => {
  const rows = await train('eager', cartpole as Environment, { overrides: ['train.prefill=0', 'train.trainRatio=40'] });
  const last = JSON.parse(rows.trim().split('\n').at(-1) ?? '');
  expect(last).toMatchObject({ step: 160, update: Math.floor(((160 - 12) * 40) / 12) });
}, 60_000);
