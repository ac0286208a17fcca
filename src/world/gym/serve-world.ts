/** One of our own worlds served to somebody else, who speaks PROTOCOL.md: what server.py is to Python's. */
import { createRng } from '../../random.ts';
import type { Action } from '../../types.ts';
import { UserError } from '../../user-error.ts';
import { actionProblem, actionSize, encodeAction } from '../actions.ts';
import type { ConfiguredWorld } from '../configured.ts';
import { advanceEpisode, beginEpisode, lookAhead } from '../episode.ts';
import type { Episode } from '../episode.ts';
import { createView } from '../view.ts';
import type { View } from '../view.ts';
import { MAX_MESSAGE_BYTES, PROTOCOL, packMessage, readMessages, requestSchema } from './protocol.ts';
import type { LaneArrival, Move, Reply, Request, Seen } from './protocol.ts';

/**
 * Answer the messages of `input` until it ends, or until one cannot be answered: then the last answer says why.
 * @param world whose pictures are of the size, and grey or not, as the messages ask
 * @param write where the answers go
 */
export async function serveWorld(
  world: ConfiguredWorld,
  input: AsyncIterable<Uint8Array>,
  write: (answer: Uint8Array) => void,
): Promise<void> {
  const lanes = createServedLanes(world);
  try {
    for await (const message of readMessages(input)) {
      const request = requestSchema.safeParse(message);
      if (!request.success) {
        throw new UserError(`not a message of protocol ${PROTOCOL}: ${request.error.issues[0].message}`);
      }
      write(packMessage(await lanes.answer(request.data)));
    }
  } catch (error) {
    write(packMessage(failure(error)));
  }
}

function failure(error: unknown): Reply {
  if (error instanceof UserError) return { type: 'error', kind: 'refused', message: error.message, traceback: '' };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { type: 'error', kind: 'crashed', message, traceback: stack ?? '' };
}

function createServedLanes({ environment, look }: ConfiguredWorld): { answer(request: Request): Promise<Reply> } {
  let view: View | undefined;
  /** The episode in each lane; undefined where none is under way. */
  let lanes: (Episode | undefined)[] = [];

  function open({ protocol, lanes: count, size, greyscale }: Extract<Request, { type: 'open' }>): Reply {
    if (view) throw new UserError('this world is open already');
    if (protocol !== PROTOCOL) {
      throw new UserError(`expected protocol ${PROTOCOL}, got ${protocol}: update dreamtree or its client`);
    }
    if (6 * count * size * size > MAX_MESSAGE_BYTES) {
      throw new UserError(`${count} lanes of ${size} pixels do not fit into messages: use fewer or smaller ones`);
    }
    view = createView({ environment, size, look: { ...look, greyscale: greyscale || look.greyscale, frameStack: 1 } });
    lanes = new Array<undefined>(count).fill(undefined);
    const { actions, maxSteps } = environment;
    return {
      type: 'opened', protocol: PROTOCOL, maxSteps,
      actions: actions.kind === 'discrete'
        ? { kind: 'discrete', n: actions.n }
        : { kind: 'continuous', low: [...actions.low], high: [...actions.high] },
    };
  }

  function see(episode: Episode): Seen {
    if (!view) throw new UserError('expected the message open before any other');
    const legal = environment.legal?.(episode.state);
    return { image: view.render(episode), ...(legal && { legal: [...legal] }) };
  }

  function begin(lane: number, seed: number): Seen {
    const episode = beginEpisode(environment, createRng(seed));
    lanes[lane] = episode;
    return see(episode);
  }

  async function move(lane: number, { actions, seed, cut }: Move): Promise<LaneArrival> {
    const episode = lanes[lane];
    if (!episode) throw new UserError(`lane ${lane} has no episode to act in`);
    let reward = 0;
    let ended = { isLast: false, isTerminal: false };
    for (const action of actions) {
      const row = rowOf(action);
      await lookAhead(environment, [{ episode, row }]);
      const arrival = advanceEpisode(environment, episode, row, environment.maxSteps);
      reward += arrival.reward;
      ended = arrival;
      if (ended.isLast) break;
    }
    const seen = see(episode);
    const terminated = ended.isTerminal;
    const truncated = !terminated && (ended.isLast || cut);
    if (terminated || truncated) lanes[lane] = undefined;
    const first = lanes[lane] === undefined && seed !== null ? begin(lane, seed) : null;
    return { ...seen, reward, terminated, truncated, first };
  }

  function rowOf(action: Action): Float32Array {
    const problem = actionProblem(environment.actions, action);
    if (problem !== undefined) throw new UserError(problem);
    return encodeAction(environment.actions, action, new Float32Array(actionSize(environment.actions)));
  }

  function requireLanes(column: readonly unknown[]): void {
    if (column.length !== lanes.length) throw new UserError(`expected ${lanes.length} lanes, got ${column.length}`);
  }

  return {
    async answer(request) {
      if (request.type === 'open') return open(request);
      await view?.breathe();
      if (request.type === 'reset') {
        requireLanes(request.seeds);
        return { type: 'reset', lanes: request.seeds.map((seed, lane) => (seed === null ? null : begin(lane, seed))) };
      }
      requireLanes(request.moves);
      const arrivals: (LaneArrival | null)[] = [];
      for (const [lane, todo] of request.moves.entries()) arrivals.push(todo === null ? null : await move(lane, todo));
      return { type: 'stepped', lanes: arrivals };
    },
  };
}
