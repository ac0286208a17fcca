/** N worlds of one kind in a Python process, side by side: what they are asked, and that the answers make sense. */
import type { z } from 'zod';
import type { ActionSpace } from '../../types.ts';
import { ExternalWorldError } from '../external.ts';
import { startWorldProcess } from './process.ts';
import { PROTOCOL, openedSchema, resetSchema, steppedSchema } from './protocol.ts';
import type { LaneArrival, Move, Request, Seen } from './protocol.ts';

export interface LanesOptions {
  /** The world as the user calls it: `gym:` and a Gymnasium id or a .py file. */
  readonly name: string;
  readonly lanes: number;
  /** Side of the pictures in pixels. */
  readonly size: number;
  readonly greyscale: boolean;
  /** Seconds that it may take to answer; 0 means no limit. */
  readonly timeout: number;
}

export interface Lanes {
  readonly actions: ActionSpace;
  /** The world's own time limit in its own steps; null where it has none. */
  readonly maxSteps: number | null;
  /** Begin an episode in every lane that is given a seed; null leaves a lane alone and gives null. */
  reset(seeds: readonly (number | null)[]): Promise<readonly (Seen | null)[]>;
  /** Move in every lane that is given one. Images are uint8 [size·size·3]. */
  step(moves: readonly (Move | null)[]): Promise<readonly (LaneArrival | null)[]>;
  close(): Promise<void>;
}

/** @throws UserError where Python, a package or the world is missing, or where the world does not suit */
export async function openLanes({ name, lanes, size, greyscale, timeout }: LanesOptions): Promise<Lanes> {
  const server = startWorldProcess(name, timeout);

  async function ask<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
    const reply = schema.safeParse(await server.request(request));
    if (reply.success) return reply.data;
    const [{ path, message }] = reply.error.issues;
    const problem = `${path.join('.')}: ${message}`;
    throw new ExternalWorldError(`${name}: its Python process answered ${request.type} wrongly (${problem})`);
  }

  function requireAnswers(asked: readonly unknown[], answers: readonly (Seen | null)[]): void {
    if (answers.length !== lanes || answers.some((answer, lane) => (answer === null) !== (asked[lane] === null))) {
      throw new ExternalWorldError(`${name}: expected its Python process to answer for the lanes that were asked`);
    }
    answers.forEach((answer) => answer && requirePicture(answer));
  }

  function requirePicture({ image }: Seen): void {
    const length = size * size * 3;
    if (image.length === length) return;
    throw new ExternalWorldError(`${name}: expected a picture of ${length} bytes, got ${image.length}`);
  }

  try {
    const opened = await ask({ type: 'open', protocol: PROTOCOL, lanes, size, greyscale }, openedSchema);
    return {
      actions: opened.actions,
      maxSteps: opened.maxSteps,
      async reset(seeds) {
        const { lanes: answers } = await ask({ type: 'reset', seeds: [...seeds] }, resetSchema);
        requireAnswers(seeds, answers);
        return answers;
      },
      async step(moves) {
        const { lanes: answers } = await ask({ type: 'step', moves: [...moves] }, steppedSchema);
        requireAnswers(moves, answers);
        answers.forEach((answer) => answer?.first && requirePicture(answer.first));
        return answers;
      },
      close: () => server.close(),
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}
