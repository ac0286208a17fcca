import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import { Packr } from 'msgpackr';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CHECKPOINT_FILE,
  CheckpointError,
  readCheckpoint,
  sweepCheckpoints,
  writeCheckpoint,
} from '../../src/data/checkpoint.ts';
import type { CheckpointContent } from '../../src/data/checkpoint.ts';
import { findNotPlain } from '../../src/data/plain.ts';
import { findCheckpoint } from '../../src/data/find-checkpoint.ts';

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dreamtree-checkpoint-'));
  path = join(directory, CHECKPOINT_FILE);
});
afterEach(() => rmSync(directory, { recursive: true }));

const CONTENT: CheckpointContent = {
  kind: 'run',
  config: { env: 'catch', model: { units: [128, 64], rate: 4e-5 }, note: null },
  counters: { step: 12_345_678_901, updates: 3, nan: NaN },
  arrays: {
    params: {
      'actor/out/kernel': { data: Float32Array.of(1, -2.5, 1 / 3, 65519, 1e-8, 0), shape: [3, 1, 2], dtype: 'float32' },
      'actor/out/bias': { data: new Float32Array(0), shape: [0, 7], dtype: 'float32' },
      scale: { data: Float32Array.of(3e38, Infinity, -0), shape: [3], dtype: 'float32' },
    },
    state: {
      count: { data: Int32Array.of(-(2 ** 31)), shape: [], dtype: 'int32' },
      image: { data: Uint8Array.of(0, 255, 7), shape: [3, 1], dtype: 'uint8' },
      mask: { data: Uint8Array.of(0, 1), shape: [2], dtype: 'bool' },
    },
    nothing: {},
  },
  extra: {
    rng: { key: [-1, 5], counter: 2 ** 40 },
    noise: Float32Array.of(0.5),
    text: 'ä 🎲',
    open: undefined,
    constructor: 'a name',
  },
  command: 'dreamtree train catch',
};

describe('plain data', () => {
  const circle: Record<string, unknown> = {};
  circle.again = circle;
  const many: Record<string, unknown> = {
    zero: -0, zeros: [-0, [0, { a: -0 }]], text: 'ä 🎲', 'key 🎲': 1, none: undefined, nothing: null, no: false, large: 2 ** 53, small: -(2 ** 53),
    half: 0.5, tiny: 5e-324, nan: NaN, infinite: -Infinity, list: [], record: {}, deep: [[[[{ a: [1] }]]]],
    view: new Float64Array(9).fill(0.1).subarray(1, 4), bytes: Uint8Array.of(1, 2), clamped: Uint8ClampedArray.of(3), shorts: Int16Array.of(-1),
    words: Uint32Array.of(2 ** 32 - 1), floats: Float32Array.of(-0, NaN, 1.5),
    bare: Object.assign(Object.create(null) as object, { a: 1 }),
    set: new Set([1]), map: new Map([[1, 2]]), date: new Date(0), bigint: 1n, symbol: Symbol('a'), function: () => 0, pattern: /a/,
    surrogate: '🎲'.slice(0, 1), surrogates: ['🎲'.slice(1)], buffer: Buffer.of(1), longs: new BigInt64Array(2), data: new DataView(new ArrayBuffer(2)),
    memory: new ArrayBuffer(2), sparse: Object.assign([], { 3: 1 }), tagged: Object.assign([1], { tag: 2 }), circle, boxed: new Number(1), error: new Error('x'),
    [`key ${'🎲'.slice(0, 1)}`]: 1,
  };

  it.each(Object.keys(many))('is kept exactly, or named: %s', async (kind) => {
    const extra = { it: kind.startsWith('key') ? { [kind]: 1 } : many[kind] };
    const found = findNotPlain(extra, 'extra');
    if (found) {
      expect(found).toContain('extra.it');
      await expect(writeCheckpoint(path, { ...CONTENT, extra })).rejects.toThrow('plain data only');
      return;
    }
    await writeCheckpoint(path, { ...CONTENT, extra });
    const { extra: back } = await readCheckpoint(path);
    if (kind === 'bare') expect(back).toEqual(extra);
    else expect(isDeepStrictEqual(back, extra), kind).toBe(true);
    if (kind === 'zero') expect(Object.is(back.it, -0)).toBe(true);
  });

  it('names what is not', () => {
    const named = Object.keys(many).filter((kind) => findNotPlain({ [kind]: many[kind] }, 'x') !== undefined);
    expect(named.length).toBe(19);
  });
});

