/**
 * A dream as a world: an agent's imagination, which whoever plays, watches or trains takes for any other. An episode
 * begins with the first picture of the true world; from there on rewards, ends and pictures are the model's own.
 */
import { createCanvas, ImageData } from '@napi-rs/canvas';
import { blankCarry, blankObservation, see } from '../acting/see.ts';
import { compile } from '../engine/compile.ts';
import type { NoiseSource, Program } from '../engine/program.ts';
import { mapGroup, rowOf, rowsOf, specsOf, zeros } from '../nd-array.ts';
import type { Settled } from '../train/configure.ts';
import type { Dynamics, EngineChoice, Environment, Group, Move, NdArray, ParamArrays, Representation, Rng, Transition } from '../types.ts';
import { UserError } from '../user-error.ts';
import { encodeAction } from '../world/actions.ts';
import { whyNoTruth } from '../world/external.ts';
import { newestFrames } from '../world/frame-stack.ts';
import { createView } from '../world/view.ts';

const PREFIX = 'dream:';

/** The run or checkpoint that is named by `dream:…`; undefined where this is no dream. */
export const dreamTarget = (name: string): string | undefined => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined);

/** Less than this chance of going on, and the episode has ended. */
const ENDED = 0.5;

/** What an agent multiplies the chance of going on by; 1 where it has no such key. */
function discountOf({ model }: Dreaming['config']): number {
  const named = typeof model === 'object' && model !== null && 'horizonDiscount' in model;
  return named ? 1 - 1 / Number(model.horizonDiscount) : 1;
}

/** A moment of a dream. Plain data. */
export interface DreamState {
  /** uint8 [S·S·C] */
  readonly image: Uint8Array;
  /** Leaves of the latent; absent at the beginning, where there is a true picture instead. */
  readonly latent?: Group<Float32Array>;
  /** Steps since the beginning: each draws from a stream of its own. */
  readonly steps: number;
}

export interface Dreaming extends Pick<Settled, 'config' | 'world' | 'environment' | 'shape' | 'agent'> {
  readonly params: ParamArrays;
  readonly engine: EngineChoice;
}

