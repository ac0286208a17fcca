/**
 * The driver of a world that a user wrote: it lives in a thread, which is ended where it does not answer in time. So a
 * run outlives an endless loop in a world, and whatever else ends a thread.
 */
import { isFile } from '../listing.ts';
import { startThread, type Thread } from '../thread.ts';
import type { Observation, Rng } from '../types.ts';
import { UserError } from '../user-error.ts';
import type { Finding } from './contract.ts';
import { CALLS } from './driver.ts';
import type { OpenDriver } from './external.ts';
import { describeThrown, WorldError } from './world-error.ts';
import type { RewardRange } from './reward-range.ts';
import type { ThreadedWorld, WorldCalls } from './world-thread.ts';

export interface ThreadedDriverOptions extends Pick<ThreadedWorld, 'file' | 'settings' | 'lanes'> {
  readonly rng: Rng;
  /** Seconds for one step of all lanes; 0 means no limit. */
  readonly timeout: number;
}

/** Whether a name is the path of a user's own world, rather than one of ours, Python's or a dream. */
export const isWorldFile = (name: string): boolean => !/^(gym|dream):/.test(name) && isFile(name);

/** A thread that holds a world, and how long it may take for an answer. */
interface Watched {
  ask: Thread<WorldCalls>['ask'];
  close(): Promise<void>;
}

/** @param where what the world was at, for the sentence that says that it took too long */
function watch(file: string, timeout: number, where: () => string): Watched {
  const thread = startThread<WorldCalls>(file, new URL('./world-thread.ts', import.meta.url));
  return {
    async ask(call, args) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        if (timeout <= 0) return;
        timer = setTimeout(() => {
          void thread.close();
          reject(new WorldError(`world ${file} has not returned for ${timeout} s (env.timeout) from ${where()}; expected it to take moments`));
        }, timeout * 1000);
      });
      try {
        return await Promise.race([thread.ask(call, args), late]);
      } catch (error) {
        if (error instanceof WorldError) throw error;
        if (error instanceof UserError) throw new WorldError(error.message, { cause: error.cause });
        throw new WorldError(`world ${file} has ended its thread in ${where()}: ${describeThrown(error)}`, { cause: error });
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => thread.close(),
  };
}

/** @throws WorldError where the world does not load, does what no world may, or takes too long */
export async function openThreadedDriver({ file, settings, lanes, rng, timeout }: ThreadedDriverOptions): Promise<OpenDriver> {
  const memory = new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT);
  const whereabouts = new Int32Array(memory);
  const thread = watch(file, timeout, () => {
    const [call, lane, episode, taken] = whereabouts;
    const name = CALLS[call];
    return name === CALLS[0] ? name : `${name}(), in episode ${episode + 1} of lane ${lane + 1}, after ${taken} actions`;
  });
  let observation: Observation | undefined;
  const { imageShape, actionSize } = await thread.ask('open', [{ file, settings, lanes, rng: rng.state(), whereabouts: memory }])
    .catch(async (error: unknown) => {
      await thread.close();
      throw error;
    });
  return {
    lanes, imageShape, actionSize, size: imageShape[0],
    async start() {
      const shown = await thread.ask('start', []);
      ({ observation } = shown);
      return shown.steps;
    },
    observation() {
      if (!observation) throw new Error('expected start() or restore() before this use of the driver');
      return observation;
    },
    async step(actions) {
      const { steps, finished, ...now } = await thread.ask('step', [actions]);
      ({ observation } = now);
      return { steps, finished };
    },
    states() {
      throw new Error(`the states of ${file} are in another thread`);
    },
    snapshot: () => thread.ask('snapshot', []),
    async restore(snapshot) {
      ({ observation } = await thread.ask('restore', [snapshot]));
      return snapshot.lanes.map(() => []);
    },
    close: () => thread.close(),
  };
}

/**
 * See that a user's file loads as a world whose reset() returns, before this thread imports it.
 * @throws WorldError where it does not, or takes longer than `timeout` seconds
 */
export async function tryWorldFile(file: string, timeout: number): Promise<void> {
  const thread = watch(file, timeout, () => `${CALLS[0]} or reset()`);
  try {
    await thread.ask('load', [file]);
  } finally {
    await thread.close();
  }
}

/** As `rewardRange`. @throws WorldError where the world does what it may not, or takes longer than `timeout` seconds */
export async function rewardRangeOfFile(file: string, timeout: number): Promise<RewardRange> {
  const thread = watch(file, timeout, () => 'random play');
  try {
    return await thread.ask('range', [file]);
  } finally {
    await thread.close();
  }
}

/** The checks of the contract on a file, each within `timeout` seconds; whatever the world does, they are findings. */
export async function checkWorldFile(
  file: string,
  { size, seed, timeout }: { readonly size: number; readonly seed: number; readonly timeout: number },
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  let current = CALLS[0] as string;
  let thread = watch(file, timeout, () => current);
  try {
    const { found, names } = await thread.ask('checks', [file]);
    findings.push(...found);
    for (const check of names) {
      current = `a check ('${check}')`;
      try {
        const finding = await thread.ask('check', [check, size, seed]);
        if (finding) findings.push(finding);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        findings.push({ check, ok: false, message: error.message });
        // That thread is gone, and the others may find something else.
        thread = watch(file, timeout, () => current);
        await thread.ask('checks', [file]);
      }
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    findings.push({ check: 'loading', ok: false, message: error.message });
  } finally {
    await thread.close();
  }
  return findings;
}
