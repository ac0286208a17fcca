/** What may stand in a replay's folder where its files are expected, and file systems that fail under it. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import {
  chmodSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readCheckpoint, writeCheckpoint } from '../../src/data/checkpoint.ts';
import { createReplay, openReplay, ReplayError } from '../../src/data/replay.ts';
import type { Replay, ReplayMark } from '../../src/data/replay.ts';
import { numberedStep } from '../data/numbered-steps.ts';

/** Stands in for the file system where a test sets it: a call of that name fails with that code. */
const failing = vi.hoisted((): { calls: Record<string, string> } => ({ calls: {} }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const fail = (name: string) => {
    const code = failing.calls[name];
    if (code) throw Object.assign(new Error(`${code}: it failed, ${name}`), { code });
  };
  return {
    ...real,
    async writeFile(...args: Parameters<typeof fs.writeFile>) {
      await real.writeFile(args[0], 'a part of it');
      fail('writeFile');
      return real.writeFile(...args);
    },
    async open(...args: Parameters<typeof fs.open>) {
      fail('open');
      const handle = await real.open(...args);
      const { write } = handle;
      handle.write = (async (...rest: Parameters<typeof write>) => {
        fail('write');
        return write.apply(handle, rest);
      }) as typeof write;
      return handle;
    },
    async unlink(...args: Parameters<typeof fs.unlink>) {
      fail('unlink');
      return real.unlink(...args);
    },
  };
});

let base = '';
let directory = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'dreamtree-folder-'));
  directory = join(base, 'replay');
});
afterEach(() => {
  failing.calls = {};
  rmSync(base, { recursive: true });
});

const options = () => ({
  lanes: 1, imageShape: [1, 2, 1], actionSize: 1, contextShapes: { deter: [2] }, capacityBytes: 300 * 16, segmentBytes: 2000, directory,
});

function append(replay: Replay, count: number): void {
  for (let i = 0; i < count; i++) replay.append(0, numberedStep(0, replay.steps));
}

async function written(): Promise<ReplayMark> {
  const replay = createReplay(options());
  append(replay, 250);
  const mark = await replay.flush();
  await replay.close();
  expect(mark.segment).toBeGreaterThan(1);
  return mark;
}

const at = (name: string) => join(directory, name);
const last = (mark: ReplayMark) => `segment-${String(mark.segment).padStart(6, '0')}.bin`;

async function complaint(action: () => Promise<unknown>): Promise<string> {
  const error: unknown = await action().then(() => new Error('nothing was wrong'), (reason: unknown) => reason);
  expect(error).toBeInstanceOf(ReplayError);
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
}

/** Put something else in a file's place, which moves to `aside`. */
const KINDS: Record<string, { readonly put: (path: string, aside: string) => void; readonly why: string; readonly posix?: boolean }> = {
  'a folder': { put: (path) => mkdirSync(path), why: 'it is a folder' },
  'a full folder': { put: (path) => { mkdirSync(path); writeFileSync(join(path, 'mine'), 'x'); }, why: 'it is a folder' },
  'a link to it': { put: (path, aside) => symlinkSync(aside, path), why: 'it is a symbolic link', posix: true },
  'a link to nothing': { put: (path) => symlinkSync('nothing', path), why: 'it is a symbolic link', posix: true },
  'a link to itself': { put: (path) => symlinkSync(path, path), why: 'it is a symbolic link', posix: true },
  'a pipe': { put: (path) => { spawnSync('mkfifo', [path]); }, why: 'it is not a regular file', posix: true },
  'a device': { put: (path) => symlinkSync('/dev/zero', path), why: 'it is a symbolic link', posix: true },
  'nothing but holes': { put: (path) => { writeFileSync(path, ''); truncateSync(path, 2 ** 40); }, why: 'is damaged' },
};

describe.each(Object.keys(KINDS).filter((kind) => process.platform !== 'win32' || !KINDS[kind].posix))('%s', (kind) => {
  const { put, why } = KINDS[kind];

  it('is told in one sentence where a file was expected, and what it leads to is as it was', async () => {
    const mark = await written();
    for (const name of ['segment-000001.bin', last(mark), 'contexts-000001.bin']) {
      const aside = join(base, 'aside');
      renameSync(at(name), aside);
      const before = readFileSync(aside);
      put(at(name), aside);
      const message = await complaint(() => openReplay(options(), mark));
      expect(message).toContain(at(name));
      expect(message).toContain(why);
      expect(readFileSync(aside)).toEqual(before);
      rmSync(at(name), { recursive: true });
      renameSync(aside, at(name));
    }
    await (await openReplay(options(), mark)).close();
  });

  it('is not written through, and a new replay deletes nothing but its own', async () => {
    const mark = await written();
    const aside = join(base, 'aside');
    writeFileSync(aside, 'somebody else has this');
    put(at('segment-000077.bin'), aside);
    put(at('contexts-000077.bin'), aside);
    put(at('contexts-000002.bin.123'), aside);
    const again = await openReplay(options(), mark);
    await again.close();
    const fresh = createReplay(options());
    await fresh.flush();
    await fresh.close();
    expect(readFileSync(aside, 'utf8')).toBe('somebody else has this');
    const left = kind.includes('folder') ? ['contexts-000002.bin.123', 'contexts-000077.bin', 'segment-000077.bin'] : [];
    expect(readdirSync(directory).sort()).toEqual(left);
    if (kind === 'a full folder') expect(readFileSync(at('segment-000077.bin/mine'), 'utf8')).toBe('x');
  });

  it.skipIf(kind === 'nothing but holes')('is told where a file is to be written', async () => {
    const aside = join(base, 'aside');
    writeFileSync(aside, 'somebody else has this');
    for (const name of ['segment-000001.bin', 'contexts-000001.bin']) {
      const replay = createReplay(options());
      await replay.flush(); // the folder is prepared, and nothing is in it
      put(at(name), aside);
      const message = await complaint(async () => {
        append(replay, 250);
        await replay.flush();
      });
      expect(message).toContain(why);
      expect(message).toContain('the last checkpoint is intact: move it away');
      await replay.close().catch(() => {});
      expect(readFileSync(aside, 'utf8')).toBe('somebody else has this');
      rmSync(directory, { recursive: true });
    }
  });
});

