/** The messages of PROTOCOL.md, as this side reads and writes them: four bytes of length, then MessagePack. */
import { Packr, Unpackr } from 'msgpackr';
import { z } from 'zod';

export const PROTOCOL = 1;
export const MAX_MESSAGE_BYTES = 64 * 2 ** 20;
/** Seeds are below this, so that every generator takes them. */
export const SEED_LIMIT = 2 ** 31;

const seed = z.int().min(0).max(SEED_LIMIT - 1);
const side = z.int().min(1).max(4096);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

const moveSchema = z.object({
  actions: z.array(z.union([z.int(), z.array(z.number())])).min(1),
  seed: seed.nullable(),
  cut: z.boolean(),
});

export const requestSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('open'), protocol: z.int(), lanes: side, size: side, greyscale: z.boolean(),
    progress: z.boolean().optional(),
  }),
  z.object({ type: z.literal('reset'), seeds: z.array(seed.nullable()) }),
  z.object({ type: z.literal('step'), moves: z.array(moveSchema.nullable()) }),
]);

const seenSchema = z.object({ image: bytes, legal: z.array(z.boolean()).optional() });
const arrivalSchema = seenSchema.extend({
  reward: z.number(), terminated: z.boolean(), truncated: z.boolean(), first: seenSchema.nullable(),
});

export const openedSchema = z.object({
  type: z.literal('opened'),
  protocol: z.literal(PROTOCOL),
  actions: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('discrete'), n: z.int().min(1) }),
    z.object({ kind: z.literal('continuous'), low: z.array(z.number()).min(1), high: z.array(z.number()).min(1) }),
  ]),
  maxSteps: z.int().min(1).nullable(),
});
export const resetSchema = z.object({ type: z.literal('reset'), lanes: z.array(seenSchema.nullable()) });
export const steppedSchema = z.object({ type: z.literal('stepped'), lanes: z.array(arrivalSchema.nullable()) });
const lane = z.int().min(0).nullable();
export const errorSchema = z.object({
  type: z.literal('error'), kind: z.enum(['refused', 'crashed']), message: z.string(), traceback: z.string(),
  lane: lane.optional(),
});
export const workingSchema = z.object({
  type: z.literal('working'), lane, doing: z.string(), where: z.string().nullable(),
});

/** What one lane is to do: actions one after the other until one ends the episode. */
export type Move = z.infer<typeof moveSchema>;
export type Request = z.infer<typeof requestSchema>;
/** What one lane shows. */
export type Seen = z.infer<typeof seenSchema>;
/** What a move led to; `first` is the beginning of the next episode, where there is one. */
export type LaneArrival = z.infer<typeof arrivalSchema>;
/** What a world is at, before its answer: in which lane, if in one, and in which line of its file, if that is known. */
export type Working = z.infer<typeof workingSchema>;
export type Opened = z.infer<typeof openedSchema>;
export type Reply =
  | Opened
  | z.infer<typeof resetSchema>
  | z.infer<typeof steppedSchema>
  | z.infer<typeof errorSchema>;

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number' });

/** One message as it goes over a pipe. @throws RangeError where it is too long */
export function packMessage(message: Request | Reply): Uint8Array {
  const body = packr.pack(message);
  if (body.length > MAX_MESSAGE_BYTES) {
    throw new RangeError(`a message of ${body.length} bytes is longer than ${MAX_MESSAGE_BYTES}`);
  }
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

/**
 * The messages in a stream of bytes, not yet looked into; ends with the stream.
 * @throws Error on a length beyond the limit, before anything of the message is kept; on damaged MessagePack; and where
 * the stream ends in the middle of a message
 */
export async function* readMessages(stream: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void, void> {
  let chunks: Uint8Array[] = [];
  let held = 0;
  /** Of the message that is under way. */
  let length: number | undefined;
  function take(count: number): Buffer {
    const all = Buffer.concat(chunks, held);
    chunks = [all.subarray(count)];
    held -= count;
    return all.subarray(0, count);
  }

  for await (const chunk of stream) {
    chunks.push(chunk);
    held += chunk.length;
    while (held >= (length ?? 4)) {
      if (length === undefined) {
        length = take(4).readUInt32BE();
        if (length > MAX_MESSAGE_BYTES) {
          throw new Error(`a message of ${length} bytes is longer than ${MAX_MESSAGE_BYTES}`);
        }
      } else {
        const body = take(length);
        length = undefined;
        yield unpackr.unpack(body);
      }
    }
  }
  if (held > 0 || length !== undefined) throw new Error('the other side ended in the middle of a message');
}
