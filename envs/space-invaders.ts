/**
 * Space Invaders, as in MinAtar (Young and Tian 2019): shoot waves of aliens that come down and shoot back, every wave
 * faster than the one before. Published: PPO 131 after 10 M steps (gymnax).
 */
import type { Environment, Palette } from '../src/types.ts';
import { box, fillPale } from '../src/world/draw/arcade.ts';
import { onGrid } from '../src/world/draw/grid.ts';
import { createSprites } from '../src/world/draw/sprites.ts';
import type { Placed } from '../src/world/draw/sprites.ts';
import { createStill } from '../src/world/draw/still.ts';
import {
  FIRE, LEFT, NOOP, RIGHT, SIZE, acrossOf, actions, clamp, isOnGrid, sameCell, stickyAction,
} from '../src/world/minatar/rules.ts';
import type { Cell } from '../src/world/minatar/rules.ts';

/** The row of the cannon. */
const BOTTOM = SIZE - 1;
/** Four rows of six. */
const WAVE: readonly Cell[] = Array.from({ length: 24 }, (_, i) => ({ x: 2 + (i % 6), y: Math.floor(i / 6) }));
/** Frames from one shot of the cannon to the next, and from one shot of the aliens to the next. */
const SHOT_INTERVAL = 5;
const ALIEN_SHOT_INTERVAL = 10;
/** Frames between moves of the aliens while they are many; one less with every wave. */
const FIRST_MOVE_INTERVAL = 12;
const LEAST_MOVE_INTERVAL = 6;

/** How many frames the expert looks ahead, and how many rows above the cannon it begins to mind a bullet. */
const HORIZON = 24;
const CAUTION = 3;

interface InvadersState {
  /** Column of the cannon. */
  readonly x: number;
  readonly aliens: readonly Cell[];
  /** Where all aliens are going. */
  readonly right: boolean;
  /** Bullets of the cannon, which go up, and of the aliens, which go down. */
  readonly shots: readonly Cell[];
  readonly alienShots: readonly Cell[];
  readonly moveInterval: number;
  /** Frames until each is possible. */
  readonly shotTimer: number;
  readonly moveTimer: number;
  readonly alienShotTimer: number;
  readonly lastAction: number;
}

function shifted(cells: readonly Cell[], dx: number, dy: number): readonly Cell[] {
  return cells.map(({ x, y }) => ({ x: x + dx, y: y + dy })).filter(({ y }) => isOnGrid(y));
}

function includesCell(cells: readonly Cell[], cell: Cell): boolean {
  return cells.some((other) => sameCell(other, cell));
}

/** The alien that shoots: the lowest of the column nearest to the cannon; of two such columns the left one. */
function shooter(aliens: readonly Cell[], x: number): Cell {
  return aliens.reduce((best, alien) => {
    const nearer = Math.abs(alien.x - x) - Math.abs(best.x - x) || alien.x - best.x || best.y - alien.y;
    return nearer < 0 ? alien : best;
  });
}

/** Where aliens are and where they go; whether they have landed, which is the end. */
interface March extends Pick<InvadersState, 'aliens' | 'right'> {
  readonly landed: boolean;
}

/** Aliens after their move: aside, or down and from now on the other way where one of them is at the wall. */
function marched(aliens: readonly Cell[], right: boolean): March {
  const wall = right ? SIZE - 1 : 0;
  if (!aliens.some(({ x }) => x === wall)) return { aliens: shifted(aliens, right ? 1 : -1, 0), right, landed: false };
  if (aliens.some(({ y }) => y === BOTTOM)) return { aliens, right, landed: true };
  return { aliens: shifted(aliens, 0, 1), right: !right, landed: false };
}

