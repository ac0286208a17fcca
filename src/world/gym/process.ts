/** A Python process that serves a world: started, asked one thing after the other, ended. */
import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../user-error.ts';
import { ExternalWorldError } from '../external.ts';
import { errorSchema, packMessage, readMessages } from './protocol.ts';
import type { Request } from './protocol.ts';

export interface WorldProcess {
  /**
   * Send a request and wait for its reply.
   * @throws ExternalWorldError with what was refused, or with the traceback or the last lines of stderr; UserError
   * where there is no Python
   */
  request(message: Request): Promise<unknown>;
  /** End it; more than once does no harm. */
  close(): Promise<void>;
}

const SERVER = fileURLToPath(new URL('server.py', import.meta.url));
/** How long a world may take to close before it is killed. */
const CLOSING_MS = 5000;
/** Of stderr, the end is kept. */
const STDERR_CHARS = 4000;

/**
 * @param name the world as the user called it, `gym:` included
 * @param timeout seconds that it may take to answer; 0 means no limit
 */
export function startWorldProcess(name: string, timeout: number): WorldProcess {
  const python = process.env.PYTHON || 'python3';
  const child = spawn(python, ['-B', SERVER, name.slice('gym:'.length)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32', // the first of a group, which can be ended with all that it has started
  });
  const kill = (): void => {
    try {
      if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL');
    } catch {} // it has ended
    child.kill('SIGKILL');
  };
  const replies = readMessages(child.stdout);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARS);
  });
  child.stdin.on('error', () => {}); // a process that has ended is noticed where its reply is read
  let pending = 0;

  const missing = new Promise<UserError>((resolve) => {
    child.once('error', ({ message }) => {
      const problem = `${name} needs Python 3, but '${python}' cannot be started (${message})`;
      resolve(new UserError(`${problem}: install it, or name it in the environment variable PYTHON`));
    });
  });
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  // 'close' comes after 'exit', when everything of stderr has been read.
  const ended = new Promise<ExternalWorldError>((resolve) => {
    child.once('close', (code, signal) => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      resolve(new ExternalWorldError(`${name}: its Python process ended ${how}\n${printable(stderr)}`.trimEnd()));
    });
  });

  /** Only while somebody waits for a reply does the child keep this process alive. */
  function hold(change: -1 | 0 | 1): void {
    pending += change;
    const handles = [child, ...child.stdio.filter((stream) => stream instanceof Socket)];
    for (const handle of handles) {
      if (pending > 0) handle.ref();
      else handle.unref();
    }
  }

  async function nextReply(): Promise<unknown> {
    let reply: IteratorResult<unknown, void>;
    try {
      reply = await replies.next();
    } catch (error) {
      kill();
      const problem = error instanceof Error ? error.message : String(error);
      throw new ExternalWorldError(`${name}: cannot read what its Python process sent: ${problem}`, { cause: error });
    }
    if (reply.done) throw await Promise.race([missing, ended]);
    return reply.value;
  }

  /** End the process where it does not answer in time. */
  async function inTime<T>(answer: Promise<T>, asked: string): Promise<T> {
    if (timeout <= 0) return answer;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        kill();
        const found = stderr === '' ? '' : `\n${printable(stderr)}`;
        reject(new ExternalWorldError(
          `${name} has not answered for ${timeout} s (env.timeout) when it was asked to ${asked}; its Python process was ended${found}`.trimEnd(),
        ));
      }, timeout * 1000);
    });
    answer.catch(() => {}); // that it ends is our own doing then
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  hold(0);
  return {
    async request(message) {
      hold(1);
      try {
        child.stdin.write(packMessage(message));
        const reply = await inTime(nextReply(), message.type);
        const failure = errorSchema.safeParse(reply);
        if (!failure.success) return reply;
        const { kind, message: said, traceback } = failure.data;
        if (kind === 'refused') throw new ExternalWorldError(`${name}: ${said}`);
        throw new ExternalWorldError(`${name} failed in Python: ${said}\n${printable(traceback)}`.trimEnd());
      } finally {
        hold(-1);
      }
    },

    async close() {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      hold(1);
      child.stdin.end();
      const timer = setTimeout(kill, CLOSING_MS);
      await exited;
      clearTimeout(timer);
      hold(-1);
    },
  };
}

/** Without what could move a terminal's cursor or change its colours. */
const printable = (text: string): string => text.replace(/(?![\n\t])\p{Cc}/gu, '');