describe('a checkpoint', () => {
  it('gives back everything to the bit', async () => {
    await writeCheckpoint(path, CONTENT);
    const read = await readCheckpoint(path);
    expect(read).toEqual({ ...CONTENT, createdBy: expect.stringMatching(/^dreamtree \d+\.\d+\.\d+$/) });
    expect(read.arrays.params['actor/out/kernel'].data).toBeInstanceOf(Float32Array);
    expect(Object.is(read.arrays.params.scale.data[2], -0)).toBe(true);
    expect(read.extra.noise).toBeInstanceOf(Float32Array);
  });

  it('may be written side by side with others, larger and smaller, one after the other', async () => {
    const contents = [100_000, 10, 200_000, 1].map((length, i): CheckpointContent => {
      const kernel = { data: new Float32Array(length).fill(i + 0.5), shape: [length], dtype: 'float32' } as const;
      return { ...CONTENT, arrays: { params: { kernel } }, extra: { text: 'x'.repeat(600_000 * (i % 2)) } };
    });
    for (let round = 0; round < 2; round++) {
      await Promise.all(contents.map((content, i) => writeCheckpoint(`${path}${i}`, content)));
      for (const [i, { arrays, extra }] of contents.entries()) {
        expect(await readCheckpoint(`${path}${i}`)).toMatchObject({ arrays, extra });
      }
    }
  });

  it('may be in half precision, save for what would overflow', async () => {
    await writeCheckpoint(path, CONTENT, { half: true });
    const { arrays } = await readCheckpoint(path);
    const third = 1365 / 4096; // 11 bits of 1/3
    expect([...arrays.params['actor/out/kernel'].data]).toEqual([1, -2.5, third, 65504, 0, 0]);
    expect(arrays.params.scale).toEqual(CONTENT.arrays.params.scale);
    expect(arrays.state).toEqual(CONTENT.arrays.state);
  });

  it('takes two bytes a number in half precision', async () => {
    const data = new Float32Array(10_000).fill(0.1);
    const kernel = { data, shape: [10_000], dtype: 'float32' } as const;
    const content = { ...CONTENT, arrays: { params: { kernel } } };
    await writeCheckpoint(path, content);
    const full = statSync(path).size;
    await writeCheckpoint(path, content, { half: true });
    expect(full - statSync(path).size).toBe(20_000);
  });

  it('reads views that do not begin where their memory does', async () => {
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    await writeCheckpoint(path, { ...CONTENT, arrays: { a: { b: { data, shape: [2], dtype: 'float32' } } } });
    expect((await readCheckpoint(path)).arrays.a.b.data).toEqual(Float32Array.of(1, 2));
  });

  it('takes plain data only', async () => {
    const write = (extra: CheckpointContent['extra']) => writeCheckpoint(path, { ...CONTENT, extra });
    await expect(write({ a: [{ b: () => 1 }] })).rejects.toThrow('checkpoint.extra.a.0.b is a function');
    await expect(write({ a: new Map() })).rejects.toThrow('checkpoint.extra.a is a Map');
    await expect(write({ a: 1n })).rejects.toThrow('checkpoint.extra.a is a bigint');
    await expect(write(JSON.parse('{"a": {"__proto__": 1}}'))).rejects.toThrow('extra.a has a key __proto__');
    const wrong = { data: new Float32Array(3), shape: [2], dtype: 'float32' } as const;
    await expect(writeCheckpoint(path, { ...CONTENT, arrays: { params: { kernel: wrong } } })).rejects.toThrow(
      'expected params kernel to be a Float32Array of length 2 for float32 [2], got a Float32Array of length 3',
    );
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('a file that is no good', () => {
  async function complaint(file: string, options = {}): Promise<string> {
    const error: unknown = await readCheckpoint(file, options).then(
      () => new Error('it was read'),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(CheckpointError);
    const { message } = error as CheckpointError;
    expect(message).toContain(file);
    expect(message).not.toContain('\n');
    return message;
  }

  it('is refused whichever of its bytes was changed', async () => {
    await writeCheckpoint(path, CONTENT);
    const good = readFileSync(path);
    const kinds = new Set<string>();
    for (let offset = 0; offset < good.length; offset++) {
      const bad = Buffer.from(good);
      bad[offset] ^= offset % 2 ? 0x01 : 0xff;
      writeFileSync(path, bad);
      kinds.add((await complaint(path)).slice(path.length).replace(/\(.*\)/, '()'));
    }
    expect([...kinds].sort()).toEqual([
      ' is damaged or cut short (); use another copy of it',
      ' is not a dreamtree checkpoint; give a run folder or a file checkpoint.dream',
    ]);
  });

  it('is refused wherever it was cut, or where something was added', async () => {
    await writeCheckpoint(path, CONTENT);
    const good = readFileSync(path);
    for (let length = 1; length < good.length; length++) {
      writeFileSync(path, good.subarray(0, length));
      const message = await complaint(path);
      expect(message).toMatch(length < 20 ? /is not a dreamtree checkpoint/ : /is damaged or cut short/);
    }
    writeFileSync(path, Buffer.concat([good, Buffer.of(0)]));
    expect(await complaint(path)).toContain('is damaged or cut short');
  });

  it.each([
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['JSON', Buffer.from('{"format": "dreamtree", "version": 1}')],
    ['another MessagePack', new Packr().pack({ weights: [1, 2] })],
    ['zeros', Buffer.alloc(1000)],
  ])('is called foreign where it is %s', async (_name, bytes) => {
    writeFileSync(path, bytes);
    expect(await complaint(path)).toBe(
      `${path} is not a dreamtree checkpoint; give a run folder or a file checkpoint.dream`,
    );
  });

  it('is refused before it is read where it is missing, empty, a folder or too large', async () => {
    expect(await complaint(path)).toMatch(/cannot be read \(ENOENT.*\); check the path/);
    writeFileSync(path, '');
    expect(await complaint(path)).toBe(`${path} is empty; use another copy of it`);
    writeFileSync(path, Buffer.alloc(1001));
    expect(await complaint(path, { maxBytes: 1000 })).toBe(
      `${path} is too large: 1001 bytes, at most 1000 are read; check the path`,
    );
    expect(await complaint(directory)).toBe(`${directory} is a folder; give the file checkpoint.dream in it`);
  });

  /** A well-formed file with right checksums, whose body says what it should not. */
  function forge(body: unknown, outside: object = {}): void {
    const packr = new Packr({ moreTypes: true, useRecords: false });
    const packed = Buffer.isBuffer(body) ? body : Buffer.from(packr.pack(body));
    const file = { format: 'dreamtree', version: 1, kind: 'run', crc32: crc32(packed), body: packed, ...outside };
    writeFileSync(path, packr.pack(file));
  }

  const bytes = Buffer.alloc(8);
  const array = { dtype: 'float32', shape: [2], encoding: 'float32', bytes, crc32: crc32(bytes) };
  const body = (record: object) => ({
    config: {},
    counters: {},
    arrays: { params: { kernel: { ...array, ...record } } },
    extra: {},
    createdBy: 'dreamtree 0.1.0',
    command: '',
  });

  it.each([
    ['no more numbers than bytes', { shape: [3] }, 'params kernel has 8 bytes for float32 [3]'],
    ['an impossible shape', { shape: [2 ** 40, 2 ** 40] }, 'has 8 bytes for float32 [1099511627776, 1099511627776]'],
    ['sizes that overflow', { shape: [2 ** 53 - 1, 2 ** 53 - 1, 0] }, ''],
    ['a negative size', { shape: [-2] }, 'arrays.params.kernel.shape.0'],
    ['a broken size', { shape: [0.5] }, 'arrays.params.kernel.shape.0'],
    ['an unknown dtype', { dtype: 'float64' }, 'arrays.params.kernel.dtype'],
    ['an unknown encoding', { encoding: 'zip' }, 'arrays.params.kernel.encoding'],
    ['an encoding of another dtype', { dtype: 'bool' }, 'params kernel claims to be bool kept as float32'],
    ['a wrong checksum', { crc32: 1 }, 'wrong checksum of params kernel'],
    ['text for bytes', { bytes: 'abc' }, 'arrays.params.kernel.bytes'],
  ])('is refused where an array has %s', async (_name, record, why) => {
    forge(body(record));
    expect(await complaint(path)).toContain(why);
  });

  it('is read where nothing is wrong with it', async () => {
    forge(body({}));
    expect((await readCheckpoint(path)).arrays.params.kernel.shape).toEqual([2]);
  });

  it('is refused where it holds anything but plain data', async () => {
    forge({ ...body({}), extra: { seen: new Set([1]) } });
    expect(await complaint(path)).toContain('it holds an extension of type 115');
    forge({ ...body({}), extra: { failed: new RangeError('x') } });
    expect(await complaint(path)).toContain('it holds an extension of type 101');
    const packed = new Packr({ useRecords: false }).pack({ ...body({}), extra: { prototypes: 1 } });
    forge(Buffer.from(packed.toString('latin1').replace('\xaaprototypes', '\xa9__proto__'), 'latin1'));
    expect(await complaint(path)).toContain('checkpoint.extra has a key __proto__');
    // A msgpackr record: a structure that its decoder would compile into a reader.
    forge(new Packr().pack(body({})));
    expect(await complaint(path)).toContain('it holds an extension of type 114');
  });

  it('is refused at once where a few bytes stand for very many, or for each other in circles', async () => {
    const packr = new Packr({ structuredClone: true, useRecords: false });
    let bomb: unknown[] = ['x'];
    for (let doubling = 0; doubling < 40; doubling++) bomb = [bomb, bomb];
    const circle: unknown[] = [];
    circle.push(circle);
    const shared = { all: [bomb, bomb] };
    for (const extra of [{ bomb }, { circle }, shared]) {
      forge(packr.pack({ ...body({}), extra }));
      expect(await complaint(path)).toMatch(/it holds an extension of type (105|112)|nested more than/);
    }
    // The same in the outside, which is read first.
    writeFileSync(path, Buffer.concat([Buffer.from('\x82\xa6format\xa9dreamtree\xa1x', 'latin1'), packr.pack(bomb)]));
    expect(await complaint(path)).toMatch(/extension of type|nested more than/);
  });

  it('is refused where it is all records, or complains of very many keys', async () => {
    forge(Buffer.concat([Buffer.from([0xdd, 0, 0x4c, 0x4b, 0x40]), Buffer.alloc(5_000_000, 0x80)]));
    expect(await complaint(path)).toContain('it holds more than 2000000 lists and records');
    const counters = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`c${i}`, 'wrong']));
    forge({ ...body({}), counters });
    expect(await complaint(path)).toContain('counters: expected a record of at most 10000 keys');
  });

  it('is read where worlds in flight are many and large', async () => {
    const lanes = Array.from({ length: 500 }, (_, lane) => ({ state: { board: Array.from({ length: 30 }, () => new Array(30).fill(lane)) } }));
    await writeCheckpoint(path, { ...CONTENT, extra: { driver: { lanes } } });
    expect((await readCheckpoint(path)).extra).toEqual({ driver: { lanes } });
  });

  it('is not written where it could not be read', async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 49; level++) deep = [deep];
    await expect(writeCheckpoint(path, { ...CONTENT, extra: { deep } }).then(() => readCheckpoint(path))).resolves.toMatchObject({ extra: { deep } });
    await expect(writeCheckpoint(path, { ...CONTENT, extra: { deep: [[deep]] } })).rejects.toThrow('nested more than 50 deep');
  });

  it('is refused where it announces more than it has', async () => {
    for (const announced of ['\xdd\xff\xff\xff\xff', '\xdf\x7f\xff\xff\xff', '\xc6\xff\xff\xff\xff', '\xc9\xff\xff\xff\xff\x74']) {
      forge(Buffer.from(announced, 'latin1'));
      expect(await complaint(path)).toMatch(/values are announced|ends within a value/);
    }
  });

  it('is refused where it nests too deep', async () => {
    forge(Buffer.alloc(1_000_000, 0x91));
    expect(await complaint(path)).toContain('is damaged or cut short');
  });

  it('says so where it is of a later version or of an unknown kind', async () => {
    forge({ new: 'form' }, { version: 2, body: 'elsewhere' });
    expect(await complaint(path)).toBe(
      `${path} has format version 2, this program reads version 1; update dreamtree`,
    );
    forge(body({}), { kind: 'other' });
    expect(await complaint(path)).toContain('(kind: ');
  });
});

