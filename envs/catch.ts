/**
 * Catch, as in bsuite (Osband et al. 2020): a ball falls through a grid of 10 × 5 cells, one row a step, and the
 * paddle in the bottom row has to be under it when it arrives.
 */
import type { Environment } from '../src/types.ts';

const ROWS = 10;
const COLUMNS = 5;

interface CatchState {
  /** Column of the ball, 0..4. */
  readonly ballX: number;
  /** Row of the ball, 0 (top) to 9. */
  readonly ballY: number;
  /** Column of the paddle, 0..4. */
  readonly paddleX: number;
}

const environment: Environment<CatchState> = {
  name: 'catch',
  description: 'Move the paddle under a falling ball; +1 caught, −1 missed, 9 steps (bsuite).',
  actions: { kind: 'discrete', n: 3, names: ['left', 'stay', 'right'] },
  // One more than the ball needs, so that it is always the world that ends the episode.
  maxSteps: ROWS,
  // Random: −0.6 exactly, since the ball's column is uniform and the paddle does not look; measured −0.5996
  // over 100 000 episodes. Every ball can be reached.
  reference: { random: -0.6, expert: 1 },

  reset(rng) {
    return { ballX: rng.int(COLUMNS), ballY: 0, paddleX: Math.floor(COLUMNS / 2) };
  },

  step(state, action) {
    const move = (action as number) - 1;
    const paddleX = Math.min(Math.max(state.paddleX + move, 0), COLUMNS - 1);
    const next = { ballX: state.ballX, ballY: state.ballY + 1, paddleX };
    const terminated = next.ballY === ROWS - 1;
    return { state: next, reward: terminated ? (paddleX === next.ballX ? 1 : -1) : 0, terminated };
  },

  draw(ctx, state, palette) {
    const column = 1 / COLUMNS;
    ctx.fillStyle = palette.agent;
    ctx.beginPath();
    ctx.roundRect(state.paddleX * column, 0.88, column, 0.11, 0.03);
    ctx.fill();

    // The ball stops on top of the paddle, so that a catch and a miss look different.
    ctx.fillStyle = palette.goal;
    ctx.beginPath();
    ctx.arc((state.ballX + 0.5) * column, 0.1 + (0.69 / (ROWS - 1)) * state.ballY, 0.09, 0, 2 * Math.PI);
    ctx.fill();
  },

  expert(state) {
    return 1 + Math.sign(state.ballX - state.paddleX);
  },
};

export default environment;
