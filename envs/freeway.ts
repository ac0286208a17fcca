/**
 * Freeway, as in MinAtar (Young and Tian 2019): a chicken crosses eight lanes of cars that drive at different speeds.
 * Published: PPO 58 after 10 M steps (gymnax).
 */
import type { Environment, Rng } from '../src/types.ts';
import { fillPale, trail } from '../src/world/draw/arcade.ts';
import { disc, onGrid } from '../src/world/draw/grid.ts';
import { createSprites } from '../src/world/draw/sprites.ts';
import type { Placed } from '../src/world/draw/sprites.ts';
import { lookAhead } from '../src/world/minatar/look-ahead.ts';
import { DOWN, NOOP, SIZE, UP, actions, clamp, downOf, stickyAction } from '../src/world/minatar/rules.ts';

const LANES = 8;
/** Column of the chicken. */
const CHICKEN = 4;
const START = SIZE - 1;
/** Frames from one move of the chicken to the next. */
const MOVE_INTERVAL = 3;
/** Frames that cars wait between two moves. None waits 0: lanes of such cars can close the road for good. */
const [SHORTEST_WAIT, LONGEST_WAIT] = [1, 5];
/** How many frames the expert looks ahead. */
const HORIZON = 60;

interface Car {
  readonly x: number;
  readonly right: boolean;
  /** Frames between two moves, 1 to 5. */
  readonly wait: number;
  /** Frames until the next move. */
  readonly timer: number;
}

interface FreewayState {
  /** Row of the chicken, 9 (bottom) to 0. */
  readonly y: number;
  /** Frames until the chicken can move. */
  readonly moveTimer: number;
  /** From the top lane, which is row 1, to row 8. */
  readonly cars: readonly Car[];
  readonly lastAction: number;
}

/** Cars where they are, with other speeds and directions. */
function shuffled(columns: readonly number[], rng: Rng): readonly Car[] {
  return columns.map((x) => {
    const wait = SHORTEST_WAIT + rng.int(LONGEST_WAIT - SHORTEST_WAIT + 1);
    return { x, right: rng.int(2) === 1, wait, timer: wait };
  });
}

/** A car one frame later; the road's ends are joined. */
function driven({ x, right, wait, timer }: Car): Car {
  if (timer > 0) return { x, right, wait, timer: timer - 1 };
  return { x: (x + (right ? 1 : SIZE - 1)) % SIZE, right, wait, timer: wait };
}

/** The chicken after an action, whatever the cars do. */
function moved({ y, moveTimer }: Pick<FreewayState, 'y' | 'moveTimer'>, action: number) {
  if (moveTimer > 0 || downOf(action) === 0) return { y, moveTimer: Math.max(moveTimer - 1, 0) };
  return { y: clamp(y + downOf(action), 0, START), moveTimer: MOVE_INTERVAL - 1 };
}

function isHit(cars: readonly Car[], y: number): boolean {
  return cars[y - 1]?.x === CHICKEN;
}

