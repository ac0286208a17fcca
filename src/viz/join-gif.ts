/**
 * Animations of GIF put together from pieces that were encoded apart (blocks: the specification of GIF89a). The first
 * frame of a piece covers everything, so a piece needs nothing of those before it but its own colours.
 */

/** What a frame's delay, 16 bits of hundredths, can say. */
const MAX_MS = 655_350;
/** What follows it stays on the screen, and is drawn over. */
const KEEP = 0x04;
const HAS_COLORS = 0x80;
const COLORS_SIZE = 0x07;

interface GifFrame {
  /** A graphic control extension of 8 bytes: how long, and which colour is transparent. */
  readonly control: Buffer;
  /** The image with its own colours, where it has any. */
  readonly image: Buffer;
}

interface Piece {
  /** Signature, screen and the colours of all frames that have none of their own. */
  readonly head: Buffer;
  readonly colors: Buffer;
  /** Three bits: how many colours. */
  readonly colorsSize: number;
  readonly frames: readonly GifFrame[];
}

/**
 * @param pieces files of GIF of the same size
 * @param delaysMs one entry a frame of all pieces together, in milliseconds: multiples of 10, which is all a GIF can say
 * @throws RangeError where the pieces have other frames than that
 */
export function joinGif(pieces: readonly Uint8Array[], delaysMs: readonly number[]): Uint8Array {
  const read = pieces.map(readPiece);
  const frames = read.flatMap((piece) => (piece.colors.equals(read[0].colors) ? piece.frames : piece.frames.map(withColors(piece))));
  if (frames.length !== delaysMs.length) throw new RangeError(`expected ${delaysMs.length} frames of GIF, got ${frames.length}`);
  return Buffer.concat([
    read[0].head,
    Buffer.from('\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00', 'latin1'), // again and again
    ...frames.flatMap(({ control, image }, i) => timed(control, delaysMs[i]).flatMap((one) => [one, image])),
    Buffer.of(0x3b),
  ]);
}

/** The control with its delay; several times, where that is more than a frame can say. */
function timed(control: Buffer, delayMs: number): Buffer[] {
  const copies: Buffer[] = [];
  for (let left = delayMs; copies.length === 0 || left > 0; left -= MAX_MS) {
    const copy = Buffer.from(control);
    copy.writeUInt16LE(Math.round(Math.min(left, MAX_MS) / 10), 4);
    copies.push(copy);
  }
  return copies;
}

/** A frame that leaves its piece takes the piece's colours along. */
const withColors = ({ colors, colorsSize }: Piece) => ({ control, image }: GifFrame): GifFrame => {
  if (image[9] & HAS_COLORS) return { control, image };
  const head = Buffer.from(image.subarray(0, 10));
  head[9] |= HAS_COLORS | colorsSize;
  return { control, image: Buffer.concat([head, colors, image.subarray(10)]) };
};

function readPiece(file: Uint8Array): Piece {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const headEnd = 13 + colorBytes(bytes[10]);
  const frames: GifFrame[] = [];
  let control: Buffer = Buffer.of(0x21, 0xf9, 4, KEEP, 0, 0, 0, 0);
  for (let at = headEnd; bytes[at] !== 0x3b; ) {
    if (bytes[at] === 0x21) {
      const end = blocksEnd(bytes, at + 2);
      if (bytes[at + 1] === 0xf9) control = bytes.subarray(at, end);
      at = end;
    } else if (bytes[at] === 0x2c) {
      // Place, size and flags; colours; the width of the codes; and the codes.
      const end = blocksEnd(bytes, at + 10 + colorBytes(bytes[at + 9]) + 1);
      frames.push({ control, image: bytes.subarray(at, end) });
      at = end;
    } else {
      throw new RangeError(`expected a block of GIF at byte ${at} of ${bytes.length}, got ${bytes[at]}`);
    }
  }
  const head = bytes.subarray(0, headEnd);
  return { head, colors: bytes.subarray(13, headEnd), colorsSize: bytes[10] & COLORS_SIZE, frames };
}

const colorBytes = (flags: number): number => (flags & HAS_COLORS ? 3 * 2 ** ((flags & COLORS_SIZE) + 1) : 0);

/** Where a chain of sub-blocks ends that begins at `at`. */
function blocksEnd(bytes: Buffer, at: number): number {
  let end = at;
  while (bytes[end] > 0) end += bytes[end] + 1;
  return end + 1;
}
