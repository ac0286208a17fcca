/**
 * Tic-tac-toe for two players who take turns: an action is a move of whoever is to move, and its reward is seen from
 * that side. What is good for one is bad for the other, so a search has to turn the sign at every move.
 */
import type { Environment } from '../src/types.ts';
import { onGrid } from '../src/world/draw/grid.ts';
import { createSprites } from '../src/world/draw/sprites.ts';
import type { Placed } from '../src/world/draw/sprites.ts';
import { linesOf, wonLine } from '../src/world/tabular/lines.ts';

const SIDE = 3;
const LINES = linesOf(SIDE, SIDE, 3);

type Mark = 'X' | 'O';

const COLOURS = { X: 'agent', O: 'goal' } as const;

interface BoardState {
  /** Nine cells row by row: `X`, `O`, or a dot. */
  readonly cells: string;
  /** Who is to move. */
  readonly player: Mark;
}

const drawMarks = createSprites<Mark>({
  reach: 0,

  /** Two lines each way. */
  behind(ctx, { accent }) {
    ctx.fillStyle = accent;
    for (const line of [1, 2]) {
      ctx.fillRect(line - 0.045, 0.2, 0.09, SIDE - 0.4);
      ctx.fillRect(0.2, line - 0.045, SIDE - 0.4, 0.09);
    }
  },

  paint(ctx, mark, palette) {
    ctx.strokeStyle = palette[COLOURS[mark]];
    ctx.lineWidth = 0.16;
    ctx.lineCap = 'round';
    ctx.beginPath();
    if (mark === 'O') ctx.arc(0.5, 0.5, 0.26, 0, 2 * Math.PI);
    else {
      ctx.moveTo(0.26, 0.26);
      ctx.lineTo(0.74, 0.74);
      ctx.moveTo(0.26, 0.74);
      ctx.lineTo(0.74, 0.26);
    }
    ctx.stroke();
  },
});

/** The marks on the board, each in its cell. */
function placed(cells: string): readonly Placed<Mark>[] {
  const marks: Placed<Mark>[] = [];
  for (let cell = 0; cell < cells.length; cell++) {
    const mark = cells[cell];
    if (mark === 'X' || mark === 'O') marks.push({ kind: mark, x: cell % SIDE, y: Math.floor(cell / SIDE) });
  }
  return marks;
}

const environment: Environment<BoardState> = {
  name: 'tic-tac-toe',
  description: 'Three in a row on 3×3; two players in turn, +1 for the move that wins. Only empty cells are legal.',
  actions: { kind: 'discrete', n: SIDE * SIDE },
  maxSteps: SIDE * SIDE,
  // The return adds up the rewards of both players: 1 where somebody wins, 0 for a draw. So it says how many games
  // are decided, and not how well they are played. Random: exact, over all games.
  reference: { random: 0.873, expert: 1 },

  reset: () => ({ cells: '.'.repeat(SIDE * SIDE), player: 'X' }),

  step({ cells, player }, action) {
    const at = Number(action);
    if (cells[at] !== '.') throw new RangeError(`expected the number of an empty cell, got ${at} in '${cells}'`);
    const after = cells.slice(0, at) + player + cells.slice(at + 1);
    const won = wonLine(after, LINES) !== undefined;
    const state = { cells: after, player: player === 'X' ? 'O' : 'X' } as const;
    return { state, reward: won ? 1 : 0, terminated: won || !after.includes('.') };
  },

  draw(ctx, { cells, player }, palette) {
    onGrid(ctx, SIDE, SIDE, () => {
      drawMarks(ctx, placed(cells), palette);
      // A frame in the colour of whoever is to move.
      ctx.strokeStyle = palette[COLOURS[player]];
      ctx.lineWidth = 0.14;
      ctx.strokeRect(0, 0, SIDE, SIDE);

      const won = wonLine(cells, LINES);
      if (won === undefined) return;
      const [from, to] = [won[0], won[won.length - 1]];
      ctx.strokeStyle = palette.foreground;
      ctx.lineWidth = 0.1;
      ctx.lineCap = 'round';
      ctx.beginPath();
      ctx.moveTo((from % SIDE) + 0.5, Math.floor(from / SIDE) + 0.5);
      ctx.lineTo((to % SIDE) + 0.5, Math.floor(to / SIDE) + 0.5);
      ctx.stroke();
    });
  },

  toMove: ({ player }) => (player === 'X' ? 0 : 1),
  legal: ({ cells }) => Array.from(cells, (mark) => mark === '.'),
};

export default environment;
