/** Python worlds that are old, odd, or do not come back: one sentence, in which the fault is the world's. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRng } from '../../../src/random.ts';
import { loadGymWorld } from '../../../src/world/gym/gym-world.ts';
import { ExternalWorldError, openDriver } from '../../../src/world/external.ts';
import { hasPython, PYTHON } from './python.ts';

const hasNumpy = hasPython && spawnSync(PYTHON, ['-c', 'import numpy']).status === 0;
if (hasPython && !hasNumpy) console.warn(`skipped: ${PYTHON} has no numpy`);

let folder: string;
beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-odd-'))));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;

interface Parts {
  readonly reset?: string;
  readonly step?: string;
  readonly render?: string;
  readonly make?: string;
  readonly head?: string;
}

function world({ reset = 'pass', step = 'return None, 1.0, False, False, {}', render = 'return [[[9, 8, 7]]]', make = 'return World()', head = '' }: Parts): string {
  const file = path.join(folder, `world${made++}.py`);
  writeFileSync(file, `
import os, sys, time
${head}
class Discrete:
    n = 2
class World:
    action_space = Discrete()
    def reset(self${reset.includes('seed=') ? '' : ', seed=None, options=None'}):
        ${reset.replace('seed=', '')}
    def step(self, action):
        ${step}
    def render(self):
        ${render}
def make():
    ${make}
`);
  return `gym:${file}`;
}

/** The first step of two lanes, at most `timeout` seconds a request. */
async function firstStep(parts: Parts, timeout = 20) {
  const plain = await loadGymWorld(world(parts));
  const settings = {
    size: 2, greyscale: false, distract: 'none', camera: 'fixed', distractStrength: 0, frameStack: 1, actionRepeat: 1, stickyActions: 0, timeLimit: 0, timeout,
  } as const;
  const driver = await openDriver({ environment: plain.external.configure(settings), size: 2, lanes: 2, rng: createRng(0) });
  try {
    await driver.start();
    const { steps: [[step]] } = await driver.step({ data: Float32Array.of(1, 0, 0, 1), shape: [2, 2], dtype: 'float32' });
    return step;
  } finally {
    await driver.close();
  }
}

describe.skipIf(!hasPython)('what a Python world gives', { timeout: 120_000 }, () => {
  it('may be the four values of old, with a time limit told in info', async () => {
    expect(await firstStep({ step: 'return None, 2, True, {}' })).toMatchObject({ reward: 2, isTerminal: true, isLast: true });
    const cut = 'return None, 2, True, {"TimeLimit.truncated": True}';
    expect(await firstStep({ step: cut })).toMatchObject({ isTerminal: false, isLast: true });
  });

  it('may be seeded by itself', async () => {
    expect(await firstStep({ reset: 'seed=pass' })).toMatchObject({ reward: 1 });
  });

  it.each([
    ['return None, 1.0, False', 'expected (observation, reward, terminated, truncated, info) from step(), got 3 values'],
    ['return None', 'from step(), got NoneType'],
    ['return None, None, False, False, {}', 'expected a number as reward from step(), got None'],
    ['return None, "1", False, False, {}', "expected a number as reward from step(), got '1'"],
    ['return None, 1j, False, False, {}', 'expected a number as reward from step(), got 1j'],
    ['return None, float("nan"), False, False, {}', 'expected a finite reward from step()'],
    ['return None, 1e39, False, False, {}', 'the largest that 32 bits hold, got 1e+39'],
    ['return None, 1, "no", False, {}', "expected terminated from step() to be true or false, got 'no'"],
  ])('is told of where it makes no sense: %s', async (step, said) => {
    const failure = firstStep({ step });
    await expect(failure).rejects.toThrow(said);
    await expect(failure).rejects.toBeInstanceOf(ExternalWorldError);
  });

  it.each([
    ['return [[[300, 0, -1]]]', 'of whole numbers from 0 to 255, got the pixel [300, 0, -1]'],
    ['return [[[0.5, 0, 0]]]', 'of whole numbers from 0 to 255, got the pixel [0.5, 0, 0]'],
    ['return [[[1, 2]]]', 'got the pixel [1, 2]'],
    ['return None', 'expected a picture [height, width, 3] from render(), got nothing'],
    ['return "picture"', 'from render(), got str'],
  ])('is no picture: %s', async (render, said) => {
    await expect(firstStep({ render })).rejects.toThrow(said);
  });

  it.skipIf(!hasNumpy).each([
    ['numpy.full((4, 4, 4), 200, numpy.uint8)', 200], ['numpy.full((4, 4), 200, numpy.uint8)', 200],
    ['numpy.full((4, 4, 1), 200, numpy.uint8)', 200], ['numpy.full((4, 4, 3), 0.5)', 128], ['numpy.full((4, 4, 3), 200, numpy.int64)', 200],
    ['numpy.ones((4, 4), bool)', 255], ['numpy.full((4, 1, 3), 200, numpy.uint8)', 200],
  ])('is a picture where its meaning is plain: %s', async (frame, value) => {
    const { image } = await firstStep({ head: 'import numpy', render: `return ${frame}` });
    expect([...image]).toEqual(new Array(12).fill(value));
  });

  it.skipIf(!hasNumpy).each([
    ['numpy.full((4, 4, 3), 256, numpy.int64)', 'of whole numbers from 0 to 255, got int64 [4, 4, 3] from 256 to 256'],
    ['numpy.full((4, 4, 3), 1.5)', 'of floats from 0 to 1, got float64 [4, 4, 3] from 1.5 to 1.5'],
    ['numpy.full((4, 4, 3), float("nan"))', 'of floats from 0 to 1'],
    ['numpy.zeros((2, 4, 4, 3), numpy.uint8)', 'got uint8 [2, 4, 4, 3]'], ['numpy.zeros((4, 4, 2), numpy.uint8)', 'got uint8 [4, 4, 2]'],
    ['[numpy.zeros((4, 4, 3), numpy.uint8)] * 2', 'got a list of 2 of ndarray'],
  ])('is no picture as an array: %s', async (frame, said) => {
    await expect(firstStep({ head: 'import numpy', render: `return ${frame}` })).rejects.toThrow(said);
  });

  it('is a world for each lane', async () => {
    await expect(firstStep({ head: 'ONE = []', make: 'ONE.append(0) or ONE; import __main__; w = globals().setdefault("w", World()); return w' }))
      .rejects.toThrow('make() gave the same world twice');
  });
});

