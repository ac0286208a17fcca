/**
 * Files of a run that were changed, opened: how many ended how. Seeded, and in processes of their own, so that what
 * hangs or takes all memory is counted too.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { writeCheckpoint } from '../../src/data/checkpoint.ts';
import { createReplay } from '../../src/data/replay.ts';
import { float32, normalArray } from '../../src/nd-array.ts';
import { createRng } from '../../src/random.ts';

export type Target = 'checkpoint' | 'segment' | 'contexts' | 'mark' | 'config';

/**
 * identical: opened, with the content that was written. clear: refused in one sentence. plausible: opened with another
 * content, where the checksums had been repaired; nobody can tell such a file from one that was written so. wrong: an
 * error that is none of ours, another content in spite of the checksums, or the end of the process. hung: no answer
 * within the limit.
 */
export type Outcome = 'identical' | 'clear' | 'plausible' | 'wrong' | 'hung';

/** How one changed file opened. */
export interface Opened {
  readonly index: number;
  readonly target: Target;
  readonly outcome: Outcome;
  /** What was said. */
  readonly detail?: string;
}

export interface MutationResult {
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly byTarget: Readonly<Record<string, Readonly<Record<Outcome, number>>>>;
  /** Of what is wrong or hung: what to give as `from` to see it again, and what was said. */
  readonly faults: readonly { readonly index: number; readonly outcome: Outcome; readonly detail: string }[];
}

export interface MutationOptions {
  /** A run's folder: `checkpoint.dream` and `replay/`; it is only read. Small ones make for many mutations. */
  readonly folder: string;
  readonly mutations: number;
  readonly seed: number;
  /** The first mutation, of which each depends on seed and number alone. */
  readonly from?: number;
  /** How long one file may take to open, in milliseconds. */
  readonly limitMs?: number;
  /** Memory of the process that opens them, in MB. */
  readonly memoryMb?: number;
  /** Told now and then how far it has come. */
  readonly say?: (text: string) => void;
}

/** A process opens so many files before another one takes over. */
const BATCH = 2000;
const NONE: Readonly<Record<Outcome, number>> = { identical: 0, clear: 0, plausible: 0, wrong: 0, hung: 0 };

/** Change the files of a run in many ways, and open each. Everything but wrong and hung is as it should be. */
export async function mutateFiles(options: MutationOptions): Promise<MutationResult> {
  const { mutations, from = 0, say } = options;
  const all: Opened[] = [];
  for (let next = from; next < from + mutations; ) {
    const end = Math.min(next + BATCH, from + mutations);
    const { opened, ended } = await openBatch(options, next, end);
    all.push(...opened);
    next += opened.length;
    // It answered for no more: the one that it was at is at fault.
    if (next < end) all.push({ index: next++, target: 'checkpoint', ...ended });
    say?.(`${all.length} of ${mutations} changed files opened`);
  }
  const counts = { ...NONE };
  const byTarget: Record<string, Record<Outcome, number>> = {};
  for (const { outcome, target } of all) {
    counts[outcome]++;
    (byTarget[target] ??= { ...NONE })[outcome]++;
  }
  const faults = all.filter(({ outcome }) => outcome === 'wrong' || outcome === 'hung')
    .map(({ index, outcome, detail = '' }) => ({ index, outcome, detail }));
  return { counts, byTarget, faults };
}

async function openBatch({ folder, seed, limitMs = 10_000, memoryMb = 512 }: MutationOptions, from: number, to: number) {
  const script = join(import.meta.dirname, 'open-mutated.ts');
  const args = [`--max-old-space-size=${memoryMb}`, '--import', 'tsx', script, folder, String(seed), String(from), String(to)];
  const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'pipe'] });
  const opened: Opened[] = [];
  let said = '';
  let hung = false;
  let ready = false;
  const late = () => {
    hung = true;
    child.kill('SIGKILL');
  };
  const START_MS = 120_000; // a busy machine takes its time to begin
  let timer = setTimeout(late, START_MS);
  child.stderr.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-2000)));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(timer);
    if (line === 'ready') ready = true;
    else opened.push(JSON.parse(line) as Opened);
    timer = setTimeout(late, limitMs);
  }
  await exited;
  clearTimeout(timer);
  if (!ready) throw new Error(`the files cannot be opened as they are: ${said}`);
  const ended = hung ? { outcome: 'hung', detail: `no answer in ${limitMs} ms` } as const : { outcome: 'wrong', detail: said } as const;
  return { opened, ended };
}

/** A small folder like a run's, made without training: two lanes of 150 steps, some arrays, worlds in flight. */
export async function makeRunFolder(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const rng = createRng(3);
  const imageShape = [4, 4, 3];
  const replay = createReplay({
    lanes: 2, imageShape, actionSize: 3, contextShapes: { deter: [4], stoch: [2, 2] }, targetShapes: { searchPolicy: [3], searchValue: [] },
    priority: { exponent: 0.5, correction: 1 }, capacityBytes: 2 * 120 * 200, directory: join(directory, 'replay'), segmentBytes: 3000,
  });
  for (let step = 0; step < 150; step++) {
    for (const lane of [0, 1]) {
      const image = Uint8Array.from({ length: 48 }, (_, i) => (step % 2 === 0 ? i % 3 : rng.int(256)));
      const action = Float32Array.of(0, 0, 1);
      replay.append(lane, { image, action, reward: rng.normal(), isFirst: step % 20 === 0, isLast: step % 20 === 19, isTerminal: step % 40 === 19 });
    }
  }
  const batch = replay.sample({ batchSize: 20, length: 5, rng });
  replay.writeContext(batch.positions, { deter: normalArray([20, 5, 4], rng), stoch: normalArray([20, 5, 2, 2], rng) });
  const mark = await replay.flush();
  await replay.close();
  const worlds = [0, 1].map((lane) => ({
    state: { ball: [0.5, -0, 3], seen: { colors: ['ä', '🎲'], none: null, open: undefined }, board: new Int8Array(9), depth: [[[[1]]]] },
    rng: rng.split(lane).state(), length: 7, return: 0.25, finished: 3, previousAction: Float32Array.of(0, 1, 0),
  }));
  const kernel = normalArray([5, 3], rng);
  await writeCheckpoint(join(directory, 'checkpoint.dream'), {
    kind: 'run', command: 'dreamtree train catch', config: { world: 'catch', model: { units: [8, 8], rate: 4e-5 }, env: { lanes: 2 } },
    counters: { step: 280, update: 40, block: 9, episode: 12, loggedAt: 260, elapsedMs: 1234.5 },
    arrays: {
      params: { 'actor/kernel': kernel, 'actor/bias': float32([0, -0, NaN], [3]) }, slow: {}, carry: { deter: normalArray([2, 4], rng) },
      statistics: { count: { data: Int32Array.of(7), shape: [], dtype: 'int32' }, mask: { data: Uint8Array.of(1, 0), shape: [2], dtype: 'bool' } },
    },
    extra: { driver: { rng: rng.state(), lanes: worlds }, replay: mark, means: { 'episode/return': { sum: 1.5, count: 2 } } },
  });
}