const environment: Environment<InvadersState> = {
  name: 'space-invaders',
  description: 'Shoot waves of aliens that shoot back; +1 an alien, until one hits you (MinAtar).',
  actions,
  // Ours: MinAtar has no time limit.
  maxSteps: 5000,
  // Measured over 1000 episodes at random and 100 of `expert`, a script that knows the timers and looks ahead.
  reference: { random: 2.8, expert: 539 },

  reset() {
    return {
      x: 5,
      aliens: WAVE,
      right: false,
      shots: [],
      alienShots: [],
      moveInterval: FIRST_MOVE_INTERVAL,
      shotTimer: 0,
      moveTimer: FIRST_MOVE_INTERVAL,
      alienShotTimer: ALIEN_SHOT_INTERVAL,
      lastAction: NOOP,
    };
  },

  step(state, wanted, rng) {
    const action = stickyAction(wanted, state.lastAction, rng);
    let { aliens, right, shots, moveInterval, shotTimer, moveTimer, alienShotTimer } = state;
    if (action === FIRE && shotTimer === 0) {
      shots = [...shots, { x: state.x, y: BOTTOM }];
      shotTimer = SHOT_INTERVAL;
    }
    const x = clamp(state.x + acrossOf(action), 0, SIZE - 1);
    const cannon = { x, y: BOTTOM };

    shots = shifted(shots, 0, -1);
    let alienShots = shifted(state.alienShots, 0, 1);
    let terminated = includesCell(alienShots, cannon) || includesCell(aliens, cannon);
    if (moveTimer === 0) {
      // Few aliens are fast: the last one moves every frame.
      moveTimer = Math.min(aliens.length, moveInterval);
      const march = marched(aliens, right);
      ({ aliens, right } = march);
      terminated ||= march.landed || includesCell(aliens, cannon);
    }
    if (alienShotTimer === 0) {
      alienShotTimer = ALIEN_SHOT_INTERVAL;
      alienShots = [...alienShots, shooter(aliens, x)];
    }

    const left = aliens.filter((alien) => !includesCell(shots, alien));
    const reward = aliens.length - left.length;
    shots = shots.filter((shot) => !includesCell(aliens, shot));
    aliens = left;
    if (aliens.length === 0) {
      aliens = WAVE;
      moveInterval = Math.max(moveInterval - 1, LEAST_MOVE_INTERVAL);
    }
    const timers = {
      shotTimer: Math.max(shotTimer - 1, 0),
      moveTimer: moveTimer - 1,
      alienShotTimer: alienShotTimer - 1,
    };
    return {
      state: { x, aliens, right, shots, alienShots, moveInterval, ...timers, lastAction: action },
      reward,
      terminated,
    };
  },

  draw(ctx, state, palette) {
    onGrid(ctx, SIZE, SIZE, () => {
      drawAliens(ctx, state.aliens, state.right, palette);
      drawArms(ctx, armsOf(state), palette);
    });
  },

  /** To the column from which a shot meets an alien soonest, and never under a bullet. */
  expert(state) {
    const dangerAt = (column: number) =>
      Math.max(0, ...state.alienShots.map(({ x, y }) => (x === column && y >= BOTTOM - CAUTION ? y : 0)));
    const column = bestColumn(state);
    const wish = column < state.x ? LEFT : column > state.x ? RIGHT : state.shotTimer === 0 ? FIRE : NOOP;
    const choices = [wish, NOOP, LEFT, RIGHT].map((action) => ({
      action,
      danger: dangerAt(clamp(state.x + acrossOf(action), 0, SIZE - 1)),
    }));
    return choices.reduce((best, choice) => (choice.danger < best.danger ? choice : best)).action;
  },
};

/** Red ones go right, violet ones left, and their eyes look there. They stand still for frames on end, as the ground. */
const drawAliens = createStill((ctx, aliens: readonly Cell[], right: boolean, palette: Palette) => {
  ctx.fillStyle = palette.accent;
  ctx.fillRect(0, SIZE - 0.16, SIZE, 0.16);
  ctx.beginPath();
  for (const { x, y } of aliens) {
    ctx.rect(x + 0.1, y + 0.1, 0.8, 0.56);
    ctx.rect(x + 0.16, y + 0.66, 0.22, 0.24);
    ctx.rect(x + 0.62, y + 0.66, 0.22, 0.24);
  }
  ctx.fillStyle = palette.danger;
  ctx.fill();
  if (!right) fillPale(ctx, palette.agent, 0.55);
  ctx.beginPath();
  for (const { x, y } of aliens) ctx.rect(x + (right ? 0.55 : 0.15), y + 0.22, 0.3, 0.3);
  ctx.fillStyle = palette.background;
  ctx.fill();
});

type Arm = 'shot' | 'alien shot' | 'cannon';

const drawArms = createSprites<Arm>({
  reach: 0,
  paint(ctx, arm, { agent, foreground, goal }) {
    if (arm === 'cannon') {
      box(ctx, 0.02, 0.4, 0.96, 0.5, agent, 0.15);
      box(ctx, 0.34, 0.05, 0.32, 0.6, agent, 0.1);
    } else box(ctx, 0.25, 0.05, 0.5, 0.9, arm === 'shot' ? foreground : goal, 0.2);
  },
});

function armsOf({ x: column, shots, alienShots }: InvadersState): readonly Placed<Arm>[] {
  const arms: Placed<Arm>[] = [];
  for (const { x, y } of shots) arms.push({ kind: 'shot', x, y });
  for (const { x, y } of alienShots) arms.push({ kind: 'alien shot', x, y });
  arms.push({ kind: 'cannon', x: column, y: BOTTOM });
  return arms;
}

/** The column from which, soonest, a shot will meet an alien; the cannon's own where there is none. */
function bestColumn({ x, aliens, right, moveInterval, moveTimer, shotTimer }: InvadersState): number {
  let best = { column: x, ready: Infinity };
  for (let frame = 0; frame < HORIZON; frame++) {
    if (moveTimer === 0) {
      ({ aliens, right } = marched(aliens, right));
      moveTimer = Math.min(aliens.length, moveInterval);
    }
    moveTimer--;
    for (const alien of aliens) {
      const ready = Math.max(Math.abs(alien.x - x), shotTimer);
      // A shot of frame f is one row up by the end of it.
      if (ready + (BOTTOM - alien.y) === frame + 1 && ready < best.ready) best = { column: alien.x, ready };
    }
  }
  return best.column;
}

export default environment;
