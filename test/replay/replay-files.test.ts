import { spawnSync } from 'node:child_process';
import {
  appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReplay, openReplay } from '../../src/data/replay.ts';
import type { Replay, ReplayBatch } from '../../src/data/replay.ts';
import { createRng, restoreRng } from '../../src/random.ts';
import type { Rng } from '../../src/types.ts';
import { numberedStep } from '../data/numbered-steps.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dreamtree-replay-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const LANES = 2;
/** 300 steps a lane, of 2 + 4 + 4 + 2 + 2 · 3 bytes; segments so small that they hold a few records. */
const memory = {
  lanes: LANES,
  imageShape: [1, 2, 1],
  actionSize: 1,
  contextShapes: { deter: [2], stoch: [1] },
  capacityBytes: LANES * 300 * 18,
  segmentBytes: 2000,
};
const onDisk = () => ({ ...memory, directory });

function appendSteps(replay: Replay, count: number): void {
  const from = replay.steps / LANES;
  for (let index = from; index < from + count; index++) {
    for (let lane = 0; lane < LANES; lane++) replay.append(lane, numberedStep(lane, index));
  }
}

/** Sample as a learner does, and store latents that differ from step to step. */
function learn(replay: Replay, rng: Rng): ReplayBatch {
  const batch = replay.sample({ batchSize: 3, length: 7, rng });
  const latents = (width: number) => {
    const data = new Float32Array(3 * 7 * width);
    rng.split('latents').fillNormal(data);
    return { data: data.map((value) => value + batch.reward.data[0]), shape: [3, 7, width], dtype: 'float32' } as const;
  };
  replay.writeContext(batch.positions, { deter: latents(2), stoch: latents(1) });
  return batch;
}

const files = (pattern: RegExp) => readdirSync(directory).filter((name) => pattern.test(name));
const segment = (name: string) => join(directory, name);

describe('a replay that is opened again', () => {
  it('goes on as if it had never stopped', async () => {
    const [rng, rngTwin] = [createRng(1), createRng(1)];
    const twin = createReplay(memory);
    let replay = createReplay(onDisk());
    let known = 0;
    // Flushed at whole records, in the middle of them, twice in a row, with and without anything evicted.
    for (const steps of [64, 10, 0, 70, 200, 1, 350, 129, 64]) {
      appendSteps(twin, steps);
      appendSteps(replay, steps);
      for (let i = 0; i < 20; i++) {
        const batch = learn(replay, rng);
        expect(batch).toEqual(learn(twin, rngTwin));
        known += batch.context.deter.data.filter((value) => value !== 0).length;
      }
      const mark = await replay.flush();
      for (let i = 0; i < 5; i++) expect(learn(replay, rng)).toEqual(learn(twin, rngTwin)); // flushing changes nothing
      const last = await replay.flush();
      await replay.commit(last);
      await replay.close();
      expect(last.counts).toEqual(mark.counts);
      replay = await openReplay(onDisk(), structuredClone(last));
      expect([replay.length, replay.steps]).toEqual([twin.length, twin.steps]);
    }
    await replay.close();
    expect(known).toBeGreaterThan(100); // contexts did come back
  });

  it('is as it was at the mark, whatever was appended, sampled, stored or torn after it', async () => {
    const replay = createReplay(onDisk());
    const rng = createRng(2);
    appendSteps(replay, 330);
    learn(replay, rng);
    const mark = await replay.flush();
    await replay.commit(mark);
    const state = rng.state();
    const expected = [...Array(4)].map(() => learn(replay, rng));
    appendSteps(replay, 500); // evicts everything that the mark knows
    learn(replay, rng);
    await replay.flush();
    appendSteps(replay, 500);
    await replay.close();
    const newest = files(/^segment/).sort().at(-1) ?? '';
    truncateSync(segment(newest), statSync(segment(newest)).size - 5);
    appendFileSync(segment('segment-000099.bin'), 'torn');
    writeFileSync(join(directory, 'contexts-000009.bin.123456'), 'left by a killed writer');

    const again = await openReplay(onDisk(), mark);
    const rngAgain = restoreRng(state);
    expect([...Array(4)].map(() => learn(again, rngAgain))).toEqual(expected);
    expect(files(/99|\.123456/)).toEqual([]);
    expect(files(/^contexts/)).toHaveLength(1);
    // What is written next is found again, although a tail was cut.
    appendSteps(again, 100);
    const next = await again.flush();
    await again.close();
    const last = await openReplay(onDisk(), next);
    expect(last.steps).toBe(860);
    await last.close();
  });

  it('may be empty', async () => {
    const replay = createReplay(onDisk());
    const mark = await replay.flush();
    await replay.close();
    expect(mark).toMatchObject({ segment: 0, offset: 0, counts: [0, 0] });
    const again = await openReplay(onDisk(), mark);
    expect(again.steps).toBe(0);
    appendSteps(again, 3);
    await again.flush();
    await again.close();
    expect(files(/^segment/)).toEqual(['segment-000001.bin']);
  });

  it('may be shorter than a record', async () => {
    const short = { ...onDisk(), capacityBytes: LANES * 10 * 18 };
    const replay = createReplay(short);
    appendSteps(replay, 34);
    const mark = await replay.flush();
    await replay.close();
    const again = await openReplay(short, mark);
    expect(again.length).toBe(20);
    expect(again.sample({ batchSize: 2, length: 10, rng: createRng(0) })).toEqual(
      replay.sample({ batchSize: 2, length: 10, rng: createRng(0) }),
    );
    await again.close();
  });
});

