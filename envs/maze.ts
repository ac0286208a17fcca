/** A maze that is new in every episode, dug by the recursive backtracker: one way between any two places. */
import type { Environment, Rng } from '../src/types.ts';
import { disc, onGrid, tile } from '../src/world/draw/grid.ts';
import { createStill } from '../src/world/draw/still.ts';
import { firstAction } from '../src/world/tabular/shortest-path.ts';

/** Cells of a side, walls counted: rooms lie where row and column are odd. */
const SIDE = 9;
const ROOMS = (SIDE - 1) / 2;

/** By action (up, right, down, left), from cell to cell. */
const MOVES = [-SIDE, 1, SIDE, -1] as const;

interface MazeState {
  /** The maze row by row: `#` for a wall, a dot for a way. */
  readonly cells: string;
  /** Index into `cells` of the one who walks. */
  readonly at: number;
  readonly goal: number;
}

/** Cell of a room by its number, 0..15. */
const roomCell = (room: number): number => (2 * Math.floor(room / ROOMS) + 1) * SIDE + 2 * (room % ROOMS) + 1;

function dig(rng: Rng): string {
  const cells = new Array<string>(SIDE * SIDE).fill('#');
  const path = [roomCell(rng.int(ROOMS * ROOMS))];
  cells[path[0]] = '.';
  while (path.length > 0) {
    const from = path[path.length - 1];
    const [row, column] = [Math.floor(from / SIDE), from % SIDE];
    const inside = [row > 1, column < SIDE - 2, row < SIDE - 2, column > 1];
    const open = MOVES.filter((move, i) => inside[i] && cells[from + 2 * move] === '#');
    if (open.length === 0) {
      path.pop();
      continue;
    }
    const move = open[rng.int(open.length)];
    cells[from + move] = '.';
    cells[from + 2 * move] = '.';
    path.push(from + 2 * move);
  }
  return cells.join('');
}

/** Where an action leads; a wall stops it. */
function walk(cells: string, at: number, action: number): number {
  const next = at + MOVES[action];
  return cells[next] === '#' ? at : next;
}

const drawWalls = createStill((ctx, cells: string, colour: string) => {
  ctx.fillStyle = colour;
  ctx.beginPath();
  for (let cell = 0; cell < cells.length; cell++) {
    if (cells[cell] === '#') ctx.rect(cell % SIDE, Math.floor(cell / SIDE), 1, 1);
  }
  ctx.fill();
});

const environment: Environment<MazeState> = {
  name: 'maze',
  description: 'Find the goal in a maze that is new in every episode; +1 there, nothing else.',
  actions: { kind: 'discrete', n: 4, names: ['up', 'right', 'down', 'left'] },
  maxSteps: 100,
  // Measured over 20 000 episodes at random; every goal can be reached.
  reference: { random: 0.287, expert: 1 },

  reset(rng) {
    const cells = dig(rng);
    const start = rng.int(ROOMS * ROOMS);
    const goal = (start + 1 + rng.int(ROOMS * ROOMS - 1)) % (ROOMS * ROOMS);
    return { cells, at: roomCell(start), goal: roomCell(goal) };
  },

  step(state, action) {
    const at = walk(state.cells, state.at, Number(action));
    const terminated = at === state.goal;
    return { state: { ...state, at }, reward: terminated ? 1 : 0, terminated };
  },

  draw(ctx, { cells, at, goal }, palette) {
    onGrid(ctx, SIDE, SIDE, () => {
      drawWalls(ctx, cells, palette.accent);
      tile(ctx, Math.floor(goal / SIDE), goal % SIDE, palette.goal, 0, 0.2);
      disc(ctx, (at % SIDE) + 0.5, Math.floor(at / SIDE) + 0.5, 0.46, palette.agent);
    });
  },

  expert({ cells, at, goal }) {
    return firstAction(at, goal, MOVES.length, (cell, action) => walk(cells, cell, action)) ?? 0;
  },
};

export default environment;
