/** A Python process that serves a world: started, asked one thing after the other, ended with all that it started. */
import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../user-error.ts';
import { ExternalWorldError } from '../external.ts';
import { hurry, startCountdown } from './countdown.ts';
import { errorSchema, packMessage, readMessages, workingSchema } from './protocol.ts';
import type { Request, Working } from './protocol.ts';

/** Where a lane stands, in words, for example `lane 1, episode 3, action 17`. */
export type Whereabouts = (lane: number) => string;

/** What is known of a request where it fails. */
export interface Asking {
  /** How long the world may be silent; it is heard of at least between two things that it is asked for. */
  readonly timeoutMs: number;
  /** The lanes that are asked. */
  readonly asked?: readonly number[];
  readonly whereabouts?: Whereabouts;
}

export interface WorldProcess {
  /**
   * Send a request and wait for its reply. After a failure every other request fails likewise.
   * @throws ExternalWorldError with what was refused, with the traceback or the last lines of stderr, or with what was
   * waited for in vain; UserError where there is no Python
   */
  request(message: Request, asking: Asking): Promise<unknown>;
  /** End it; more than once does no harm. */
  close(): Promise<void>;
}

const SERVER = fileURLToPath(new URL('server.py', import.meta.url));
/** How long a world may take to close before it is killed. */
const CLOSING_MS = 5000;
/** How long a process that is killed, or that closed a pipe, is waited for. */
const ENDING_MS = 1000;
/** How long a world that is about to be ended may take to say where it is. */
const LAST_WORD_MS = 500;
/** How long worlds may still take once the user wants to leave. */
const HURRY_MS = 3000;
/** Of stderr, the end is kept. */
const STDERR_CHARS = 4000;
/** So many lanes are named where any of them may be meant. */
const NAMED_LANES = 4;

/** Groups of processes are ended as one, which there are on POSIX alone. */
const GROUPS = process.platform !== 'win32';

/** Processes that somebody waits for: if this process ends meanwhile, they do as well. */
const awaited = new Set<() => void>();
process.on('exit', () => awaited.forEach((kill) => kill()));

/** The user wants to leave: worlds that do not answer within seconds are given up, with an ExternalWorldError. */
export function hurryWorlds(): void {
  hurry(HURRY_MS);
}