describe('the folder', () => {
  it('stays bounded, and keeps what the last two marks need', async () => {
    const replay = createReplay(onDisk());
    appendSteps(replay, 300);
    await replay.commit(await replay.flush());
    expect(files(/^segment/)).toHaveLength(5); // two records in each
    const counts: number[] = [];
    for (let i = 0; i < 10; i++) {
      appendSteps(replay, 300);
      await replay.flush();
      counts.push(files(/^segment/).length);
    }
    // Three times the capacity: what the committed mark, the newest one and the present need.
    expect(Math.max(...counts)).toBeLessThanOrEqual(15);
    expect(files(/^contexts/)).toEqual(['contexts-000001.bin', 'contexts-000011.bin']);
    const last = await replay.flush();
    await replay.commit(last);
    expect(files(/^segment/).length).toBeLessThanOrEqual(6);
    expect(files(/^contexts/)).toEqual(['contexts-000012.bin']);
    await replay.close();
    await (await openReplay(onDisk(), last)).close();
  });

  it('is cleared of an earlier replay by a new one', async () => {
    const replay = createReplay(onDisk());
    appendSteps(replay, 300);
    await replay.flush();
    await replay.close();
    writeFileSync(join(directory, 'notes.txt'), 'not ours');
    const fresh = createReplay(onDisk());
    await fresh.flush();
    await fresh.close();
    expect(readdirSync(directory)).toEqual(['notes.txt']);
  });

  it('is needed to flush', async () => {
    await expect(createReplay(memory).flush()).rejects.toThrow('lives in memory only');
  });
});

