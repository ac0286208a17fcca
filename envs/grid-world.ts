/** The grid of the textbooks (Sutton and Barto 2018, Example 4.1, here 5 × 5): walk to the one goal. */
import type { Environment, Palette, Transition } from '../src/types.ts';
import { floor, onGrid, tile, walker } from '../src/world/draw/grid.ts';
import { createStill } from '../src/world/draw/still.ts';

const SIZE = 5;
const LAST = SIZE - 1;

/** By action, as steps of [row, column]. */
const MOVES = [[-1, 0], [0, 1], [1, 0], [0, -1]] as const;
const [RIGHT, DOWN] = [1, 2];

interface GridState {
  /** 0 (top) to 4. The goal is in row 4 and column 4. */
  readonly row: number;
  /** 0 (left) to 4. */
  readonly column: number;
}

function move({ row, column }: GridState, action: number): Transition<GridState> {
  const [down, right] = MOVES[action];
  const state = {
    row: Math.min(Math.max(row + down, 0), LAST),
    column: Math.min(Math.max(column + right, 0), LAST),
  };
  return { state, reward: -1, terminated: state.row === LAST && state.column === LAST };
}

const drawGround = createStill((ctx, palette: Palette) => {
  floor(ctx, SIZE, SIZE, palette);
  tile(ctx, LAST, LAST, palette.goal);
});

const environment: Environment<GridState> = {
  name: 'grid-world',
  description: 'Walk from anywhere on a 5×5 grid to the goal in its corner; −1 a step.',
  actions: { kind: 'discrete', n: 4, names: ['up', 'right', 'down', 'left'] },
  maxSteps: 100,
  // Measured over 20 000 episodes at random; the expert's is the mean distance of the 24 cells, exactly −100/24.
  reference: { random: -59, expert: -4.17 },

  reset(rng) {
    const cell = rng.int(SIZE * SIZE - 1); // all but the last, which is the goal
    return { row: Math.floor(cell / SIZE), column: cell % SIZE };
  },

  step: (state, action) => move(state, Number(action)),
  transitions: (state, action) => [{ ...move(state, action), probability: 1 }],

  draw(ctx, state, palette) {
    onGrid(ctx, SIZE, SIZE, () => {
      drawGround(ctx, palette);
      walker(ctx, state.row, state.column, { body: palette.agent, light: palette.foreground });
    });
  },

  expert: ({ column }) => (column < LAST ? RIGHT : DOWN),
};

export default environment;
