/**
 * FrozenLake-v1 of Gymnasium 1.3: cross a frozen lake without falling into a hole. Where the ice is slippery, two
 * times in three a step goes to the left or to the right of where it was meant to go.
 */
import { Path2D } from '@napi-rs/canvas';
import type { Environment, Palette } from '../../types.ts';
import { floor, onGrid, tile, walker } from '../draw/grid.ts';
import { createStill } from '../draw/still.ts';
import { sampleOutcome } from './sample.ts';
import type { Outcomes } from './sample.ts';

export interface FrozenLakeState {
  readonly row: number;
  readonly column: number;
}

export interface FrozenLakeOptions {
  readonly name: string;
  readonly slippery: boolean;
  /** Rows of `S` (start, top left), `F` (ice), `H` (hole) and `G` (goal, bottom right). */
  readonly map: readonly string[];
  /** What the scripted player does in each cell: `<`, `v`, `>` or `^`. */
  readonly plan: readonly string[];
  readonly maxSteps: number;
  readonly reference: { readonly random: number; readonly expert: number };
}

/** By action, as steps of [row, column]; each turns the one before it to the left. */
const MOVES = [[0, -1], [1, 0], [0, 1], [-1, 0]] as const;
const ARROWS = '<v>^';

/** The three ways that a slippery step goes, of equal probability. The numbers are Gymnasium's, to the last bit. */
const SIDEWAYS = (1 - 1 / 3) / 2;

/** What lies on the ice: lights, where it is slippery, and holes. Paths made once are drawn quicker. */
function sceneryOf(map: readonly string[]): { readonly glints: Path2D; readonly holes: Path2D } {
  const [glints, holes] = [new Path2D(), new Path2D()];
  map.forEach((cells, row) => {
    [...cells].forEach((cell, column) => {
      glints.moveTo(column + 0.12, row + 0.34);
      glints.lineTo(column + 0.34, row + 0.12);
      if (cell !== 'H') return;
      holes.moveTo(column + 0.92, row + 0.5);
      holes.arc(column + 0.5, row + 0.5, 0.42, 0, 2 * Math.PI);
    });
  });
  return { glints, holes };
}

/** The maps of gymnasium/envs/toy_text/frozen_lake.py. */
export const MAPS = {
  '4x4': ['SFFF', 'FHFH', 'FFFH', 'HFFG'],
  '8x8': ['SFFFFFFF', 'FFFFFFFF', 'FFFHFFFF', 'FFFFFHFF', 'FFFHFFFF', 'FHHFFFHF', 'FHFFHFHF', 'FFFHFFFG'],
} as const;

export function frozenLake(options: FrozenLakeOptions): Environment<FrozenLakeState> {
  const { name, slippery, map, plan, maxSteps, reference } = options;
  const [rows, columns] = [map.length, map[0].length];
  const scenery = sceneryOf(map);

  const drawLake = createStill((ctx, palette: Palette) => {
    floor(ctx, rows, columns, palette);
    if (slippery) {
      ctx.strokeStyle = palette.foreground;
      ctx.lineWidth = 0.06;
      ctx.stroke(scenery.glints);
    }
    ctx.fillStyle = palette.danger;
    ctx.fill(scenery.holes);
    tile(ctx, rows - 1, columns - 1, palette.goal, 0.1);
  });

  function arrive({ row, column }: FrozenLakeState, action: number) {
    const [down, right] = MOVES[action];
    const state = {
      row: Math.min(Math.max(row + down, 0), rows - 1),
      column: Math.min(Math.max(column + right, 0), columns - 1),
    };
    const cell = map[state.row][state.column];
    return { state, reward: cell === 'G' ? 1 : 0, terminated: cell === 'G' || cell === 'H' };
  }

  function transitions(state: FrozenLakeState, action: number): Outcomes<FrozenLakeState> {
    if ('GH'.includes(map[state.row][state.column])) return [{ probability: 1, state, reward: 0, terminated: true }];
    if (!slippery) return [{ probability: 1, ...arrive(state, action) }];
    return [
      { probability: SIDEWAYS, ...arrive(state, (action + 3) % 4) },
      { probability: 1 / 3, ...arrive(state, action) },
      { probability: SIDEWAYS, ...arrive(state, (action + 1) % 4) },
    ];
  }

  return {
    name,
    description:
      `Cross a frozen lake of ${rows}×${columns} between its holes; +1 on the other side` +
      `${slippery ? ', and the ice is slippery' : ''} (Gymnasium).`,
    actions: { kind: 'discrete', n: 4, names: ['left', 'down', 'right', 'up'] },
    maxSteps,
    reference,

    reset: () => ({ row: 0, column: 0 }),
    step: (state, action, rng) => sampleOutcome(transitions(state, Number(action)), rng),
    transitions,

    draw(ctx, state, palette) {
      onGrid(ctx, rows, columns, () => {
        drawLake(ctx, palette);
        walker(ctx, state.row, state.column, { body: palette.agent, light: palette.foreground });
      });
    },

    expert: ({ row, column }) => ARROWS.indexOf(plan[row][column]),

    recording: {
      toVector: ({ row, column }) => [row * columns + column],
      fromVector: ([cell]) => ({ row: Math.floor(cell / columns), column: cell % columns }),
    },
  };
}
