/**
 * Animations of any length, encoded while they are made: libvips takes an animation as one tall picture, so long ones
 * go there in pieces. Pictures that stand still are one frame with a longer pause, whatever the format.
 */
import { loadSharp } from './fonts.ts';
import { joinGif } from './join-gif.ts';
import { joinWebp } from './join-webp.ts';
import type { Size } from './picture-limits.ts';

export interface Animation {
  /** Add a frame, RGB [height, width, 3]. It is copied, so that its memory may be used again. */
  add(frame: Uint8Array, delayMs: number): Promise<void>;
  /** The file. @throws RangeError where there is no frame */
  finish(): Promise<Uint8Array>;
}

export interface AnimationOptions extends Size {
  readonly format: 'webp' | 'gif';
  /** How hard to try to make a WebP small: 0 (quick) to 6. */
  readonly webpEffort?: number;
  /** Bytes of frames that are encoded together; for tests. */
  readonly pieceBytes?: number;
}

/** Enough that pieces cost nothing, little enough for any machine. */
const PIECE_BYTES = 2 ** 26;
/** What a GIF can say; WebP gets the same, so that both take the same time. */
const RESOLUTION_MS = 10;
/** Viewers slow down what asks for less: to a tenth of a second, often. */
const LEAST_MS = 20;

/**
 * Begin an animation, lossless as WebP and of 256 colours a frame as GIF, that repeats for ever. Every frame is shown
 * for a multiple of 10 ms, at least 20; what is rounded is made up for by the frames that follow.
 */
export function createAnimation({ width, height, format, webpEffort = 0, pieceBytes = PIECE_BYTES }: AnimationOptions): Animation {
  const frameBytes = width * height * 3;
  const room = Math.max(1, Math.floor(pieceBytes / frameBytes));
  const pieces: Uint8Array[] = [];
  const delaysMs: number[] = [];
  let waiting: Uint8Array[] = [];
  let last: Uint8Array | undefined;
  /** Of the frames so far, the last included: what was asked for, and what all but the last one have been given. */
  let askedMs = 0;
  let givenMs = 0;

  async function encode(): Promise<void> {
    const sharp = await loadSharp();
    const { length: count } = waiting;
    const raw = { width, height: height * count, channels: 3 as const, ...(count > 1 ? { pageHeight: height } : {}) };
    const piece = sharp(Buffer.concat(waiting), { raw, limitInputPixels: false });
    waiting = [];
    // Frames that differ by less than the colours of a GIF can say must not be joined behind our back.
    pieces.push(await (format === 'webp'
      ? piece.webp({ lossless: true, effort: webpEffort }).toBuffer()
      : piece.gif({ effort: 1, dither: 0, keepDuplicateFrames: true }).toBuffer()));
  }

  /** The last frame is shown no longer. */
  function close(): void {
    const wanted = Math.round((askedMs - givenMs) / RESOLUTION_MS) * RESOLUTION_MS;
    const delayMs = Math.max(LEAST_MS, wanted);
    delaysMs.push(delayMs);
    givenMs += delayMs;
  }

  return {
    async add(frame, delayMs) {
      if (frame.length !== frameBytes) throw new RangeError(`expected RGB [${height},${width},3], got ${frame.length} bytes`);
      if (!last || Buffer.compare(last, frame) !== 0) {
        if (last) close();
        if (waiting.length === room) await encode();
        last = frame.slice();
        waiting.push(last);
      }
      askedMs += delayMs;
    },
    async finish() {
      if (!last) throw new RangeError('expected at least one frame of an animation, got none');
      close();
      await encode();
      return format === 'webp' ? joinWebp(width, height, pieces, delaysMs) : joinGif(pieces, delaysMs);
    },
  };
}
