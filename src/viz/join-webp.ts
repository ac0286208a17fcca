/**
 * Animations of WebP put together from pieces that were encoded apart (RIFF chunks: developers.google.com/speed/webp/
 * docs/riff_container). The first frame of a piece covers everything, so a piece needs nothing of those before it.
 */

/** What a frame's duration, 24 bits of milliseconds, can say. */
const MAX_MS = 2 ** 24 - 1;
const ANIMATED = 0x02;
const HAS_ALPHA = 0x10;
/** Of a frame: its pixels replace what was there. */
const NO_BLEND = 0x02;
/** Of a frame: what it covers is cleared after it. */
const DISPOSE = 0x01;

interface Chunk {
  readonly name: string;
  readonly data: Buffer;
}

/**
 * @param pieces files of WebP of the same size, still or animated, without colour profiles
 * @param delaysMs one entry a frame of all pieces together, in milliseconds
 * @throws RangeError where the pieces have other frames than that
 */
export function joinWebp(width: number, height: number, pieces: readonly Uint8Array[], delaysMs: readonly number[]): Uint8Array {
  let hasAlpha = 0;
  const frames = pieces.flatMap((piece) => {
    const chunks = readChunks(piece);
    const [flags = 0] = chunks.find(({ name }) => name === 'VP8X')?.data ?? [];
    hasAlpha |= flags & HAS_ALPHA;
    const moving = chunks.filter(({ name }) => name === 'ANMF').map(({ data }) => data);
    return moving.length > 0 ? moving : [frameOfStill(width, height, chunks)];
  });
  if (frames.length !== delaysMs.length) {
    throw new RangeError(`expected ${delaysMs.length} frames of WebP, got ${frames.length}`);
  }
  const head = Buffer.alloc(10);
  head[0] = ANIMATED | hasAlpha;
  head.writeUIntLE(width - 1, 4, 3);
  head.writeUIntLE(height - 1, 7, 3);
  // A white ground, and 0: again and again.
  const animation = Buffer.from([255, 255, 255, 255, 0, 0]);
  const body = Buffer.concat([
    Buffer.from('WEBP'), writeChunk('VP8X', head), writeChunk('ANIM', animation),
    ...frames.flatMap((frame, i) => timed(frame, delaysMs[i]).map((one) => writeChunk('ANMF', one))),
  ]);
  const start = Buffer.alloc(8);
  start.write('RIFF');
  start.writeUInt32LE(body.length, 4);
  return Buffer.concat([start, body]);
}

/** The frame with its duration; several times, where that is more than a frame can say. */
function timed(frame: Buffer, delayMs: number): Buffer[] {
  const copies: Buffer[] = [];
  for (let left = delayMs; copies.length === 0 || left > 0; left -= MAX_MS) {
    const copy = Buffer.from(frame);
    copy.writeUIntLE(Math.min(left, MAX_MS), 12, 3);
    if (left > MAX_MS) copy[15] &= ~DISPOSE;
    copies.push(copy);
  }
  return copies;
}

function frameOfStill(width: number, height: number, chunks: readonly Chunk[]): Buffer {
  const head = Buffer.alloc(16);
  head.writeUIntLE(width - 1, 6, 3);
  head.writeUIntLE(height - 1, 9, 3);
  head[15] = NO_BLEND;
  const image = chunks.filter(({ name }) => ['ALPH', 'VP8 ', 'VP8L'].includes(name));
  return Buffer.concat([head, ...image.map(({ name, data }) => writeChunk(name, data))]);
}

function readChunks(file: Uint8Array): Chunk[] {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const chunks: Chunk[] = [];
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    chunks.push({ name: bytes.toString('latin1', at, at + 4), data: bytes.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

/** Chunks begin at even places. */
function writeChunk(name: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}
