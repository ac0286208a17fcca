/**
 * A dataset: steps of a world that were recorded, to be learned from by whoever replays. A folder with `dataset.json`, which says
 * what is in it, and the steps as a replay keeps them. What lies there is data, and seen to be whole before it is used.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { sizeOf } from '../nd-array.ts';
import type { Step } from '../types.ts';
import { UserError } from '../user-error.ts';
import { writeAtomically } from './atomic-file.ts';
import { readYamlFile, YamlError } from './read-yaml.ts';
import { openRegularFile } from './regular-file.ts';
import { createReplay, openReplay, type Replay } from './replay.ts';

export const DATASET_FILE = 'dataset.json';
const STEPS = 'steps';
/** The files of steps, by their names. */
const SEGMENT = /^segment-\d{6,}\.bin$/;

const whole = z.int().nonnegative();
const text = z.string().max(4096);

const partSchema = z.strictObject({
  /** Who played. */
  policy: text,
  episodes: whole,
  /** Actions. */
  steps: whole,
  /** Of whole episodes; absent where there is none. */
  returns: z.strictObject({ mean: z.number(), least: z.number(), greatest: z.number() }).optional(),
});

const manifestSchema = z.strictObject({
  version: z.literal(1),
  world: text,
  /** What of a configuration's `env` makes pictures and dynamics what they are. */
  env: z.record(z.string().max(100), z.union([z.number(), z.string().max(100), z.boolean()])),
  imageShape: z.array(z.int().min(1).max(4096)).length(3),
  actionSize: z.int().min(1).max(1e6),
  seed: z.int(),
  /** Actions in all. */
  steps: z.int().positive(),
  /** Records: one more an episode. */
  records: z.int().positive(),
  /** Records that its files have room for. */
  room: z.int().min(1).max(1e9),
  episodes: z.int().positive(),
  parts: z.array(partSchema).min(1).max(1000),
  /** By file, so that a damaged one is seen. */
  checksums: z.record(z.string().regex(SEGMENT), whole),
  /** Where the steps end in their files (`ReplayMark`). */
  mark: z.looseObject({ counts: z.array(whole).length(1) }),
  command: text,
}).refine(({ records, room, mark }) => mark.counts[0] === records && records <= room, 'expected as many records as its mark counts, and room for them');

export type DatasetManifest = z.infer<typeof manifestSchema>;
export type DatasetPart = z.infer<typeof partSchema>;
/** What whoever records says of it. */
export type DatasetAbout = Omit<DatasetManifest, 'version' | 'mark' | 'checksums' | 'records' | 'room'>;

type Shapes = Pick<DatasetManifest, 'imageShape' | 'actionSize'>;

const optionsOf = (folder: string, { imageShape, actionSize }: Shapes, records: number) => {
  const bytes = sizeOf(imageShape) + 4 * actionSize + 64;
  return { lanes: 1, imageShape, actionSize, contextShapes: {}, capacityBytes: records * bytes, directory: join(folder, STEPS) };
};

export interface DatasetWriter {
  append(step: Step): void;
  /** Make it whole: with this alone is it a dataset. */
  finish(about: DatasetAbout): Promise<DatasetManifest>;
  close(): Promise<void>;
}

/** @param records at most so many are written. @throws UserError where a dataset lies there already */
export function createDataset(folder: string, shapes: Shapes, records: number): DatasetWriter {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) throw new UserError(`${folder} is not empty: name another folder with --out, or delete it`);
  const replay = createReplay(optionsOf(folder, shapes, records));
  return {
    append: (step) => replay.append(0, step),
    async finish(about) {
      const mark = await replay.flush();
      const names = readdirSync(join(folder, STEPS)).filter((name) => SEGMENT.test(name)).sort();
      const manifest = manifestSchema.parse({
        version: 1, ...about, command: about.command.slice(0, 4096), records: replay.length, room: records, checksums: await checksumsOf(folder, names), mark,
      });
      await writeAtomically(join(folder, DATASET_FILE), [Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)]);
      return manifest;
    },
    close: () => replay.close(),
  };
}

async function checksumsOf(folder: string, names: readonly string[]): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const name of names) {
    const file = join(folder, STEPS, name);
    try {
      const handle = await openRegularFile(file, { links: 'refuse' });
      try {
        let sum = 0;
        for await (const piece of handle.createReadStream({ autoClose: false })) sum = crc32(piece as Buffer, sum);
        sums[name] = sum;
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw new UserError(`${file} cannot be read (${error instanceof Error ? error.message : String(error)}); record the dataset again`, { cause: error });
    }
  }
  return sums;
}

/** What a dataset says of itself. @throws UserError where there is none, or it is not one */
export function readManifest(folder: string): DatasetManifest {
  const file = join(folder, DATASET_FILE);
  let content: unknown;
  try {
    content = readYamlFile(file); // of which JSON is a kind
  } catch (error) {
    if (error instanceof YamlError) throw error;
    throw new UserError(`${folder} is no dataset: ${file} cannot be read; dreamtree record makes one`, { cause: error });
  }
  const manifest = manifestSchema.safeParse(content);
  if (manifest.success) return manifest.data;
  const [issue] = manifest.error.issues;
  throw new UserError(`${file} is not the manifest of a dataset: ${issue.path.join('.') || 'it'}: ${issue.message}`);
}

/** Its steps in their order. @throws UserError where a file is missing or was changed */
export async function openDataset(folder: string, manifest: DatasetManifest): Promise<{ steps(): Iterable<Step>; close(): Promise<void> }> {
  const found = await checksumsOf(folder, Object.keys(manifest.checksums));
  for (const [name, sum] of Object.entries(manifest.checksums)) {
    if (found[name] !== sum) throw new UserError(`${join(folder, STEPS, name)} is not as it was recorded; record the dataset again`);
  }
  const replay: Replay = await openReplay({ ...optionsOf(folder, manifest, manifest.room), readOnly: true }, manifest.mark);
  return { steps: () => replay.read(0), close: () => replay.close() };
}