describe.skipIf(!hasPython || process.platform === 'win32')('a Python world that does not come back', { timeout: 120_000 }, () => {
  const isRunning = (marker: string): boolean => spawnSync('pgrep', ['-f', marker]).status === 0;

  it.each([
    ['sleeps', 'time.sleep(3600)'], ['spins', 'exec("while True: pass")'],
  ])('is ended with all that it has started where it %s', async (how, step) => {
    const marker = `${how}-${process.pid}`;
    const child = `import subprocess; subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)", "${marker}"]); `;
    await expect(firstStep({ step: `${child}${step}` }, 2)).rejects.toThrow(/has not answered for 2 s \(env\.timeout\) when it was asked to step; its Python process was ended/);
    expect(isRunning(marker)).toBe(false);
  });

  it.each([
    ['os._exit(0)', 'its Python process ended with code 0'], ['os.abort()', 'its Python process ended by SIGABRT'],
    ['sys.exit(5)', 'SystemExit'], ['os.kill(os.getpid(), 9)', 'its Python process ended by SIGKILL'],
  ])('is told of where it does %s', async (step, said) => {
    await expect(firstStep({ step })).rejects.toThrow(said);
  });

  it('does not outlive this process', () => {
    const marker = `orphan-${process.pid}`;
    const name = world({ step: `exec("while True: pass") if "${marker}" else None` });
    const script = `
      const { loadGymWorld } = await import(${JSON.stringify(new URL('../../../src/world/gym/gym-world.ts', import.meta.url).href)});
      const { openDriver } = await import(${JSON.stringify(new URL('../../../src/world/external.ts', import.meta.url).href)});
      const { createRng } = await import(${JSON.stringify(new URL('../../../src/random.ts', import.meta.url).href)});
      const environment = await loadGymWorld(process.argv[1]);
      const driver = await openDriver({ environment, size: 2, lanes: 1, rng: createRng(0) });
      await driver.start();
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 500);
      await driver.step({ data: Float32Array.of(1, 0), shape: [1, 2], dtype: 'float32' });`;
    const loader = new URL('../../../src/loader/register.mjs', import.meta.url).href;
    const { signal } = spawnSync(process.execPath, ['--import', loader, '--input-type=module', '-e', script, name]);
    expect(signal).toBe('SIGKILL');
    const file = name.slice('gym:'.length);
    for (let wait = 0; wait < 100 && isRunning(file); wait++) spawnSync('sleep', ['0.1']);
    expect(isRunning(file)).toBe(false);
  });
});
