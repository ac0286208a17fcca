/**
 * CliffWalking-v1 of Gymnasium 1.3 (Sutton and Barto 2018, Example 6.6): the shortest way to the goal leads along the
 * edge of a cliff, and who falls begins again.
 */
import type { Environment, Palette, Transition } from '../src/types.ts';
import { disc } from '../src/world/draw/grid.ts';
import { createStill } from '../src/world/draw/still.ts';

const ROWS = 4;
const COLUMNS = 12;
const BOTTOM = ROWS - 1;
const [UP, RIGHT, DOWN] = [0, 1, 2];

/** By action, as steps of [row, column]. */
const MOVES = [[-1, 0], [0, 1], [1, 0], [0, -1]] as const;

/** Of the picture's side: twelve narrow columns, and four rows that leave a depth below them. */
const DRAWN = { width: 1 / COLUMNS, height: 0.2 };

interface CliffState {
  /** 0 (top) to 3. */
  readonly row: number;
  /** 0 (left) to 11. */
  readonly column: number;
}

const isCliff = ({ row, column }: CliffState): boolean => row === BOTTOM && column > 0 && column < COLUMNS - 1;

function move({ row, column }: CliffState, action: number): Transition<CliffState> {
  const [down, right] = MOVES[action];
  const state = {
    row: Math.min(Math.max(row + down, 0), BOTTOM),
    column: Math.min(Math.max(column + right, 0), COLUMNS - 1),
  };
  if (isCliff(state)) return { state: { row: BOTTOM, column: 0 }, reward: -100, terminated: false };
  return { state, reward: -1, terminated: state.row === BOTTOM && state.column === COLUMNS - 1 };
}

const drawCliff = createStill((ctx, palette: Palette) => {
  const { width, height } = DRAWN;
  const edge = BOTTOM * height;
  ctx.fillStyle = palette.accent;
  for (let cell = 0; cell < BOTTOM * COLUMNS; cell++) {
    const [row, column] = [Math.floor(cell / COLUMNS), cell % COLUMNS];
    ctx.globalAlpha = (row + column) % 2 === 0 ? 0.75 : 0.5;
    ctx.fillRect(column * width, row * height, width, height);
  }
  ctx.globalAlpha = 1;
  ctx.fillRect(0, edge, width, 1 - edge);
  // Between the pillars of start and goal the cliff goes down to the border of the picture.
  ctx.fillStyle = palette.danger;
  ctx.fillRect(width, edge, 1 - 2 * width, 1 - edge);
  ctx.fillStyle = palette.goal;
  ctx.fillRect(1 - width, edge, width, 1 - edge);
});

const environment: Environment<CliffState> = {
  name: 'cliff-walking',
  description: 'Walk along a cliff to the goal; −1 a step, −100 and back to the start for a fall (Gymnasium).',
  actions: { kind: 'discrete', n: 4, names: ['up', 'right', 'down', 'left'] },
  // Gymnasium has no limit; the shortest way takes 13 steps.
  maxSteps: 200,
  // Measured over 20 000 episodes at random; the expert always takes the shortest way.
  reference: { random: -2086, expert: -13 },

  reset: () => ({ row: BOTTOM, column: 0 }),
  step: (state, action) => move(state, Number(action)),
  transitions: (state, action) => [{ ...move(state, action), probability: 1 }],

  draw(ctx, state, palette) {
    const { width, height } = DRAWN;
    drawCliff(ctx, palette);
    const x = (state.column + 0.5) * width;
    const y = state.row * height;
    ctx.fillStyle = palette.agent;
    ctx.beginPath();
    ctx.roundRect(x - 0.034, y + 0.07, 0.068, height - 0.078, 0.03);
    ctx.fill();
    disc(ctx, x, y + 0.055, 0.034, palette.foreground);
  },

  /** Up, along the edge, and down at the end. */
  expert({ row, column }) {
    if (column === COLUMNS - 1) return DOWN;
    return row === BOTTOM ? UP : RIGHT;
  },

  recording: {
    toVector: ({ row, column }) => [row * COLUMNS + column],
    fromVector: ([cell]) => ({ row: Math.floor(cell / COLUMNS), column: cell % COLUMNS }),
  },
};

export default environment;
