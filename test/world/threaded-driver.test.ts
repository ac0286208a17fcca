/** Worlds in a thread of their own: the same as here, and outlived. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRng } from '../../src/random.ts';
import type { NdArray } from '../../src/types.ts';
import { checkWorldFile, isWorldFile, openThreadedDriver, tryWorldFile } from '../../src/world/threaded-driver.ts';
import { openDriver } from '../../src/world/external.ts';
import { configureWorld } from '../../src/world/configured.ts';
import { WorldError } from '../../src/world/world-error.ts';
import { importDefault } from '../../src/listing.ts';
import { pathToFileURL } from 'node:url';
import type { Environment } from '../../src/types.ts';

let folder: string;
/** A walk that does `DOES` where `where` says, after three steps. */
function world(name: string, { where = 'step', does = '' } = {}): string {
  const file = path.join(folder, `${name}.mjs`);
  const at = (here: string) => (here === where ? `if (t >= 3) { ${does} }` : '');
  writeFileSync(file, `
    const t = 9;
    ${where === 'top' ? does : ''}
    export default {
      name: ${JSON.stringify(name)}, description: 'A walk.', actions: { kind: 'discrete', n: 2 }, maxSteps: 8,
      reset(rng) { const t = 3; ${where === 'reset' ? at('reset') : ''} return { t: 0, x: rng.uniform() }; },
      step({ t, x }, action, rng) { ${at('step')} return { state: { t: t + 1, x: rng.uniform() }, reward: action, terminated: x > 0.9 }; },
      draw(ctx, { t, x }, palette) { ${at('draw')} ctx.fillStyle = palette.agent; ctx.fillRect(x, t / 10, 0.1, 0.1); },
    };`);
  return file;
}
const settings = {
  size: 16, greyscale: false, distract: 'none', camera: 'fixed', distractStrength: 0.5, frameStack: 1, actionRepeat: 1,
  stickyActions: 0, timeLimit: 0,
} as const;
const open = (file: string, timeout = 20) => openThreadedDriver({ file, settings, lanes: 2, rng: createRng(5), timeout });
const act = (...actions: number[]): NdArray =>
  ({ data: Float32Array.from(actions.flatMap((action) => [1 - action, action])), shape: [2, 2], dtype: 'float32' });

beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-thread-'))));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a world in a thread', { timeout: 120_000 }, () => {
  it('is what it is here, and goes on from a snapshot', async () => {
    const file = world('walk');
    const here = await openDriver({
      ...configureWorld((await importDefault(pathToFileURL(file))) as Environment, settings), lanes: 2, rng: createRng(5),
    });
    const there = await open(file);
    expect(there).toMatchObject({ lanes: 2, size: here.size, imageShape: here.imageShape, actionSize: here.actionSize });
    expect(await there.start()).toEqual(await here.start());
    for (const [a, b] of [[0, 1], [1, 1], [1, 0], [0, 0]]) {
      expect(await there.step(act(a, b))).toEqual(await here.step(act(a, b)));
      expect(there.observation()).toEqual(here.observation());
    }
    const snapshot = await there.snapshot();
    expect(snapshot).toEqual(await here.snapshot());
    const again = await open(file);
    await again.restore(snapshot);
    expect(again.observation()).toEqual(there.observation());
    expect(await again.step(act(1, 1))).toEqual(await there.step(act(1, 1)));
    await Promise.all([here, there, again].map((driver) => driver.close()));
  });

  it.each([
    ['step', /has not returned for 1 s \(env.timeout\) from step\(\), in episode 1 of lane 1, after 3 actions/],
    ['draw', /has not returned for 1 s \(env.timeout\) from draw\(\), in episode 1 of lane 1/],
  ])('is ended where it does not return from %s', async (where, said) => {
    const driver = await open(world(`spin-${where}`, { where, does: 'for (;;);' }), 1);
    await driver.start();
    const failure = (async () => { for (let t = 0; t < 5; t++) await driver.step(act(0, 0)); })();
    await expect(failure).rejects.toThrow(said);
    await expect(failure).rejects.toBeInstanceOf(WorldError);
    await driver.close();
  });

  it('says where it is thrown, and that the program is not to be ended', async () => {
    const thrown = await open(world('throws', { does: 'throw new TypeError("no such cell")' }));
    await thrown.start();
    const failure = (async () => { for (let t = 0; t < 5; t++) await thrown.step(act(0, 0)); })();
    await expect(failure).rejects.toThrow(/step\(\) threw TypeError: no such cell \(.*throws\.mjs:\d+:\d+\), in episode 1 of lane 1, at action 4 \(0\)/);
    await thrown.close();
    const exits = await open(world('exits', { does: 'process.exit(0)' }));
    await exits.start();
    await expect((async () => { for (let t = 0; t < 5; t++) await exits.step(act(0, 0)); })()).rejects.toThrow('process.exit(0) was called');
    await exits.close();
  });

  it.each([
    ['never returns', 'for (;;);', /has not returned for 1 s .* from its file/],
    ['throws', 'throw new Error("not yet")', /Error: not yet/],
    ['ends the program', 'process.exit(3)', /process\.exit\(3\) was called/],
  ])('is not loaded where its file %s', async (name, does, said) => {
    await expect(tryWorldFile(world(name.replace(/ /g, '-'), { where: 'top', does }), 1)).rejects.toThrow(said);
  });

  it('is not loaded where its reset never returns, and is where that throws: training tells of it', async () => {
    await expect(tryWorldFile(world('reset-spins', { where: 'reset', does: 'for (;;);' }), 1)).rejects.toThrow(/has not returned for 1 s .* reset\(\)/);
    await tryWorldFile(world('reset-throws', { where: 'reset', does: 'throw new Error("wet")' }), 20);
  });

  it('is checked in words, whatever it does', async () => {
    const findings = await checkWorldFile(world('hangs', { does: 'for (;;);' }), { size: 16, seed: 0, timeout: 1 });
    expect(findings.some(({ ok, message }) => !ok && /has not returned for 1 s/.test(message))).toBe(true);
    const exit = await checkWorldFile(world('exit-top', { where: 'top', does: 'process.exit(0)' }), { size: 16, seed: 0, timeout: 5 });
    expect(exit).toEqual([{ check: 'loading', ok: false, message: expect.stringContaining('process.exit(0)') as string }]);
  });

  it('is told from other worlds by its name', () => {
    expect(['./a.ts', 'x/y.mjs', 'a.js'].map(isWorldFile)).toEqual([true, true, true]);
    expect(['catch', 'gym:./a.py', 'gym:CartPole-v1', 'dream:runs/x'].map(isWorldFile)).toEqual([false, false, false, false]);
  });
});