/** @throws UserError where this agent has no dreams, or its world none that could be played */
export function dreamWorld(name: string, dreaming: Dreaming): Environment<DreamState> {
  const { world, environment, shape, agent: { dynamics } } = dreaming;
  if (!dynamics?.decode) throw new UserError(`${name}: this agent has no decoder, so its dreams cannot be seen`);
  const { decode } = dynamics;
  if (environment.toMove || environment.legal) {
    throw new UserError(`${name}: the rules of ${environment.name} are known to the true game alone, so its dream cannot be played`);
  }
  const lack = whyNoTruth(environment);
  if (lack !== undefined) throw new UserError(`${name}: a dream begins with the true first picture, and ${lack}`);
  const view = createView(world);
  const imagine = createImagination(dreaming, { ...dynamics, decode });
  const found = new WeakMap<DreamState, { readonly action: Move<unknown>['action']; readonly transition: Transition<DreamState> }>();
  const { size } = shape.image;
  const canvas = createCanvas(size, size);

  return {
    name,
    description: `What an agent imagines of ${environment.name}.`,
    actions: environment.actions,
    maxSteps: environment.maxSteps,
    // What is achieved in a dream is measured by what can be achieved in truth.
    ...(environment.reference ? { reference: environment.reference } : {}),
    reset: (rng) => ({ image: view.render({ state: environment.reset(rng), rng, length: 0 }), steps: 0 }),
    async ahead(moves) {
      const transitions = await imagine(moves);
      moves.forEach(({ state, action }, i) => found.set(state, { action, transition: transitions[i] }));
    },
    step(state, action) {
      const known = found.get(state);
      if (known && String(known.action) === String(action)) return known.transition;
      throw new UserError(`${name} is imagined for all lanes at once: expected this action to be announced by ahead()`);
    },
    draw(ctx, { image }) {
      const { data } = newestFrames({ data: image, shape: [size, size, shape.image.channels], dtype: 'uint8' });
      const rgba = new Uint8ClampedArray(4 * size * size).fill(255);
      for (let pixel = 0; pixel < size * size; pixel++) rgba.set(data.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
      canvas.getContext('2d').putImageData(new ImageData(rgba, size, size), 0, 0);
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(canvas, 0, 0, 1, 1);
    },
  };
}

type Imagination = (moves: readonly Move<DreamState>[]) => Promise<Transition<DreamState>[]>;

/** One step for many states at once; row by row it depends on nothing but the move and its stream. */
function createImagination({ agent, params, engine, shape, config }: Dreaming, dynamics: Dynamics & Required<Pick<Dynamics, 'decode'>>): Imagination {
  const { representation } = agent;
  const { size, channels } = shape.image;
  const ended = ENDED * discountOf(config);
  const opened = new Map<number, Promise<Programs>>();
  const programsFor = (rows: number): Promise<Programs> => {
    const known = opened.get(rows) ?? openPrograms({ representation, dynamics, params, engine }, {
      lanes: rows, imageShape: [size, size, channels], actionSize: shape.actionSize,
    });
    opened.set(rows, known);
    return known;
  };

  return async (moves) => {
    // Few programs for all numbers of moves, beside rows that nobody looks at; and the same one for the same number
    // whatever was made before, since what is added up in another order is not the same to the bit.
    const count = 2 ** Math.ceil(Math.log2(moves.length));
    const { observe, imagine, blank } = await programsFor(count);
    const streams = Array.from({ length: count }, (_, row) => {
      const { rng, state } = moves[Math.min(row, moves.length - 1)];
      return rng.split('dream').split(state.steps);
    });
    const latent = mapGroup(dynamics.latentShapes, (leaf) => zeros([count, ...leaf]));
    if (moves.some(({ state }) => state.latent === undefined)) {
      const image = zeros([count, size, size, channels], 'uint8');
      moves.forEach(({ state }, row) => state.latent ?? rowOf(image, row).data.set(state.image));
      const seen = await observe.run({ observation: { ...blank, image } }, besideEachOther(streams.map((stream) => stream.split('see'))));
      moves.forEach(({ state }, row) => {
        if (!state.latent) for (const [leaf, array] of Object.entries(seen.latent)) rowOf(latent[leaf], row).data.set(rowOf(array, row).data);
      });
    }
    const action = zeros([count, shape.actionSize]);
    moves.forEach((move, row) => {
      for (const [leaf, values] of Object.entries(move.state.latent ?? {})) rowOf(latent[leaf], row).data.set(values);
      encodeAction(shape.actions, move.action, rowsOf(action, row, 1).data as Float32Array);
    });
    const next = await imagine.run({ latent, input: { action } }, besideEachOther(streams));
    return moves.map(({ state }, row) => ({
      state: {
        image: Uint8Array.from(rowOf(next.seen.picture, row).data, (value) => Math.round(255 * Math.min(1, Math.max(0, value)))),
        latent: mapGroup(next.latent, (array) => Float32Array.from(rowOf(array, row).data)),
        steps: state.steps + 1,
      },
      reward: next.seen.reward.data[row],
      terminated: next.seen.discount.data[row] < ended,
    }));
  };
}

/** A stream for a whole batch, whose every row is drawn from a stream of its own. */
const besideEachOther = (streams: readonly Rng[]): NoiseSource => {
  const fillRows = (fill: (stream: Rng, row: Float32Array) => void) => (out: Float32Array) => {
    const width = out.length / streams.length;
    if (!Number.isInteger(width)) throw new Error(`expected noise for ${streams.length} rows, got ${out.length} numbers`);
    streams.forEach((stream, row) => fill(stream, out.subarray(row * width, (row + 1) * width)));
  };
  return {
    fillUniform: fillRows((stream, row) => stream.fillUniform(row)), fillNormal: fillRows((stream, row) => stream.fillNormal(row)),
  };
};

interface Programs {
  /** First pictures to latents. */
  readonly observe: Program;
  /** Latents and actions to what comes of them. */
  readonly imagine: Program;
  /** What is observed at a beginning, but for the picture. */
  readonly blank: Group<NdArray>;
}

async function openPrograms(
  { representation, dynamics, params, engine }:
  { representation: Representation; dynamics: Dynamics & Required<Pick<Dynamics, 'decode'>>; params: ParamArrays; engine: EngineChoice },
  shape: { readonly lanes: number; readonly imageShape: readonly number[]; readonly actionSize: number },
): Promise<Programs> {
  const { lanes, actionSize } = shape;
  const constants = (part: Group<unknown>) => ({ params: mapGroup(part, (_spec, name) => params[name]) });
  const { image, ...rest } = blankObservation(shape);
  const blank = { ...rest, isFirst: { ...rest.isFirst, data: new Float32Array(lanes).fill(1) } };
  const carry = blankCarry(representation, lanes);
  const observe = await compile('dream-begin', ({ params: weights, carry: before, observation }, noise) => {
    const { latent } = see(representation, weights, before, observation, noise);
    return { latent };
  }, specsOf({ observation: { ...blank, image } }), { engine, constants: { ...constants(representation.parameters), carry } });
  const latent = mapGroup(dynamics.latentShapes, (leaf) => zeros([lanes, ...leaf]));
  const imagine = await compile('dream-step', ({ params: weights, latent: from, input }, noise) => {
    const next = dynamics.imagine(weights, from, input.action, noise);
    const { reward, discount } = dynamics.outcome(weights, next);
    return {
      latent: next,
      seen: { picture: dynamics.decode(weights, next), reward: reward.predict(), discount: discount.predict() },
    };
  }, specsOf({ latent, input: { action: zeros([lanes, actionSize]) } }), { engine, constants: constants(dynamics.parameters) });
  return { observe, imagine, blank };
}
