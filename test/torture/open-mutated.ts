/**
 * A program: change a run's files in the ways of `from … to`, open each, and print a line of JSON for it. Killed and
 * begun again behind the one that it hung at.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import { stringify } from 'yaml';
import type { ConfigLayer } from '../../src/config/index.ts';
import { readCheckpoint, type Checkpoint } from '../../src/data/checkpoint.ts';
import { findNotPlain } from '../../src/data/plain.ts';
import { bytesPerStepOf, formSchema } from '../../src/data/replay-form.ts';
import { openReplay, type ReplayMark } from '../../src/data/replay.ts';
import { readYaml } from '../../src/data/read-yaml.ts';
import { printable, printableLine } from '../../src/printable.ts';
import { createRng } from '../../src/random.ts';
import { configure } from '../../src/train/configure.ts';
import type { Rng } from '../../src/types.ts';
import { UserError } from '../../src/user-error.ts';
import type { Opened, Target } from './mutate-files.ts';
import { damage, mutateCheckpoint, mutateSegment, withOdd } from './mutations.ts';

const [folder, seed, from, to] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'dreamtree-mutated-'));
const checkpointPath = join(scratch, 'checkpoint.dream');
const replayPath = join(scratch, 'replay');

const checkpointBytes = readFileSync(join(folder, 'checkpoint.dream'));
const checkpoint = await readCheckpoint(join(folder, 'checkpoint.dream'));
const mark = checkpoint.extra.replay as ReplayMark;
const names = readdirSync(join(folder, 'replay'));
const files = new Map(names.map((name) => [name, readFileSync(join(folder, 'replay', name))]));
const segments = names.filter((name) => name.startsWith('segment-'));
const contexts = names.filter((name) => name.startsWith('contexts-'));
const whole = await content(mark);

const configOf = async (text: string) => (await configure({ base: readYaml(text, 'config.yaml') as ConfigLayer })).config;
const { config } = await configure({ world: 'catch', agent: 'gumbel-muzero', preset: 'tiny' });
const configText = stringify(config);

process.stdout.write('ready\n');
for (let index = Number(from); index < Number(to); index++) {
  const rng = createRng(Number(seed)).split(index);
  const target = (['checkpoint', 'checkpoint', 'checkpoint', 'segment', 'segment', 'contexts', 'mark', 'config'] as const)[rng.int(8)];
  process.stdout.write(`${JSON.stringify({ index, target, ...(await open(target, rng)) } satisfies Opened)}\n`);
}
rmSync(scratch, { recursive: true, force: true });

async function open(target: Target, rng: Rng): Promise<Pick<Opened, 'outcome' | 'detail'>> {
  if (target === 'checkpoint') {
    const { bytes, repaired } = mutateCheckpoint(checkpointBytes, rng);
    writeFileSync(checkpointPath, bytes);
    return judge(() => readCheckpoint(checkpointPath), checkpoint, repaired, plainness);
  }
  if (target === 'config') {
    const bytes = damage(Buffer.from(configText), rng);
    return judge(() => configOf(bytes.toString()), config, true);
  }
  if (target === 'mark') {
    const changed = withOdd(mark, rng);
    return judge(() => content(changed), whole, true);
  }
  const name = target === 'segment' ? segments[rng.int(segments.length)] : contexts[rng.int(contexts.length)];
  const original = files.get(name) ?? Buffer.alloc(0);
  const { bytes, repaired } = target === 'segment' ? mutateSegment(original, rng) : { bytes: damage(original, rng), repaired: rng.int(2) === 0 };
  const isLast = target === 'segment' && name === segments[mark.segment - 1];
  // The mark says how long the last segment is, and what the contexts' checksum is.
  const changed = !repaired ? mark : target === 'contexts' && mark.contexts
    ? { ...mark, contexts: { ...mark.contexts, bytes: bytes.length, crc32: crc32(bytes) } }
    : isLast ? { ...mark, offset: bytes.length } : mark;
  return judge(() => content(changed, { name, bytes }), whole, repaired);
}

/** What an opened file is, or how it was refused. */
async function judge<T>(read: () => Promise<T>, expected: T, repaired: boolean, fault?: (got: T) => string | undefined) {
  try {
    const got = await read();
    if (isDeepStrictEqual(got, expected)) return { outcome: 'identical' } as const;
    const why = repaired ? fault?.(got) : 'its content was changed and it was opened';
    return why ? { outcome: 'wrong', detail: why } as const : { outcome: 'plausible' } as const;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // One sentence; what moves a cursor in it is made harmless where it is printed.
    const isClear = error instanceof UserError && printableLine(message) === printable(message) && message.length < 1000;
    return isClear ? { outcome: 'clear', detail: message } as const
      : { outcome: 'wrong', detail: (error instanceof Error ? error.stack ?? message : message).slice(0, 2000) } as const;
  }
}

function plainness({ config, counters, extra, arrays }: Checkpoint): string | undefined {
  const short = Object.values(arrays).flatMap((group) => Object.values(group)).find(({ data, shape }) => data.length !== shape.reduce((a, b) => a * b, 1));
  return short ? 'an array has another size than its shape says' : findNotPlain({ config, counters, extra }, 'checkpoint');
}

/** Everything that a replay of these files holds, put together from as many draws as it takes. */
async function content(from: ReplayMark, changed?: { readonly name: string; readonly bytes: Buffer }): Promise<unknown> {
  rmSync(replayPath, { recursive: true, force: true });
  mkdirSync(replayPath);
  for (const [name, bytes] of files) writeFileSync(join(replayPath, name), name === changed?.name ? changed.bytes : bytes);
  const form = formSchema.parse(mark.form);
  const replay = await openReplay({
    ...form, capacityBytes: form.stepsPerLane * form.lanes * bytesPerStepOf(form), directory: replayPath,
    priority: { exponent: form.priorities ? 0.5 : 0, correction: 1 },
  }, from);
  try {
    if (!replay.canSample(1)) return { steps: replay.steps };
    const { positions: _, ...batch } = replay.sample({ batchSize: 4 * replay.length + 100, length: 1, rng: createRng(0) });
    return { steps: replay.steps, newest: replay.newest(), batch };
  } finally {
    await replay.close();
  }
}
