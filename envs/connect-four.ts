/**
 * Connect Four for two players who take turns: an action drops a disc of whoever is to move into a column, and its
 * reward is seen from that side. What is good for one is bad for the other, so a search has to turn the sign.
 */
import type { Environment } from '../src/types.ts';
import { boardWithHoles, disc, onGrid } from '../src/world/draw/grid.ts';
import { createStill } from '../src/world/draw/still.ts';
import { linesOf, wonLine } from '../src/world/tabular/lines.ts';

const ROWS = 6;
const COLUMNS = 7;
const LINES = linesOf(ROWS, COLUMNS, 4);
const HOLES = boardWithHoles(ROWS, COLUMNS);

/** Under a row that is left free. */
const drawBoard = createStill((ctx, colour: string) => {
  ctx.save();
  ctx.translate(0, 1);
  ctx.fillStyle = colour;
  ctx.fill(HOLES, 'evenodd');
  ctx.restore();
});

interface BoardState {
  /** 42 cells row by row from the top: `X`, `O`, or a dot. */
  readonly cells: string;
  /** Who is to move. */
  readonly player: 'X' | 'O';
}

/** The lowest empty cell of a column; negative where it is full. */
function landing(cells: string, column: number): number {
  let cell = (ROWS - 1) * COLUMNS + column;
  while (cell >= 0 && cells[cell] !== '.') cell -= COLUMNS;
  return cell;
}

const environment: Environment<BoardState> = {
  name: 'connect-four',
  description: 'Four in a row on 7×6; two players in turn, +1 for the move that wins. Full columns are not legal.',
  actions: { kind: 'discrete', n: COLUMNS },
  maxSteps: ROWS * COLUMNS,
  // The return adds up the rewards of both players: 1 where somebody wins, 0 for a draw. So it says how many games
  // are decided, and not how well they are played. Random play was measured over 100 000 games.
  reference: { random: 0.9973, expert: 1 },

  reset: () => ({ cells: '.'.repeat(ROWS * COLUMNS), player: 'X' }),

  step({ cells, player }, action) {
    const at = landing(cells, Number(action));
    if (at < 0) throw new RangeError(`expected a column with room, got ${Number(action)} in '${cells}'`);
    const after = cells.slice(0, at) + player + cells.slice(at + 1);
    const won = wonLine(after, LINES) !== undefined;
    const state = { cells: after, player: player === 'X' ? 'O' : 'X' } as const;
    return { state, reward: won ? 1 : 0, terminated: won || !after.includes('.') };
  },

  draw(ctx, { cells, player }, palette) {
    const colours = { X: palette.agent, O: palette.goal };
    onGrid(ctx, ROWS + 1, COLUMNS, () => {
      // Above the board, the disc of whoever is to move.
      disc(ctx, COLUMNS / 2, 0.5, 0.4, colours[player]);
      // Discs are squares behind the round holes of the board.
      for (const mark of ['X', 'O'] as const) {
        ctx.fillStyle = colours[mark];
        for (let cell = 0; cell < cells.length; cell++) {
          if (cells[cell] === mark) ctx.fillRect((cell % COLUMNS) + 0.05, Math.floor(cell / COLUMNS) + 1.05, 0.9, 0.9);
        }
      }
      drawBoard(ctx, palette.accent);
      for (const cell of wonLine(cells, LINES) ?? []) {
        disc(ctx, (cell % COLUMNS) + 0.5, Math.floor(cell / COLUMNS) + 1.5, 0.18, palette.foreground);
      }
    });
  },

  toMove: ({ player }) => (player === 'X' ? 0 : 1),
  legal: ({ cells }) => Array.from({ length: COLUMNS }, (_, column) => cells[column] === '.'),
};

export default environment;