describe('a writer that is stopped', () => {
  it('leaves a file that can be read, and leftovers that are swept', async () => {
    await writeCheckpoint(path, { ...CONTENT, counters: { round: 0 } });
    const script = join(import.meta.dirname, '../data/write-checkpoints.ts');
    const rounds: number[] = [];
    for (let kill = 0; kill < 4; kill++) {
      const child = spawn(process.execPath, ['--import', 'tsx', script, path]);
      await once(child.stdout, 'data'); // the first one is written
      const watcher = watch(directory);
      await once(watcher, 'change'); // the next one has begun
      child.kill('SIGKILL');
      watcher.close();
      await once(child, 'exit');
      const { counters, arrays } = await readCheckpoint(path);
      rounds.push(counters.round);
      expect(new Set(arrays.params.kernel.data)).toEqual(new Set([counters.round]));
    }
    expect(Math.min(...rounds)).toBeGreaterThan(0);
    writeFileSync(`${path}.4063982471`, 'left by a killed writer');
    writeFileSync(join(directory, 'metrics.jsonl.1'), 'not ours');
    await sweepCheckpoints(directory);
    expect(readdirSync(directory).sort()).toEqual([CHECKPOINT_FILE, 'metrics.jsonl.1']);
  });

  it.skipIf(process.platform === 'win32')('by a full disk leaves the old file', async () => {
    await writeCheckpoint(path, CONTENT);
    // A limit on the size of files behaves as a full disk does: part of a write goes through, the next one fails.
    const script = join(import.meta.dirname, '../data/write-checkpoints.ts');
    const command = `ulimit -f 100; exec "$0" --import tsx --import "$1" "$2" "$3"`;
    const ignore = "data:text/javascript,process.on('SIGXFSZ', () => {})";
    const child = spawnSync('bash', ['-c', command, process.execPath, ignore, script, path], { encoding: 'utf8' });
    expect(child.stdout).toBe('');
    expect(child.stderr).toMatch(/could not be written \(EFBIG.*make room or give another place/);
    expect((await readCheckpoint(path)).counters.updates).toBe(3);
    expect(readdirSync(directory)).toEqual([CHECKPOINT_FILE]);
  });
});

describe('findCheckpoint', () => {
  it('takes a run folder or a file', () => {
    writeFileSync(path, 'x');
    expect(findCheckpoint(directory)).toBe(path);
    expect(findCheckpoint(path)).toBe(path);
  });

  it('names what lies nearby', () => {
    for (const run of ['catch-2', 'catch-10', 'cartpole-1', 'empty']) mkdirSync(join(directory, run));
    for (const run of ['catch-2', 'catch-10', 'cartpole-1']) writeFileSync(join(directory, run, CHECKPOINT_FILE), 'x');
    const missing = join(directory, 'catch-1');
    expect(() => findCheckpoint(missing)).toThrow(`${missing} does not exist; did you mean ${join(directory, 'catch-10')}?`);
    const far = join(directory, 'pendulum');
    expect(() => findCheckpoint(far)).toThrow(`${far} does not exist; give a run folder or a checkpoint file`);
    const inIt = ['cartpole-1', 'catch-10', 'catch-2'].map((run) => join(directory, run)).join(' or ');
    expect(() => findCheckpoint(directory)).toThrow(`${directory} holds no checkpoint.dream; give one that lies in it, such as ${inIt}`);
    const empty = join(directory, 'empty');
    expect(() => findCheckpoint(empty)).toThrow(
      `${empty} holds no checkpoint.dream; give a run folder or a checkpoint file`,
    );
    expect(() => findCheckpoint(join(directory, 'no', 'where'))).toThrow('does not exist; give a run folder');
  });
});
