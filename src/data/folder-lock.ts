/**
 * One folder, one writer: a file that says who writes in a folder. It lies there while that process lives; a dead
 * holder's is taken over. The file is made whole before it has its name, so nobody reads a half of it.
 */
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { z } from 'zod';
import { now } from '../clock.ts';
import { UserError } from '../user-error.ts';

export const LOCK_FILE = 'run.lock';

const holderSchema = z.object({
  pid: z.int().positive(),
  thread: z.int().nonnegative(),
  host: z.string().max(300),
  /** When the process began, in ticks since the machine did; tells a process from a later one of that number. */
  born: z.string().max(40),
  since: z.string().max(40),
  command: z.string().max(10_000),
});

type Holder = z.infer<typeof holderSchema>;

/** How often a holder shows that it lives, and after how long it does not, seen from another machine. */
const BEAT_MS = 10_000;
const SILENT_MS = 60_000;
const ATTEMPTS = 5;

/** Locks of this process: its own number says nothing about who holds them. */
const held = new Set<string>();

export interface FolderLock {
  /** Let go. With `mark` the file stays and says whose the folder is, until somebody takes it over. */
  release(options?: { readonly mark?: boolean }): void;
}

/**
 * Become the one who writes in `directory`, which exists.
 * @param command what it is written by, for whoever else wants to
 * @throws UserError with who writes there and since when; what the file system throws
 */
export function lockFolder(directory: string, command: string): FolderLock {
  const path = join(directory, LOCK_FILE);
  const holder: Holder = {
    pid: process.pid, thread: threadId, host: hostname(), born: bornOf(process.pid) ?? '', since: now().toISOString(), command,
  };
  const text = `${JSON.stringify(holder)}\n`;
  const own = `${path}.${process.pid}-${threadId}`;
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(own, text);
      linkSync(own, path);
      break;
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    } finally {
      rmSync(own, { force: true });
    }
    const found = read(path);
    if (found !== undefined && isAlive(path, found)) throw new UserError(refusal(directory, parse(found)));
    if (attempt === ATTEMPTS) throw new UserError(`${path} is taken by one process after another; try again`);
    if (found !== undefined) takeAway(path, own, found);
  }
  held.add(path);
  const beat = setInterval(() => {
    try {
      utimesSync(path, now(), now());
    } catch {} // the folder may be gone, which whoever writes in it will say
  }, BEAT_MS).unref();
  // A process that ends without letting go leaves the file as a mark: it is taken over, since its holder is dead then.

  function release({ mark = false } = {}): void {
    if (!held.delete(path)) return;
    clearInterval(beat);
    try {
      if (!mark && read(path) === text) rmSync(path, { force: true });
    } catch {} // what cannot be deleted is taken over as well
  }
  return { release };
}

/** Whether somebody has ever begun to write there and not said that it was done. */
export const hasLock = (directory: string): boolean => read(join(directory, LOCK_FILE)) !== undefined;

/** Move a dead holder's file out of the way, unless another one has just been put in its place. */
function takeAway(path: string, aside: string, found: string): void {
  try {
    renameSync(path, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return; // somebody else was quicker
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== found) {
    try {
      linkSync(aside, path);
    } catch {} // a third one has it
  }
  rmSync(aside, { force: true });
}

function isAlive(path: string, text: string): boolean {
  const holder = parse(text);
  if (holder === undefined) return false;
  if (holder.host !== hostname()) {
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: -Infinity };
    return now().getTime() - mtimeMs < SILENT_MS;
  }
  if (!exists(holder.pid)) return false;
  const born = bornOf(holder.pid);
  if (born === 'dead' || (born !== undefined && holder.born !== '' && born !== holder.born)) return false;
  return holder.pid !== process.pid || holder.thread !== threadId || held.has(path);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM'); // it is somebody else's
  }
}

/** When a process began; `dead` where it has ended and nobody has taken note; undefined where the system does not say. */
function bornOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // Behind the name, which may hold anything: state (field 3) and start time (field 22).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'dead' : fields[19];
  } catch {
    return undefined;
  }
}

function refusal(directory: string, holder: Holder | undefined): string {
  const who = holder ? `process ${holder.pid} on ${holder.host}, since ${holder.since} (${holder.command})` : 'another process';
  return `${directory} is being written by ${who}; wait for it, stop it, or give another --logdir`;
}

function parse(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').slice(0, 20_000);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

const isCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code;
