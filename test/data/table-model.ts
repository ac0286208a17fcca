/** A world of four states written down as tables, in the shape of a latent model: for tests that know every number. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { float32 } from '../../src/nd-array.ts';
import type { Distribution, LatentModel, NdArray, Noise, ParamArrays } from '../../src/types.ts';

/** The states are a, b, c and d; their latent is one-hot, and so are their features. */
export const STATES = 'abcd';
export const ACTIONS = 2;
/** Where action 0 and where action 1 leads: a → b or c, b → d or c, c → a or d, d → d. */
const MOVES = { a: 'bc', b: 'dc', c: 'ad', d: 'dd' };
/** Received on arriving, in units. */
const REWARD = [0.1, 0.2, 0.4, 0.6];
/** What the model says of going on from there; d is the end. */
const DISCOUNT = [0.5, 0.8, 0.4, 0];

/**
 * All rewards and values are counted in this unit. It is the critic's first bin above zero, so that a value of v units is
 * a probability of v on that bin and of 1 − v on zero, as long as v is between 0 and 1.
 */
export const UNIT = Math.E - 1;

/** Rows of states, as 'ab cd', as one-hots [rows, length, 4]. */
export function oneHots(text: string): NdArray {
  const rows = text.split(' ');
  const values = [...rows.join('')].flatMap((state) => [...STATES].map((each) => Number(each === state)));
  return float32(values, [rows.length, rows[0].length, STATES.length]);
}

/** The tables are parameters, so that a gradient that reaches them is seen. */
export const tableParameters: ParamArrays = {
  'model/moves': float32([0, 1].map((action) => [...STATES].flatMap((state) =>
    [...STATES].map((next) => Number(MOVES[state as keyof typeof MOVES][action] === next)))).flat(), [ACTIONS, 4, 4]),
  'model/reward': float32(REWARD.map((units) => units * UNIT), [4, 1]),
  'model/discount': float32(DISCOUNT, [4, 1]),
};

const unused = (): never => {
  throw new Error('no test of a behaviour asks the table for this');
};

/** A head that says one thing. */
const certain = (value: Tensor): Distribution =>
  ({ predict: () => value, sample: unused, logProb: unused, entropy: unused });

/** What the behaviours ask of it: `imagine`, `outcome` and `features` of the latent `{ state: [N, 4] }`. */
export function tableModel({ blindSteps = 0 }: { readonly blindSteps?: number } = {}): Pick<LatentModel, 'representation' | 'dynamics'> {
  const shapes = { state: [STATES.length] };
  return {
    representation: {
      parameters: {}, carryShapes: shapes, contextShapes: shapes, blindSteps, featureSize: STATES.length,
      features: ({ state }) => state,
      encode: unused, observe: unused, filter: unused,
    },
    dynamics: {
      parameters: {
        'model/moves': { shape: [ACTIONS, 4, 4], init: 'zeros' }, 'model/reward': { shape: [4, 1], init: 'zeros' },
        'model/discount': { shape: [4, 1], init: 'zeros' },
      },
      latentShapes: shapes,
      imagine(params, { state }, action) {
        // Σₐ actionₐ · state × movesₐ
        const next = tf.unstack(params['model/moves'], 0).map((moves, a) =>
          tf.mul(tf.matMul(state as tf.Tensor2D, moves as tf.Tensor2D), tf.slice(action, [0, a], [-1, 1])));
        return { state: tf.addN(next) };
      },
      outcome(params, { state }) {
        const of = (table: string) => tf.squeeze(tf.matMul(state as tf.Tensor2D, params[table] as tf.Tensor2D), [-1]);
        return { reward: certain(of('model/reward')), discount: certain(of('model/discount')) };
      },
    },
  };
}

/** Noise by which a policy over two actions takes action 0 or 1: one row of actions for each time it is asked. */
export function drawing(rows: readonly (readonly number[])[]): Noise {
  let asked = 0;
  return {
    // Inverse sampling: the smallest uniform takes the first action, the largest the last.
    uniform: (shape) => tf.tensor(rows[asked++].map((action) => action * 0.999), [...shape]),
    normal: unused,
  };
}