/** @param name the world as the user called it, `gym:` included */
export function startWorldProcess(name: string): WorldProcess {
  const python = process.env.PYTHON || 'python3';
  const args = ['-B', SERVER, name.slice('gym:'.length), ...(GROUPS ? [String(process.pid)] : [])];
  const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: GROUPS, windowsHide: true });
  const replies = readMessages(child.stdout);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARS);
  });
  // A process that has ended, or that closed a pipe, is noticed where its reply is read.
  for (const stream of child.stdio) stream?.on('error', () => {});
  let pending = 0;
  /** Why nothing more can be asked. */
  let failure: UserError | undefined;

  const missing = new Promise<UserError>((resolve) => {
    child.once('error', ({ message }) => {
      const problem = `${name} needs Python 3, but '${python}' cannot be started (${message})`;
      resolve(new UserError(`${problem}: install it, or name it in the environment variable PYTHON`));
    });
  });
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      kill(); // what it started would outlive it, and keep its pipes open
      resolve();
    });
  });

  function kill(): void {
    try {
      if (GROUPS && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      else child.kill('SIGKILL');
    } catch {
      // nobody is left
    }
  }

  /** Only while somebody waits for a reply does the child keep this process alive. */
  function hold(change: -1 | 0 | 1): void {
    pending += change;
    const handles = [child, ...child.stdio.filter((stream) => stream instanceof Socket)];
    for (const handle of handles) {
      if (pending > 0) handle.ref();
      else handle.unref();
    }
    if (pending > 0) awaited.add(kill);
    else awaited.delete(kill);
  }

  /** The world, and the lanes that may be meant. */
  function subject({ asked = [], whereabouts }: Asking, lane?: number | null): string {
    const lanes = typeof lane === 'number' ? [lane] : asked;
    if (!whereabouts || lanes.length === 0) return name;
    if (lanes.length > NAMED_LANES) return `${name}, one of ${lanes.length} lanes, the first of which is ${whereabouts(lanes[0])}`;
    return `${name}, ${lanes.map(whereabouts).join(' or ')}`;
  }

  /** Why the stream of replies ended. */
  async function ending(message: Request, asking: Asking): Promise<UserError> {
    const gone = await Promise.race([missing, exited.then(() => 'ended' as const), after(ENDING_MS)]);
    if (gone instanceof UserError) return gone;
    if (gone === undefined) kill();
    await Promise.race([closed, after(ENDING_MS)]); // everything of stderr has been read then
    const how = child.signalCode === null ? `with code ${child.exitCode}` : `by ${child.signalCode}`;
    const did = gone === undefined ? 'closed the pipe on which it answers' : `ended ${how}`;
    const problem = `its Python process ${did} when it was asked to ${message.type}`;
    return new ExternalWorldError(`${subject(asking)}: ${problem}\n${printable(stderr)}`.trimEnd());
  }

  /** Why patience ended, and with it the process. */
  async function silence(
    message: Request,
    asking: Asking,
    { waited, next, working }: { waited: string; next: Promise<unknown>; working?: Working },
  ): Promise<UserError> {
    if (GROUPS) child.kill('SIGUSR1');
    const last = workingSchema.safeParse(await Promise.race([next, after(LAST_WORD_MS)]));
    kill();
    await Promise.race([closed, after(ENDING_MS)]);
    const { lane, doing, where } = (last.success ? last.data : working) ?? { lane: null, doing: null, where: null };
    const call = doing ?? (message.type === 'open' ? 'starting it' : `${message.type}()`);
    const problem = `${call} did not return for ${waited}${where === null ? '' : ` (it was in ${where})`}`;
    return new ExternalWorldError(
      `${subject(asking, lane)}: ${problem}, so its process was ended; if it is only slow, raise env.timeout`,
    );
  }

  /** The reply to `message`, past what the world tells before. */
  async function nextReply(message: Request, asking: Asking): Promise<unknown> {
    const countdown = startCountdown(asking.timeoutMs);
    let working: Working | undefined;
    try {
      for (;;) {
        const next = replies.next();
        const reply = await Promise.race([next, countdown.up]);
        if (reply === undefined) {
          const seconds = `${Number((countdown.waitedMs() / 1000).toPrecision(3))} s`;
          const waited = countdown.hurried() ? `${seconds}, when this was to end` : seconds;
          const value = next.then(({ value: last }) => last, () => undefined);
          throw await silence(message, asking, { waited, next: value, ...(working ? { working } : {}) });
        }
        if (reply.done) throw await ending(message, asking);
        if (!isOfType(reply.value, 'working')) return reply.value;
        working = workingSchema.safeParse(reply.value).data;
        countdown.again();
      }
    } catch (error) {
      if (error instanceof UserError) throw error;
      kill();
      const problem = error instanceof Error ? error.message : String(error);
      throw new ExternalWorldError(`${name}: cannot read what its Python process sent: ${problem}`, { cause: error });
    } finally {
      countdown.stop();
    }
  }

  hold(0);
  return {
    async request(message, asking) {
      if (failure) throw failure;
      hold(1);
      try {
        child.stdin.write(packMessage(message));
        const reply = await nextReply(message, asking);
        const failed = isOfType(reply, 'error') ? errorSchema.safeParse(reply) : undefined;
        if (!failed?.success) return reply;
        const { kind, message: said, traceback, lane } = failed.data;
        const where = lane === undefined || lane === null ? name : subject(asking, lane);
        if (kind === 'refused') throw new ExternalWorldError(`${where}: ${said}`);
        throw new ExternalWorldError(`${where} failed in Python: ${said}\n${printable(traceback)}`.trimEnd());
      } catch (error) {
        if (error instanceof UserError) failure = error;
        throw error;
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

const isOfType = (reply: unknown, type: string): boolean =>
  typeof reply === 'object' && reply !== null && 'type' in reply && reply.type === type;

/** Nothing, after so long. */
const after = (ms: number): Promise<undefined> => new Promise((resolve) => void setTimeout(resolve, ms, undefined));

/** Without what could move a terminal's cursor or change its colours, and without lines of our own server. */
function printable(text: string): string {
  const ours = `  File "${path.dirname(SERVER)}`;
  return text.replace(/(?![\n\t])\p{Cc}/gu, '').split('\n').filter((line) => !line.startsWith(ours)).join('\n');
}
