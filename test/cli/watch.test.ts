/** `watch` and `gallery` through the real command. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listWorlds } from '../../src/open/worlds.ts';
import { decode } from '../viz/frames.ts';

const BIN = fileURLToPath(new URL('../../src/cli/dreamtree.mjs', import.meta.url));
const SPAWN_TIMEOUT_MS = 300_000;

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'dreamtree-watch-'))));
afterAll(() => rm(folder, { recursive: true }));

function dreamtree(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const picture = async (name: string) => decode(await readFile(path.join(folder, name)));

describe('watch', { timeout: SPAWN_TIMEOUT_MS }, () => {
  test('writes an animation of the expert, named after the world', async () => {
    const { code, stdout } = await dreamtree('watch', 'catch', '--size', '32', '--episodes', '2');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^catch, expert, seed 0\n.*\n\s*0\s+1\.00\s+9\s*\n\s*1\s+1\.00\s+9\s*\ncatch\.webp\n$/);
    const { count, width, height, delaysMs } = await picture('catch.webp');
    expect([count, width, height]).toEqual([20, 32, 32]);
    expect([delaysMs?.[0], delaysMs?.[9], delaysMs?.[10]]).toEqual([80, 800, 80]);
  });

  test('the configuration counts; a .png is a sheet', async () => {
    const settings = ['env.timeLimit=6', 'env.actionRepeat=2', 'env.greyscale=true', 'env.distract=noise'];
    const args = ['--policy', 'random', '--size', '16', '--out', 'sheet.png', '--json', '--set', ...settings];
    const { code, stdout } = await dreamtree('watch', 'catch', ...args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      env: 'catch', policy: 'random', seed: 0, episodes: [{ return: 0, length: 3 }], file: 'sheet.png',
    });
    const { count, width, pixel } = await picture('sheet.png');
    expect([count, width]).toEqual([1, 16 + 4 * 32]);
    const [r, g, b] = pixel(0, 24, 24);
    expect([g, b]).toEqual([r, r]);
  });

  test.each([
    [['--set', 'env.distract=fim'], /^error: env\.distract: expected one of .*, got "fim"; did you mean 'film'\?\n$/],
    [['--out', 'catch.mp4'], /^error: expected a picture's name to end in \.png, \.webp or \.gif, got \.mp4/],
    [['--policy', 'nobody'], /^error: .*nobody.*\n$/],
  ])('%j is refused with one sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await dreamtree('watch', 'catch', ...args);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(sentence)]);
  });

  test('no expert is made up', async () => {
    await writeFile(path.join(folder, 'still.ts'), `export default {
      name: 'still', description: 'Waits.', actions: { kind: 'discrete', n: 1 }, maxSteps: 2,
      reset: () => 0, step: (state) => ({ state, reward: 0, terminated: false }), draw() {},
    };`);
    const { code, stderr } = await dreamtree('watch', './still.ts', '--policy', 'expert');
    expect([code, stderr]).toEqual([2, 'error: --policy expert: still has no scripted expert\n']);
  });
});

describe('gallery', { timeout: 2 * SPAWN_TIMEOUT_MS }, () => {
  test('has all worlds on one sheet', async () => {
    const { code, stdout } = await dreamtree('gallery', '--out', 'pictures', '--size', '16', '--columns', '4');
    expect([code, stdout]).toEqual([0, 'pictures/gallery.png\npictures/gallery.webp\n']);
    const rows = Math.ceil((await listWorlds()).length / 4);
    const still = await picture('pictures/gallery.png');
    expect([still.count, still.width, still.height]).toEqual([1, 16 + 4 * 32, 16 + rows * 58 - 16 + 8]);
    expect((await picture('pictures/gallery.webp')).count).toBe(40);
  });
});
