/** Messages: ours against themselves, and against the codec of the Python side. */
import { spawn } from 'node:child_process';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { MAX_MESSAGE_BYTES, packMessage, readMessages } from '../../../src/world/gym/protocol.ts';
import { PYTHON, hasPython, here } from './python.ts';

async function* chunks(...parts: readonly (readonly number[])[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Uint8Array.from(part);
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<unknown[]> {
  const messages: unknown[] = [];
  for await (const message of readMessages(stream)) messages.push(message);
  return messages;
}

function frame(body: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

describe('messages', () => {
  it('are four bytes of length and MessagePack', () => {
    const message = packMessage({ type: 'reset', seeds: [5, null] });
    // {type: "reset", seeds: [5, null]}: a map of 16 bits, two short texts each, a list of two
    const text = (word: string) => [0xa0 + word.length, ...Buffer.from(word)];
    const body = [0xde, 0, 2, ...text('type'), ...text('reset'), ...text('seeds'), 0x92, 5, 0xc0];
    expect([...message]).toEqual([0, 0, 0, body.length, ...body]);
  });

  it('are read whole, however the stream is cut', async () => {
    const bytes = [0, 0, 0, 1, 7, 0, 0, 0, 3, 0x92, 1, 2, 0, 0, 0, 1, 0xc3];
    const expected = [7, [1, 2], true];
    expect(await read(chunks(bytes))).toEqual(expected);
    expect(await read(chunks(...bytes.map((byte) => [byte])))).toEqual(expected);
    expect(await read(chunks(bytes.slice(0, 6), bytes.slice(6, 14), bytes.slice(14)))).toEqual(expected);
    expect(await read(chunks())).toEqual([]);
  });

  it('are refused by their length, before they are there', async () => {
    expect(MAX_MESSAGE_BYTES).toBe(67_108_864);
    await expect(read(chunks([4, 0, 0, 1]))).rejects.toThrow('a message of 67108865 bytes is longer than 67108864');
    await expect(read(chunks([4, 0, 0, 0]))).rejects.toThrow('ended in the middle');
    const image = new Uint8Array(MAX_MESSAGE_BYTES);
    expect(() => packMessage({ type: 'reset', lanes: [{ image }] })).toThrow('is longer than 67108864');
  });

  it('do not end in the middle', async () => {
    await expect(read(chunks([0, 0]))).rejects.toThrow('ended in the middle of a message');
    await expect(read(chunks([0, 0, 0, 2, 0x91]))).rejects.toThrow('ended in the middle of a message');
    await expect(read(chunks([0, 0, 0, 1, 0x91]))).rejects.toThrow();
  });
});

describe.skipIf(!hasPython)('the codec in Python', () => {
  const packr = new Packr({ useRecords: false });

  /** What comes back for a stream of bytes. */
  async function echo(...parts: readonly Uint8Array[]): Promise<unknown[]> {
    const child = spawn(PYTHON, ['-B', here('echo.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => {}); // it may have refused already
    for (const part of parts) child.stdin.write(part);
    child.stdin.end();
    return read(child.stdout);
  }

  it('gives back what came', async () => {
    const message = {
      nothing: null, yes: true, no: false,
      positive: [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 40],
      negative: [-1, -32, -33, -128, -129, -40_000, -(2 ** 31), -(2 ** 40)],
      floats: [0.1, -1e300, 2 ** -1074],
      texts: ['', 'Größe', 'x'.repeat(40), 'y'.repeat(300), 'z'.repeat(70_000)],
      bytes: [Buffer.from([]), Buffer.from([0, 255]), Buffer.alloc(300, 7), Buffer.alloc(70_000, 9)],
      lists: [[], Array.from({ length: 20 }, (_, i) => i), Array.from({ length: 70_000 }, () => 1)],
      maps: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key${i}`, i])),
    };
    expect(await echo(frame(packr.pack(message)), frame(packr.pack({ second: 2 })))).toEqual([message, { second: 2 }]);
  });

  it.each([
    ['a long message', [4, 0, 0, 1], 'a message of 67108865 bytes is longer than 67108864'],
    ['an end in the middle', [0, 0, 0, 2, 0x91], 'the other side ended in the middle of a message'],
    ['a list that is longer than its message', [0, 0, 0, 5, 0xdd, 255, 255, 255, 255], 'a message ends too early'],
    ['a text that is not UTF-8', [0, 0, 0, 2, 0xa1, 0xff], /^a text is not UTF-8/],
    ['an extension', [0, 0, 0, 3, 0xd4, 1, 1], 'unexpected byte 0xd4 in a message'],
    ['a key that is a number', [0, 0, 0, 3, 0x81, 1, 1], 'expected strings as keys, got int'],
    ['something that is no map', [0, 0, 0, 1, 5], 'expected a map, got int'],
    ['bytes after a message', [0, 0, 0, 2, 0x80, 1], '1 bytes are left over after a message'],
    ['a deep message', [0, 0, 0, 21, ...new Array<number>(20).fill(0x91), 1], 'a message is nested deeper than 16'],
  ])('refuses %s', async (_, bytes, refused) => {
    const said = typeof refused === 'string' ? refused : expect.stringMatching(refused);
    expect(await echo(Uint8Array.from(bytes))).toEqual([{ refused: said }]);
  });
});
