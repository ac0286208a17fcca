import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listWorlds } from '../../src/open/worlds.ts';
import { loadWorld } from '../../src/open/open.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worlds-'));
});
afterAll(() => rm(folder, { recursive: true }));

const ownWorld = `export default {
  name: 'own', description: 'My own.', actions: { kind: 'discrete', n: 2 }, maxSteps: 3,
  reset: () => 0, step: (state) => ({ state: state + 1, reward: 0, terminated: false }), draw() {},
};`;

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('worlds', () => {
  it('lists the envs folder, each under its file’s name', async () => {
    const worlds = await listWorlds();
    const names = worlds.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['cartpole', 'catch', 'pendulum']));
    for (const world of worlds) expect(await loadWorld(world.name)).toBe(world);
  });

  it('names the nearest world to an unknown one', async () => {
    await expect(loadWorld('cathc')).rejects.toThrow("unknown world 'cathc'; did you mean 'catch'?");
  });

  it.each(['own.ts', 'own.js', 'own.mjs'])('loads a user’s own %s', async (file) => {
    expect((await loadWorld(await write(file, ownWorld))).name).toBe('own');
  });

  it('says what is wrong with a file', async () => {
    await expect(loadWorld('./nowhere.ts')).rejects.toThrow("no such file: './nowhere.ts'");
    await expect(loadWorld('./worlds/own.py')).rejects.toThrow('to end in .ts, .mts, .js, .mjs');
    const named = await write('named.mjs', 'export const world = {};');
    await expect(loadWorld(named)).rejects.toThrow('expected an environment object as the default export, got nothing');
    const typo = await write('typo.mjs', 'export default {');
    await expect(loadWorld(typo)).rejects.toThrow(/^cannot load .*typo\.mjs: /);
    const partial = await write('partial.mjs', ownWorld.replace('draw() {},', '').replace('n: 2', 'n: 0'));
    await expect(loadWorld(partial)).rejects.toThrow(/partial\.mjs is not a world:\n.*actions\.n .*got 0\n.*draw\(\)/);
  });
});
