/** N worlds of one kind in a Python process, side by side: what they are asked, and that the answers make sense. */
import type { z } from 'zod';
import type { ActionSpace } from '../../types.ts';
import { ExternalWorldError } from '../external.ts';
import { startWorldProcess } from './process.ts';
import type { Whereabouts } from './process.ts';
import { PROTOCOL, openedSchema, resetSchema, steppedSchema } from './protocol.ts';
import type { LaneArrival, Move, Request, Seen } from './protocol.ts';

export interface LanesOptions {
  /** The world as the user calls it: `gym:` and a Gymnasium id or a .py file. */
  readonly name: string;
  readonly lanes: number;
  /** Side of the pictures in pixels. */
  readonly size: number;
  readonly greyscale: boolean;
  /** What its actions were when it was asked before; any where it is absent. */
  readonly actions?: ActionSpace;
  /**
   * How long, in milliseconds, a world may take for one thing that it is asked: to begin, to step, to draw. It may
   * start for a minute more. `DEFAULT_WORLD_TIMEOUT_MS` where it is absent.
   */
  readonly worldTimeoutMs?: number;
}

/** A minute: worlds that draw with great effort take seconds. */
export const DEFAULT_WORLD_TIMEOUT_MS = 60_000;
/** Starting may load what is large, and a slow disk is not the world's fault. */
const START_MS = 60_000;

export interface Lanes {
  readonly actions: ActionSpace;
  /** The world's own time limit in its own steps; null where it has none. */
  readonly maxSteps: number | null;
  /**
   * Begin an episode in every lane that is given a seed; null leaves a lane alone and gives null.
   * @param whereabouts where a lane stands, for errors
   */
  reset(seeds: readonly (number | null)[], whereabouts?: Whereabouts): Promise<readonly (Seen | null)[]>;
  /** Move in every lane that is given one. Images are uint8 [size·size·3]. */
  step(moves: readonly (Move | null)[], whereabouts?: Whereabouts): Promise<readonly (LaneArrival | null)[]>;
  close(): Promise<void>;
}

/**
 * @throws UserError where Python, a package or the world is missing, where the world does not suit, or where it does
 * not answer; later ones are ExternalWorldErrors
 */
export async function openLanes(options: LanesOptions): Promise<Lanes> {
  const { name, lanes, size, greyscale, actions, worldTimeoutMs = DEFAULT_WORLD_TIMEOUT_MS } = options;
  const server = startWorldProcess(name);

  async function ask<T>(request: Request, schema: z.ZodType<T>, column: readonly unknown[] = [], whereabouts?: Whereabouts): Promise<T> {
    const asked = column.flatMap((todo, lane) => (todo === null ? [] : [lane]));
    const timeoutMs = worldTimeoutMs + (request.type === 'open' ? START_MS : 0);
    const reply = schema.safeParse(await server.request(request, { timeoutMs, asked, ...(whereabouts && { whereabouts }) }));
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
    const open = { type: 'open', protocol: PROTOCOL, lanes, size, greyscale, progress: true } as const;
    const opened = await ask(open, openedSchema);
    if (actions && JSON.stringify(opened.actions) !== JSON.stringify(actions)) {
      const [now, before] = [opened.actions, actions].map(inWords);
      throw new ExternalWorldError(`${name}: its actions are ${now} now, and were ${before} before: has it been changed?`);
    }
    return {
      actions: opened.actions,
      maxSteps: opened.maxSteps,
      async reset(seeds, whereabouts) {
        const { lanes: answers } = await ask({ type: 'reset', seeds: [...seeds] }, resetSchema, seeds, whereabouts);
        requireAnswers(seeds, answers);
        return answers;
      },
      async step(moves, whereabouts) {
        const { lanes: answers } = await ask({ type: 'step', moves: [...moves] }, steppedSchema, moves, whereabouts);
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

function inWords(actions: ActionSpace): string {
  if (actions.kind === 'discrete') return `${actions.n} to choose from`;
  return `${actions.low.length} numbers within [${actions.low.join(', ')}] and [${actions.high.join(', ')}]`;
}
