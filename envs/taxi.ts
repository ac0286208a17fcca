/**
 * Taxi-v4 of Gymnasium 1.3 (Dietterich 2000): fetch a passenger from one of four stands and set them down at another,
 * in a town with walls.
 */
import type { Environment, Palette, Transition } from '../src/types.ts';
import { disc, floor, onGrid, tile } from '../src/world/draw/grid.ts';
import { createStill } from '../src/world/draw/still.ts';
import { firstAction } from '../src/world/tabular/shortest-path.ts';

/** Between two columns of the town, `|` is a wall; it stops east and west alone. */
const TOWN = [
  ' : | : : ',
  ' : | : : ',
  ' : : : : ',
  ' | : | : ',
  ' | : | : ',
];
const SIZE = 5;
/** [row, column] of the stands, by their number. */
const STANDS = [[0, 0], [0, 4], [4, 0], [4, 3]] as const;
const RIDING = STANDS.length;
const [SOUTH, NORTH, EAST, WEST, PICK_UP, SET_DOWN] = [0, 1, 2, 3, 4, 5];

interface TaxiState {
  /** 0 (north) to 4. */
  readonly row: number;
  /** 0 (west) to 4. */
  readonly column: number;
  /** The stand where the passenger is, 0..3, or 4 in the taxi. */
  readonly passenger: number;
  /** The stand where the passenger wants to go, 0..3. */
  readonly destination: number;
}

const isWall = (row: number, column: number): boolean => TOWN[row][2 * column + 1] === '|';
const isAt = ({ row, column }: TaxiState, [y, x]: readonly [number, number]): boolean => row === y && column === x;

function drive({ row, column }: Pick<TaxiState, 'row' | 'column'>, action: number) {
  if (action === SOUTH) return { row: Math.min(row + 1, SIZE - 1), column };
  if (action === NORTH) return { row: Math.max(row - 1, 0), column };
  if (action === EAST && column < SIZE - 1 && !isWall(row, column)) return { row, column: column + 1 };
  if (action === WEST && column > 0 && !isWall(row, column - 1)) return { row, column: column - 1 };
  return { row, column };
}

function move(state: TaxiState, action: number): Transition<TaxiState> {
  const { passenger, destination } = state;
  if (action === PICK_UP) {
    if (passenger === RIDING || !isAt(state, STANDS[passenger])) return { state, reward: -10, terminated: false };
    return { state: { ...state, passenger: RIDING }, reward: -1, terminated: false };
  }
  if (action === SET_DOWN) {
    const stand = STANDS.findIndex((place) => isAt(state, place));
    if (passenger !== RIDING || stand < 0) return { state, reward: -10, terminated: false };
    // At a stand that is not the destination the passenger gets out as well, and has to be fetched again.
    const terminated = stand === destination;
    return { state: { ...state, passenger: stand }, reward: terminated ? 20 : -1, terminated };
  }
  return { state: { ...state, ...drive(state, action) }, reward: -1, terminated: false };
}

const drawTown = createStill((ctx, destination: number, palette: Palette) => {
  floor(ctx, SIZE, SIZE, palette);
  STANDS.forEach(([y, x], stand) => {
    tile(ctx, y, x, stand === destination ? palette.goal : palette.accent, 0.06, 0.2);
  });
  ctx.fillStyle = palette.foreground;
  TOWN.forEach((_, y) => {
    for (let x = 0; x < SIZE - 1; x++) if (isWall(y, x)) ctx.fillRect(x + 0.94, y, 0.12, 1);
  });
});

const environment: Environment<TaxiState> = {
  name: 'taxi',
  description: 'Take a passenger from stand to stand; +20 there, −1 a step, −10 for a wrong stop (Gymnasium).',
  actions: { kind: 'discrete', n: 6, names: ['south', 'north', 'east', 'west', 'pick up', 'set down'] },
  maxSteps: 200,
  // Measured over 20 000 episodes at random and 5000 of `expert`.
  reference: { random: -771, expert: 7.9 },

  reset(rng) {
    const passenger = rng.int(STANDS.length);
    const destination = (passenger + 1 + rng.int(STANDS.length - 1)) % STANDS.length;
    return { row: rng.int(SIZE), column: rng.int(SIZE), passenger, destination };
  },

  step: (state, action) => move(state, Number(action)),
  transitions: (state, action) => [{ ...move(state, action), probability: 1 }],

  draw(ctx, state, palette) {
    const { row, column, passenger, destination } = state;
    onGrid(ctx, SIZE, SIZE, () => {
      drawTown(ctx, destination, palette);
      ctx.fillStyle = palette.agent;
      ctx.beginPath();
      ctx.roundRect(column + 0.16, row + 0.3, 0.68, 0.5, 0.14);
      ctx.roundRect(column + 0.28, row + 0.16, 0.44, 0.3, 0.1);
      ctx.fill();
      // On the roof of the taxi, or waiting in a corner of the stand.
      if (passenger === RIDING) disc(ctx, column + 0.5, row + 0.48, 0.2, palette.danger);
      else disc(ctx, STANDS[passenger][1] + 0.74, STANDS[passenger][0] + 0.74, 0.2, palette.danger);
    });
  },

  /** The shortest way to the passenger, and from there to the destination. */
  expert(state) {
    const { row, column, passenger, destination } = state;
    const [y, x] = STANDS[passenger === RIDING ? destination : passenger];
    const way = firstAction(row * SIZE + column, y * SIZE + x, WEST + 1, (cell, action) => {
      const next = drive({ row: Math.floor(cell / SIZE), column: cell % SIZE }, action);
      return next.row * SIZE + next.column;
    });
    return way ?? (passenger === RIDING ? SET_DOWN : PICK_UP);
  },

  recording: {
    toVector: ({ row, column, passenger, destination }) => [((row * SIZE + column) * 5 + passenger) * 4 + destination],
    fromVector: ([state]) => ({
      row: Math.floor(state / 100),
      column: Math.floor(state / 20) % SIZE,
      passenger: Math.floor(state / 4) % 5,
      destination: state % 4,
    }),
  },
};

export default environment;
