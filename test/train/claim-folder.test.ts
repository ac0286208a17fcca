/** One writer a folder, and nobody else's files. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasLock, lockFolder, LOCK_FILE } from '../../src/data/folder-lock.ts';
import { claimFolder } from '../../src/train/claim-folder.ts';
import { UserError } from '../../src/user-error.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-claim-'))));
afterEach(() => rmSync(folder, { recursive: true }));
const file = (...names: string[]) => path.join(folder, ...names);
const write = (name: string, text = '') => {
  mkdirSync(path.dirname(file(name)), { recursive: true });
  writeFileSync(file(name), text);
};
const holder = (changes: object) => JSON.stringify({ pid: process.pid, thread: 0, host: hostname(), born: '', since: 'then', command: 'it', ...changes });

describe('a lock', () => {
  it('keeps a second one out until it is let go', () => {
    const lock = lockFolder(folder, 'npx dreamtree train catch');
    expect(() => lockFolder(folder, 'another')).toThrow(
      new RegExp(`is being written by process ${process.pid} on .*, since 20.*\\(npx dreamtree train catch\\); wait`),
    );
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
    lockFolder(folder, 'another').release();
  });

  it('is taken over from a process that is dead, a zombie included', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.on('exit', resolve));
    write(LOCK_FILE, holder({ pid: child.pid }));
    lockFolder(folder, 'next').release();
    expect(existsSync(file(LOCK_FILE))).toBe(false);
  });

  it.runIf(process.platform === 'linux')('is taken over where another process has that number now', () => {
    write(LOCK_FILE, holder({ pid: process.ppid, born: '1' }));
    lockFolder(folder, 'next').release();
  });

  it('is respected while its process lives, whoever it is', () => {
    write(LOCK_FILE, holder({ pid: process.ppid }));
    expect(() => lockFolder(folder, 'next')).toThrow('is being written by process');
    write(LOCK_FILE, holder({ pid: 1 }));
    expect(() => lockFolder(folder, 'next')).toThrow('is being written by process 1');
  });

  it('of another machine counts as long as it has been touched within the last minute', async () => {
    const { utimesSync } = await import('node:fs');
    write(LOCK_FILE, holder({ host: 'elsewhere' }));
    expect(() => lockFolder(folder, 'next')).toThrow('on elsewhere');
    const old = Date.now() / 1000 - 120;
    utimesSync(file(LOCK_FILE), old, old);
    lockFolder(folder, 'next').release();
  });

  it.each(['', 'not json', '{"pid":-1}', '{}', 'null'])('that says nothing (%j) holds nobody up', (text) => {
    write(LOCK_FILE, text);
    lockFolder(folder, 'next').release();
  });

  it('stays as a mark where its process ends without letting go', () => {
    const url = (name: string) => new URL(`../../src/${name}`, import.meta.url).href;
    const script = `import { lockFolder } from '${url('data/folder-lock.ts')}'; lockFolder(${JSON.stringify(folder)}, 'one'); process.exit();`;
    spawnSync(process.execPath, ['--import', url('loader/register.mjs'), '--input-type=module', '-e', script]);
    expect(hasLock(folder)).toBe(true);
    lockFolder(folder, 'two').release();
  });

  it('stays as a mark where it is asked to', () => {
    lockFolder(folder, 'one').release({ mark: true });
    expect(hasLock(folder)).toBe(true);
    lockFolder(folder, 'two').release();
    expect(hasLock(folder)).toBe(false);
  });

  it('lets one of many in', async () => {
    const script = `
      const { lockFolder } = await import(${JSON.stringify(new URL('../../src/data/folder-lock.ts', import.meta.url).href)});
      try { lockFolder(process.argv[1], 'x'); console.log('in'); } catch (error) { console.log(error.name); }
      process.stdin.on('data', () => process.exit());`;
    write(LOCK_FILE, holder({ pid: 2 ** 22 + 1 }));
    const loader = new URL('../../src/loader/register.mjs', import.meta.url).href;
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--import', loader, '--input-type=module', '-e', script, folder]));
    const said = await Promise.all(children.map((child) => new Promise<string>((resolve) => child.stdout.once('data', (text) => resolve(String(text).trim())))));
    for (const child of children) child.stdin.end('go');
    expect(said.sort()).toEqual(['UserError', 'UserError', 'UserError', 'in']);
  });
});

describe('a folder to train in', () => {
  it('is made where it is not there', () => {
    claimFolder(file('a', 'b'), 'x').release();
    expect(existsSync(file('a', 'b'))).toBe(true);
  });

  it.each([
    ['index.html'], ['config.yaml'], ['replay/segment-000001.bin'], ['notes.txt'], ['.git/HEAD'],
  ])('is not one that holds somebody’s %s, which stays', (name) => {
    write(name, 'mine');
    expect(() => claimFolder(folder, 'x')).toThrow(UserError);
    expect(() => claimFolder(folder, 'x')).toThrow(/give a new or an empty folder as --logdir|is gone/);
    expect(readFileSync(file(name), 'utf8')).toBe('mine');
    expect(existsSync(file(LOCK_FILE))).toBe(false);
  });

  it('may hold what a run that was killed at its beginning left', () => {
    for (const name of [LOCK_FILE, 'config.yaml', 'metrics.jsonl', 'timing.jsonl', 'replay/segment-000001.bin']) write(name);
    claimFolder(folder, 'x').release({ mark: true });
    write('replay/holiday.jpg');
    expect(() => claimFolder(folder, 'x')).toThrow('holiday.jpg');
  });

  it('is no run whose checkpoint is gone', () => {
    for (const name of ['config.yaml', 'replay/segment-000001.bin', 'result.json']) write(name);
    write('metrics.jsonl', '{"step":1}\n');
    expect(() => claimFolder(folder, 'x')).toThrow('is a run whose checkpoint.dream is gone');
    expect(existsSync(file('replay/segment-000001.bin'))).toBe(true);
  });

  it('may be a run, whatever else somebody keeps in it', () => {
    for (const name of ['checkpoint.dream', 'notes.txt', 'metrics.jsonl']) write(name);
    claimFolder(folder, 'x').release();
    expect(existsSync(file('notes.txt'))).toBe(true);
  });

  it('is named in a sentence where it cannot be one', () => {
    write('taken');
    expect(() => claimFolder('', 'x')).toThrow("expected the name of a folder, got ''");
    expect(() => claimFolder(file('taken'), 'x')).toThrow(UserError);
    expect(() => claimFolder(file('taken', 'below'), 'x')).toThrow('cannot be used as a run folder');
    expect(() => claimFolder(file('x\0y'), 'x')).toThrow(UserError);
  });

  it.skipIf(process.getuid?.() === 0)('is refused where nothing can be written', () => {
    chmodSync(folder, 0o500);
    expect(() => claimFolder(file('new'), 'x')).toThrow('cannot be used as a run folder');
    expect(() => claimFolder(folder, 'x')).toThrow('cannot be used as a run folder');
    chmodSync(folder, 0o700);
  });
});