describe('the folder itself', () => {
  it.skipIf(process.platform === 'win32')('is no link, whatever it leads to', async () => {
    const mark = await written();
    const aside = join(base, 'aside');
    renameSync(directory, aside);
    symlinkSync(aside, directory);
    const before = readdirSync(aside);
    expect(await complaint(() => openReplay(options(), mark))).toContain('it is a symbolic link');
    expect(await complaint(() => createReplay(options()).flush())).toContain('it is a symbolic link');
    expect(readdirSync(aside)).toEqual(before);
    expect(lstatSync(directory).isSymbolicLink()).toBe(true);
  });

  it('is no file', async () => {
    const mark = await written();
    rmSync(directory, { recursive: true });
    writeFileSync(directory, 'mine');
    expect(await complaint(() => openReplay(options(), mark))).toContain('it is not a folder');
    expect(await complaint(() => createReplay(options()).flush())).toContain('it is not a folder');
    expect(readFileSync(directory, 'utf8')).toBe('mine');
  });

  it('keeps files whose names only look like ours', async () => {
    const mark = await written();
    const foreign = [
      'segment-0000001.bin', 'segment-1.bin', 'segment-000001.bin.bak', 'segment-000002.bin~', 'my-segment-000001.bin', 'segment-9007199254740993.bin',
      'contexts-0000009.bin', 'contexts-000NaN.bin', 'contexts.bin', 'contexts-000001.bin.old', 'notes.txt.12',
    ];
    for (const name of foreign) writeFileSync(at(name), name);
    await (await openReplay(options(), mark)).close();
    const fresh = createReplay(options());
    await fresh.flush();
    await fresh.close();
    expect(readdirSync(directory).sort()).toEqual([...foreign].sort());
  });

  it('may have files with two names, which are read', async () => {
    const mark = await written();
    linkSync(at('segment-000001.bin'), join(base, 'backup'));
    await (await openReplay(options(), mark)).close();
  });

  it.skipIf(process.getuid?.() === 0)('may not be readable', async () => {
    const mark = await written();
    for (const [path, mode] of [[at('segment-000001.bin'), 0o600], [at('contexts-000001.bin'), 0o600], [directory, 0o700]] as const) {
      chmodSync(path, 0);
      expect(await complaint(() => openReplay(options(), mark))).toContain('EACCES');
      chmodSync(path, mode);
    }
  });
});

describe('a file system that fails', () => {
  it.each([
    ['a full disk', { write: 'ENOSPC' }, 'make room on the disk'],
    ['a full disk at the latents', { writeFile: 'ENOSPC' }, 'make room on the disk'],
    ['a folder that turned read-only', { open: 'EROFS' }, 'make the folder writable'],
    ['a folder that was taken away', { open: 'EACCES' }, 'make the folder writable'],
    ['a disk that is broken', { write: 'EIO' }, 'could not be written (EIO'],
  ])('is told in one sentence, and the last mark can be opened: %s', async (_name, calls, why) => {
    const mark = await written();
    const replay = await openReplay(options(), mark);
    failing.calls = { ...calls };
    const message = await complaint(async () => {
      append(replay, 600);
      await replay.flush();
    });
    expect(message).toContain(why);
    expect(message).toContain('the last checkpoint is intact');
    expect(await complaint(async () => replay.append(0, numberedStep(0, 0)))).toBe(message);
    expect(await complaint(() => replay.close())).toBe(message);
    failing.calls = {};
    expect(readdirSync(directory).filter((name) => /\.\d+$/.test(name))).toEqual([]);
    const again = await openReplay(options(), mark);
    expect(again.steps).toBe(250);
    await again.close();
  });

  it('is told where what came after the checkpoint cannot be deleted', async () => {
    const mark = await written();
    writeFileSync(at('segment-000099.bin'), 'later');
    failing.calls = { unlink: 'EROFS' };
    const message = await complaint(() => openReplay(options(), mark));
    expect(message).toMatch(/written in .* after the checkpoint cannot be deleted \(EROFS.*make the folder writable, then try again$/);
  });

  it.each(['ENOSPC', 'EROFS', 'EIO'])('leaves the old checkpoint, and nothing beside it: %s', async (code) => {
    const path = join(base, 'checkpoint.dream');
    const content = { kind: 'run', config: {}, counters: { round: 1 }, arrays: {}, extra: {}, command: '' } as const;
    await writeCheckpoint(path, content);
    failing.calls = { writeFile: code };
    await expect(writeCheckpoint(path, { ...content, counters: { round: 2 } })).rejects.toThrow(
      new RegExp(`^${path} could not be written \\(${code}.*\\); make room or give another place$`),
    );
    failing.calls = {};
    expect((await readCheckpoint(path)).counters).toEqual({ round: 1 });
    expect(readdirSync(base)).toEqual(['checkpoint.dream']);
  });
});