describe('damage before the mark', () => {
  async function written() {
    const replay = createReplay(onDisk());
    appendSteps(replay, 290);
    learn(replay, createRng(0));
    const mark = await replay.flush();
    await replay.close();
    return mark;
  }

  function flip(name: string, offset: number): void {
    const data = readFileSync(segment(name));
    data[offset] ^= 1;
    writeFileSync(segment(name), data);
  }

  it.each([
    ['in the payload', 100, 'wrong checksum'],
    ['in the checksum', 9, 'wrong checksum'],
    ['in the magic', 0, 'no record begins here'],
    ['in the length', 6, 'a record is cut short'],
  ])('%s names the file and the offset', async (_where, offset, why) => {
    const mark = await written();
    flip('segment-000001.bin', offset);
    const before = readdirSync(directory);
    await expect(openReplay(onDisk(), mark)).rejects.toThrow(
      `${segment('segment-000001.bin')} is damaged at byte 0 (${why})`,
    );
    expect(readdirSync(directory)).toEqual(before); // nothing was cut
  });

  it('in the second record gives its offset', async () => {
    const mark = await written();
    const length = 12 + readFileSync(segment('segment-000001.bin')).readUInt32LE(4);
    flip('segment-000001.bin', length + 50);
    await expect(openReplay(onDisk(), mark)).rejects.toThrow(`is damaged at byte ${length} (wrong checksum)`);
  });

  it('is seen in the stored latents', async () => {
    const mark = await written();
    const name = 'contexts-000001.bin';
    flip(name, 100);
    await expect(openReplay(onDisk(), mark)).rejects.toThrow(`${segment(name)} is damaged (wrong checksum)`);
    truncateSync(segment(name), 50);
    await expect(openReplay(onDisk(), mark)).rejects.toThrow(`${segment(name)} is damaged: expected`);
    rmSync(segment(name));
    await expect(openReplay(onDisk(), mark)).rejects.toThrow(`${segment(name)} cannot be read`);
  });

  it('is seen where files are missing or short', async () => {
    const mark = await written();
    const last = `segment-${String(mark.segment).padStart(6, '0')}.bin`;
    truncateSync(segment(last), mark.offset - 1);
    await expect(openReplay(onDisk(), mark)).rejects.toThrow(`${segment(last)} is cut short`);
    rmSync(segment(last));
    await expect(openReplay(onDisk(), mark)).rejects.toThrow(`${segment(last)} is missing`);
    rmSync(segment('segment-000001.bin'));
    const shorter = { ...mark, segment: 2, offset: statSync(segment('segment-000002.bin')).size };
    await expect(openReplay(onDisk(), shorter)).rejects.toThrow('lacks step 0 of lane 0');
    const gone = join(directory, 'gone');
    await expect(openReplay({ ...memory, directory: gone }, mark)).rejects.toThrow(`${gone} cannot be read (ENOENT`);
  });

  it.skipIf(process.platform === 'win32')('is told where something else stands in a file’s place, and nothing is followed', async () => {
    const mark = await written();
    const last = `segment-${String(mark.segment).padStart(6, '0')}.bin`;
    for (const name of ['segment-000001.bin', last, 'contexts-000001.bin']) {
      const outside = join(directory, 'outside');
      renameSync(segment(name), outside);
      const before = readFileSync(outside);
      symlinkSync(outside, segment(name));
      await expect(openReplay(onDisk(), mark)).rejects.toThrow(`${segment(name)} cannot be read (it is a symbolic link)`);
      rmSync(segment(name));
      mkdirSync(segment(name));
      await expect(openReplay(onDisk(), mark)).rejects.toThrow(`${segment(name)} cannot be read (it is a folder)`);
      rmSync(segment(name), { recursive: true });
      spawnSync('mkfifo', [segment(name)]);
      await expect(openReplay(onDisk(), mark)).rejects.toThrow(`${segment(name)} cannot be read (it is not a regular file)`);
      rmSync(segment(name));
      expect(readFileSync(outside)).toEqual(before);
      renameSync(outside, segment(name));
    }
    await (await openReplay(onDisk(), mark)).close();
  });

  it('is not blamed where the options or the mark are the matter', async () => {
    const mark = await written();
    const options = onDisk();
    await expect(openReplay({ ...options, actionSize: 2 }, mark)).rejects.toThrow(
      'has actionSize 1, the configuration asks for 2',
    );
    await expect(openReplay({ ...options, imageShape: [2, 1, 1] }, mark)).rejects.toThrow(
      'has imageShape [1,2,1], the configuration asks for [2,1,1]',
    );
    await expect(openReplay(options, { counts: [] })).rejects.toThrow('mark is not one that this version wrote');
    await expect(openReplay(options, { ...mark, counts: [290] })).rejects.toThrow('does not speak of 2 lanes');
  });
});

describe.skipIf(process.platform === 'win32')('a disk that fills up', () => {
  it('is an error that says so, and the last mark can be opened', async () => {
    const replay = createReplay(onDisk());
    appendSteps(replay, 100);
    const mark = await replay.flush();
    await replay.close();
    // A limit on the size of files behaves as a full disk does: part of a write goes through, the next one fails.
    const script = join(import.meta.dirname, '../data/fill-replay.ts');
    const command = `ulimit -f 8; exec "$0" --import tsx "$1" "$2" '${JSON.stringify(mark)}'`;
    const child = spawnSync('bash', ['-c', command, process.execPath, script, directory], { encoding: 'utf8' });
    expect(child.stdout).toMatch(/^append: the replay in .* could not be written \(EFBIG.*make room on the disk/m);
    expect(child.stdout).toMatch(/^flush: the replay in .* could not be written \(EFBIG/m);
    const again = await openReplay(onDisk(), mark);
    expect(again.steps).toBe(200);
    await again.close();
  });
});
