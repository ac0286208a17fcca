/** The real command, in a process of its own that may be killed. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../src/cli/dreamtree.mjs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** It was ended because it did not end. */
  readonly hung: boolean;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Kill it with −9 after so many milliseconds. */
  readonly killAfterMs?: number;
  /** When it has hung. */
  readonly limitMs?: number;
}

export const dreamtree = (args: readonly string[], options: RunOptions): Promise<Ended> => run(process.execPath, [BIN, ...args], options);

export function run(program: string, args: readonly string[], { cwd, env, killAfterMs, limitMs = 300_000 }: RunOptions): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    let hung = false;
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const kill = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    const limit = setTimeout(() => {
      hung = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.on('close', (code, signal) => {
      clearTimeout(kill);
      clearTimeout(limit);
      resolve({ code, signal, stderr, hung });
    });
  });
}

/** Whether it ended with a sentence of ours rather than with a stack. */
export const isClear = ({ code, stderr }: Ended): boolean =>
  code === 2 && /^error: /m.test(stderr) && !/^\s+at .*\(|This is a bug/m.test(stderr);
