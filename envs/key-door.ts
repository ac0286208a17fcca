/**
 * Key and door, after DoorKey of MiniGrid (Chevalier-Boisvert et al. 2023): the goal is behind a locked door, and the
 * key has to be fetched first. Only the goal is rewarded.
 */
import type { Environment, Palette } from '../src/types.ts';
import { disc, floor, onGrid, tile, walker } from '../src/world/draw/grid.ts';
import { createStill } from '../src/world/draw/still.ts';
import { firstAction } from '../src/world/tabular/shortest-path.ts';

const SIZE = 7;

/** By action (up, right, down, left), as steps of [row, column]. */
const MOVES = [[-1, 0], [0, 1], [1, 0], [0, -1]] as const;

interface KeyDoorState {
  /** Column of the wall, 2..4; the key is left of it and the goal right of it. */
  readonly wall: number;
  /** Row of the door in the wall. It opens for who has the key. */
  readonly door: number;
  /** Cells are counted row by row, from 0. */
  readonly at: number;
  readonly key: number;
  readonly hasKey: boolean;
  readonly goal: number;
}

type Rooms = Pick<KeyDoorState, 'wall' | 'door'>;

/** Where an action leads; the border, the wall and a locked door stop it. */
function walk({ wall, door }: Rooms, at: number, action: number, hasKey: boolean): number {
  const row = Math.floor(at / SIZE) + MOVES[action][0];
  const column = (at % SIZE) + MOVES[action][1];
  if (Math.min(row, column) < 0 || Math.max(row, column) >= SIZE) return at;
  if (column === wall && !(row === door && hasKey)) return at;
  return row * SIZE + column;
}

/** All but the one who walks. */
const drawRooms = createStill((
  ctx, wall: number, door: number, key: number, hasKey: boolean, goal: number, palette: Palette,
) => {
  floor(ctx, SIZE, SIZE, palette);
  ctx.fillStyle = palette.accent;
  ctx.fillRect(wall, 0, 1, SIZE);
  // With the key in hand the door stands open: its middle is gone.
  tile(ctx, door, wall, palette.danger, 0, 0);
  if (hasKey) {
    ctx.fillStyle = palette.background;
    ctx.fillRect(wall, door + 0.2, 1, 0.6);
  }
  tile(ctx, Math.floor(goal / SIZE), goal % SIZE, palette.goal, 0.06, 0.2);
  if (hasKey) return;
  const [x, y] = [(key % SIZE) + 0.5, Math.floor(key / SIZE) + 0.5];
  ctx.fillStyle = palette.foreground;
  ctx.fillRect(x - 0.1, y - 0.1, 0.5, 0.2);
  ctx.fillRect(x + 0.22, y, 0.18, 0.3);
  disc(ctx, x - 0.18, y, 0.24, palette.foreground);
  disc(ctx, x - 0.18, y, 0.09, palette.background);
});

const environment: Environment<KeyDoorState> = {
  name: 'key-door',
  description: 'Fetch the key, go through the door, reach the goal; +1 there, nothing else.',
  actions: { kind: 'discrete', n: 4, names: ['up', 'right', 'down', 'left'] },
  maxSteps: 100,
  // Measured over 20 000 episodes at random; every goal can be reached.
  reference: { random: 0.093, expert: 1 },

  reset(rng) {
    const wall = 2 + rng.int(3);
    const door = rng.int(SIZE);
    const left = (cell: number) => Math.floor(cell / wall) * SIZE + (cell % wall);
    const start = rng.int(SIZE * wall);
    const key = (start + 1 + rng.int(SIZE * wall - 1)) % (SIZE * wall); // not where the walk begins
    const goal = rng.int(SIZE) * SIZE + wall + 1 + rng.int(SIZE - wall - 1);
    return { wall, door, at: left(start), key: left(key), hasKey: false, goal };
  },

  step(state, action) {
    const at = walk(state, state.at, Number(action), state.hasKey);
    const hasKey = state.hasKey || at === state.key;
    const terminated = at === state.goal;
    return { state: { ...state, at, hasKey }, reward: terminated ? 1 : 0, terminated };
  },

  draw(ctx, { wall, door, at, key, hasKey, goal }, palette) {
    const [row, column] = [Math.floor(at / SIZE), at % SIZE];
    onGrid(ctx, SIZE, SIZE, () => {
      drawRooms(ctx, wall, door, key, hasKey, goal, palette);
      walker(ctx, row, column, { body: palette.agent, light: hasKey ? palette.foreground : palette.agent });
    });
  },

  /** The shortest way to the key, and from there to the goal. */
  expert(state) {
    const { at, key, hasKey, goal } = state;
    return firstAction(at, hasKey ? goal : key, MOVES.length, (cell, action) => walk(state, cell, action, hasKey)) ?? 0;
  },
};

export default environment;
