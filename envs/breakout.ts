/**
 * Breakout, as in MinAtar (Young and Tian 2019): a paddle of one cell keeps a ball in play that breaks three rows of
 * bricks. Published: PPO 28 after 10 M steps (gymnax); DQN 16.7 after 5 M (others, with the authors' code).
 */
import type { Environment, Palette, Transition } from '../src/types.ts';
import { box } from '../src/world/draw/arcade.ts';
import { disc, onGrid } from '../src/world/draw/grid.ts';
import { createStill } from '../src/world/draw/still.ts';
import {
  LEFT, NOOP, RIGHT, SIZE, acrossOf, actions, clamp, isOnGrid, stickyAction,
} from '../src/world/minatar/rules.ts';

const BRICK_ROWS = 3;
/** The row of the paddle. Bricks fill rows 1 to 3; row 0 lies behind them. */
const BOTTOM = SIZE - 1;
const WALL: readonly boolean[] = new Array<boolean>(BRICK_ROWS * SIZE).fill(true);
/** A column without a paddle: the ball comes down and is lost. */
const NOWHERE = -1;

/** From the top row down. */
const BRICK_COLOURS: readonly (readonly [keyof Palette, number])[] = [
  ['danger', 1],
  ['goal', 1],
  ['goal', 0.55],
];

interface BreakoutState {
  readonly ballX: number;
  readonly ballY: number;
  /** Columns and rows a step, −1 or 1. */
  readonly dx: number;
  readonly dy: number;
  /** Where the ball was before: its trail. */
  readonly lastX: number;
  readonly lastY: number;
  /** Column of the paddle. */
  readonly paddle: number;
  /** Rows 1 to 3, row by row; true where there is still a brick. */
  readonly bricks: readonly boolean[];
  /** The ball is among bricks since the last step and breaks no other before it has been outside. */
  readonly struck: boolean;
  readonly lastAction: number;
}

/** Index in `bricks` of the brick in a cell; −1 where there is none. */
function brickAt(bricks: readonly boolean[], x: number, y: number): number {
  const index = (y - 1) * SIZE + x;
  return bricks[index] ? index : -1;
}

/** Move the ball one step, with the paddle where `lastAction` has put it. */
function fly(state: BreakoutState, paddle: number, lastAction: number): Transition<BreakoutState> {
  let { dx, dy, bricks } = state;
  let x = state.ballX + dx;
  let y = state.ballY + dy;
  if (!isOnGrid(x)) {
    x = state.ballX;
    dx = -dx;
  }

  let [reward, struck, terminated] = [0, false, false];
  const brick = brickAt(bricks, x, y);
  if (y < 0) {
    y = 0;
    dy = -dy;
  } else if (brick >= 0) {
    struck = true;
    if (!state.struck) {
      reward = 1;
      bricks = bricks.with(brick, false);
      y = state.ballY;
      dy = -dy;
    }
  } else if (y === BOTTOM) {
    if (!bricks.includes(true)) bricks = WALL; // a new wall comes as the ball comes down
    // Straight below where the ball was it bounces on; under where it arrives it goes back where it came from.
    if (paddle === x && paddle !== state.ballX) dx = -dx;
    terminated = paddle !== x && paddle !== state.ballX;
    if (!terminated) {
      y = state.ballY;
      dy = -dy;
    }
  }
  const next = { ballX: x, ballY: y, dx, dy, lastX: state.ballX, lastY: state.ballY, paddle, bricks, struck, lastAction };
  return { state: next, reward, terminated };
}

const drawBricks = createStill((ctx, bricks: readonly boolean[], palette: Palette) => {
  BRICK_COLOURS.forEach(([colour, opacity], row) => {
    ctx.globalAlpha = opacity;
    ctx.fillStyle = palette[colour];
    for (let x = 0; x < SIZE; x++) {
      if (bricks[row * SIZE + x]) ctx.fillRect(x + 0.06, row + 1.08, 0.88, 0.84);
    }
  });
});

const environment: Environment<BreakoutState> = {
  name: 'breakout',
  description: 'Keep a ball in play that breaks bricks; +1 a brick, until the ball is lost (MinAtar).',
  actions,
  // Ours: MinAtar has no time limit.
  maxSteps: 5000,
  // Measured over 1000 episodes at random and 100 of `expert`, a script that goes where the ball comes down.
  reference: { random: 0.52, expert: 340 },

  reset(rng) {
    // From the left wall down to the right, or from the right wall down to the left.
    const [ballX, dx] = rng.int(2) === 0 ? [0, 1] : [BOTTOM, -1];
    const ball = { ballX, ballY: 3, dx, dy: 1, lastX: ballX, lastY: 3 };
    return { ...ball, paddle: 4, bricks: WALL, struck: false, lastAction: NOOP };
  },

  step(state, wanted, rng) {
    const action = stickyAction(wanted, state.lastAction, rng);
    return fly(state, clamp(state.paddle + acrossOf(action), 0, SIZE - 1), action);
  },

  draw(ctx, state, palette) {
    onGrid(ctx, SIZE, SIZE, () => {
      drawBricks(ctx, state.bricks, palette);
      ctx.globalAlpha = 0.4;
      disc(ctx, state.lastX + 0.5, state.lastY + 0.5, 0.34, palette.foreground);
      ctx.globalAlpha = 1;
      disc(ctx, state.ballX + 0.5, state.ballY + 0.5, 0.46, palette.foreground);
      box(ctx, state.paddle - 0.05, BOTTOM + 0.15, 1.1, 0.7, palette.agent);
    });
  },

  /** To where the ball will be in the row above the paddle. */
  expert(state) {
    let ball = state;
    for (let next = fly(ball, NOWHERE, NOOP); !next.terminated; next = fly(ball, NOWHERE, NOOP)) ball = next.state;
    return ball.ballX < state.paddle ? LEFT : ball.ballX > state.paddle ? RIGHT : NOOP;
  },
};

export default environment;
