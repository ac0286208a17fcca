/** Runs that are still to be made, one after another, each by the real command in a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { setImmediate as breath } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PlannedRun } from '../../eval/sweep-grid.ts';
import { commandLine } from '../command-line.ts';
import { UserError } from '../user-error.ts';
import { exitCodeOf, listenForInterruption } from './interruption.ts';

export interface MissingRun extends PlannedRun {
  readonly command: readonly string[];
  hasEnded(): Promise<boolean>;
  /** Whether anything of it is there. */
  hasBegun(): boolean;
}

export interface Trained {
  /** Folders of the runs that went wrong. */
  readonly failed: readonly string[];
  /** Somebody asked to stop. */
  readonly interrupted: boolean;
}

/**
 * One run after another, each in a process of its own, with which its memory goes; one that fails does not stop them.
 * @param noun what they belong to, for example `sweep`
 * @throws UserError where a command was called wrongly
 */
export async function trainAll(
  runs: readonly MissingRun[],
  noun: string,
  afterRun: () => Promise<unknown>,
): Promise<Trained> {
  const bin = fileURLToPath(new URL('./dreamtree.mjs', import.meta.url));
  const failed: string[] = [];
  let child: ChildProcess | undefined;
  let interrupted = false;
  const interruption = listenForInterruption((signal) => {
    interrupted = true;
    process.exitCode = exitCodeOf(signal);
    // The child gets Ctrl-C as well, and saves; other signals came to us alone.
    if (signal !== 'SIGINT') child?.kill(signal);
  });
  try {
    for (const [i, { command, folder, hasEnded, hasBegun }] of runs.entries()) {
      await breath(); // a signal that came while a report was written is heard now: a child to come would not get it
      if (interrupted) break;
      console.error(`\n[${i + 1}/${runs.length}] ${commandLine(command)}`);
      child = spawn(process.execPath, [bin, ...command], { stdio: 'inherit' });
      const { code, signal } = await endOf(child);
      // A world may be at fault as well as a command, but not before the run has begun.
      if (code === 2 && !hasBegun()) throw new UserError(`the run above could not begin, and so the ${noun} ends here`);
      if (signal === 'SIGINT' || code === exitCodeOf('SIGINT')) interrupted = true; // the child may hear of it first
      if (await hasEnded()) {
        await afterRun();
      } else if (!interrupted) {
        failed.push(folder);
        const how = signal ? `was ended by ${signal}` : code === 0 ? 'left no result' : `exited with code ${code}`;
        console.error(`${folder} failed: it ${how}`);
      }
    }
  } finally {
    interruption.ignore();
  }
  return { failed, interrupted };
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
}