const environment: Environment<FreewayState> = {
  name: 'freeway',
  description: 'Cross eight lanes of cars; +1 a crossing, and a car sends you back to the start (MinAtar).',
  actions,
  // The game itself never ends: MinAtar stops it after 2500 frames.
  maxSteps: 2500,
  // Measured over 1000 episodes at random and 100 of `expert`, a script that knows the timers and looks ahead.
  reference: { random: 0.14, expert: 69.2 },

  reset(rng) {
    const cars = shuffled(new Array<number>(LANES).fill(0), rng);
    return { y: START, moveTimer: 0, cars, lastAction: NOOP };
  },

  step(state, wanted, rng) {
    const action = stickyAction(wanted, state.lastAction, rng);
    let { cars } = state;
    let { y, moveTimer } = moved(state, action);
    const reward = y === 0 ? 1 : 0;
    if (reward > 0) {
      y = START;
      cars = shuffled(cars.map(({ x }) => x), rng);
    }

    const later = cars.map(driven);
    if (isHit(cars, y) || isHit(later, y)) y = START;
    return { state: { y, moveTimer, cars: later, lastAction: action }, reward, terminated: false };
  },

  draw(ctx, state, palette) {
    onGrid(ctx, SIZE, SIZE, () => {
      drawScene(ctx, thingsOn(state), palette);
    });
  },

  /** The fastest way across while the cars keep their speeds. */
  expert({ y, moveTimer, cars }) {
    if (moveTimer > 0) return NOOP; // and if this sticks, nothing is lost
    const traffic = [cars];
    const carsAt = (frame: number): readonly Car[] => (traffic[frame] ??= carsAt(frame - 1).map(driven));
    return lookAhead({
      start: { y, moveTimer },
      horizon: HORIZON,
      moves: [UP, NOOP, DOWN],
      next(place, move, frame) {
        if (place.moveTimer > 0 && move !== NOOP) return undefined;
        const next = moved(place, move);
        if (next.y === 0) return 'goal';
        return isHit(carsAt(frame), next.y) || isHit(carsAt(frame + 1), next.y) ? undefined : next;
      },
      key: (place) => place.y * MOVE_INTERVAL + place.moveTimer,
      cost: (place) => place.y,
    });
  },
};

/** A kind of car is its wait, below 0 where it drives to the left. */
type Kind = 'chicken' | number;

/** Each car in its lane, and the chicken; what sticks out at one end of the road comes in at the other. */
function thingsOn({ cars, y: row }: FreewayState): readonly Placed<Kind>[] {
  const things: Placed<Kind>[] = [];
  for (let lane = 0; lane < LANES; lane++) {
    const { x, right, wait } = cars[lane];
    const [kind, y] = [right ? wait : -wait, lane + 1];
    things.push({ kind, x, y });
    const sticksOut = right ? x < trailOf(wait) : x > SIZE - 1 - trailOf(wait);
    if (sticksOut) things.push({ kind, x: right ? x + SIZE : x - SIZE, y });
  }
  things.push({ kind: 'chicken', x: CHICKEN, y: row });
  return things;
}

/** Where a wait lies between the shortest, 0, and the longest, 1. */
function slowness(wait: number): number {
  return (wait - SHORTEST_WAIT) / (LONGEST_WAIT - SHORTEST_WAIT);
}

/** The length of a car's trail, in cells. */
function trailOf(wait: number): number {
  return 1.5 - slowness(wait);
}

const drawScene = createSprites<Kind>({
  reach: 1.5,

  /** Pavements above and below, and a dashed line between lanes. */
  behind(ctx, { accent }) {
    ctx.fillStyle = accent;
    ctx.fillRect(0, 0, SIZE, 0.9);
    ctx.fillRect(0, SIZE - 0.9, SIZE, 0.9);
    ctx.beginPath();
    for (let lane = 2; lane <= LANES; lane++) {
      for (let x = 0.25; x < SIZE; x += 2) ctx.rect(x, lane - 0.06, 0.7, 0.12);
    }
    fillPale(ctx, accent, 0.6);
  },

  /** Fast cars are red and leave a long trail, slow ones are amber and leave a short one. */
  paint(ctx, kind, palette) {
    if (kind === 'chicken') {
      disc(ctx, 0.5, 0.5, 0.46, palette.agent);
      disc(ctx, 0.5, 0.35, 0.2, palette.foreground);
      return;
    }
    const [right, wait] = [kind > 0, Math.abs(kind)];
    trail(ctx, 0, 0, right, palette.danger, trailOf(wait));
    ctx.fillStyle = palette.danger;
    ctx.fillRect(0.04, 0.14, 0.92, 0.72);
    ctx.globalAlpha = slowness(wait);
    ctx.fillStyle = palette.goal;
    ctx.fillRect(0.04, 0.14, 0.92, 0.72);
    ctx.globalAlpha = 1;
    ctx.fillStyle = palette.background;
    ctx.fillRect(right ? 0.58 : 0.24, 0.28, 0.18, 0.44); // the windscreen
  },
});

export default environment;
