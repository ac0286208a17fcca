import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startThread } from '../src/thread.ts';
import { UserError } from '../src/user-error.ts';

const threadModule = new URL('../src/thread.ts', import.meta.url).href;
const errorModule = new URL('../src/user-error.ts', import.meta.url).href;
const loader = new URL('../src/loader/register.mjs', import.meta.url).href;

interface Calls {
  double(value: number): number;
  fail(forUser: boolean): void;
  sum(values: Float32Array): number;
  later(value: number, ms: number): number;
  leave(): void;
}

let folder: string;
let module: URL;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-thread-'));
  const file = path.join(folder, 'answers.ts');
  writeFileSync(file, `
    import { answer } from '${threadModule}';
    import { UserError } from '${errorModule}';
    answer({
      double: async (value: number) => 2 * value,
      fail: async (forUser: boolean) => { throw forUser ? new UserError('do it so') : new TypeError('it broke'); },
      sum: async (values: Float32Array) => values.reduce((sum, value) => sum + value),
      later: (value: number, ms: number) => new Promise((resolve) => setTimeout(resolve, ms, value)),
      leave: async () => process.exit(0),
    });
  `);
  module = pathToFileURL(file);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('threads that answer calls', () => {
  it('answer in order, take memory over, and say what went wrong', async () => {
    const thread = startThread<Calls>('the thread', module);
    expect(await Promise.all([1, 2, 3].map((value) => thread.ask('double', [value])))).toEqual([2, 4, 6]);
    const slow = [thread.ask('later', [1, 100]), thread.ask('later', [2, 0]), thread.ask('double', [3])];
    expect(await Promise.all(slow)).toEqual([1, 2, 6]);
    await expect(thread.ask('fail', [true])).rejects.toThrow(new UserError('do it so'));
    const failed = thread.ask('fail', [false]);
    await expect(failed).rejects.toThrow('it broke');
    await expect(failed).rejects.not.toBeInstanceOf(UserError);
    const values = Float32Array.of(1, 2, 3);
    expect(await thread.ask('sum', [values], [values.buffer])).toBe(6);
    expect(values).toHaveLength(0);
    await thread.close();
  });

  it('that end reject what was asked and what is asked then', async () => {
    const thread = startThread<Calls>('the thread', module);
    await expect(thread.ask('leave', [])).rejects.toThrow('the thread has stopped');
    await expect(thread.ask('double', [1])).rejects.toThrow('the thread has stopped');
  });

  it('keep a process alive while they are asked, and no longer', async () => {
    const script = path.join(folder, 'main.ts');
    writeFileSync(script, `
      import { startThread } from '${threadModule}';
      const thread = startThread('the thread', new URL('${module.href}'));
      console.log(await thread.ask('double', [21]));
    `);
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', loader, script]);
    expect(stdout.trim()).toBe('42');
  });
});
