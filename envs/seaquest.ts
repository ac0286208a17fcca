/**
 * Seaquest, as in MinAtar (Young and Tian 2019): a submarine shoots fish and submarines, picks up divers, and has to
 * surface for air, which only a diver on board allows. No published number that we know of; the paper has plots.
 */
import type { Environment, Rng } from '../src/types.ts';
import { onGrid } from '../src/world/draw/grid.ts';
import type { Placed } from '../src/world/draw/sprites.ts';
import { lookAhead } from '../src/world/minatar/look-ahead.ts';
import {
  DOWN, FIRE, LEFT, NOOP, RIGHT, SIZE, UP, acrossOf, actions, clamp, downOf, faster, isOnGrid, offMiddle, sameCell,
  stickyAction,
} from '../src/world/minatar/rules.ts';
import type { Cell, Pace } from '../src/world/minatar/rules.ts';
import { drawSea } from '../src/world/minatar/sea.ts';
import type { SeaThing } from '../src/world/minatar/sea.ts';

const FIRST_PACE: Pace = { spawnInterval: 20, moveInterval: 5, level: 0 };
const LEAST_MOVE_INTERVAL = 2;
/** Frames from one to the next. */
const DIVER_SPAWN_INTERVAL = 30;
const SHOT_INTERVAL = 5;
/** Frames between two moves of a diver (of an enemy: `pace.moveInterval`), and two shots of an enemy submarine. */
const DIVER_WAIT = 5;
const ENEMY_SHOT_WAIT = 10;
const MAX_OXYGEN = 200;
const MAX_DIVERS = 6;
const SUBMARINE_SHARE = 1 / 3;
/** Everything swims in rows 1 to 8, between the surface and the gauges. */
const DEEPEST = 8;

/** How many frames the expert looks ahead, how far it goes towards the walls, and the air it keeps. */
const HORIZON = 4;
const MAX_OFF_MIDDLE = 3;
const RESERVE = 20;

/** Something that crosses the sea in a row of its own choice. */
interface Swimmer extends Cell {
  readonly right: boolean;
}

interface Diver extends Swimmer {
  /** Frames until it moves. */
  readonly moveTimer: number;
}

interface Enemy extends Diver {
  /** Frames until it shoots; null for a fish, which does not. */
  readonly shotTimer: number | null;
}

interface SeaquestState {
  /** Where the front of the submarine is; its back is one cell behind. */
  readonly sub: Swimmer;
  readonly shots: readonly Swimmer[];
  readonly enemyShots: readonly Swimmer[];
  readonly enemies: readonly Enemy[];
  readonly divers: readonly Diver[];
  readonly diversOnBoard: number;
  /** Frames of air left, at most 200. */
  readonly oxygen: number;
  readonly atSurface: boolean;
  readonly pace: Pace;
  /** Frames until each is possible. */
  readonly shotTimer: number;
  readonly enemyTimer: number;
  readonly diverTimer: number;
  readonly lastAction: number;
}

// Every frame makes all swimmers anew, so they are written out: spreading objects of several kinds is many times slower,
// most of all where threads do it side by side.

function ahead({ x, y, right }: Swimmer): Swimmer {
  return { x: x + (right ? 1 : -1), y, right };
}

function isInside({ x }: Cell): boolean {
  return isOnGrid(x);
}

function includesCell(cells: readonly Cell[], cell: Cell): boolean {
  return cells.some((other) => sameCell(other, cell));
}

/** A place at one of the walls, and the way in. */
function entrance(rng: Rng): Swimmer {
  const right = rng.int(2) === 1;
  return { x: right ? 0 : SIZE - 1, y: 1 + rng.int(DEEPEST), right };
}

/** One enemy more, unless another comes the opposite way in its row. */
function withEnemy(enemies: readonly Enemy[], wait: number, rng: Rng): readonly Enemy[] {
  const place = entrance(rng);
  const shotTimer = rng.uniform() < SUBMARINE_SHARE ? ENEMY_SHOT_WAIT : null;
  if (enemies.some(({ y, right }) => y === place.y && right !== place.right)) return enemies;
  return [...enemies, { ...place, moveTimer: wait, shotTimer }];
}

/** A diver one frame later. */
function swum({ x, y, right, moveTimer }: Diver): Diver {
  if (moveTimer > 0) return { x, y, right, moveTimer: moveTimer - 1 };
  return { x: x + (right ? 1 : -1), y, right, moveTimer: DIVER_WAIT };
}

/** An enemy one frame later, when it has shot if it could. */
function attacked({ x, y, right, moveTimer, shotTimer }: Enemy, wait: number): Enemy {
  if (moveTimer > 0) return { x, y, right, moveTimer: moveTimer - 1, shotTimer: nextShot(shotTimer) };
  return { x: x + (right ? 1 : -1), y, right, moveTimer: wait, shotTimer: nextShot(shotTimer) };
}

/** What moves by itself. */
type Sea = Pick<SeaquestState, 'enemies' | 'enemyShots' | 'divers'>;

/** The sea one frame later: all have swum, submarines have shot, and shots have flown. */
function drifted({ enemies, enemyShots, divers }: Sea, enemyWait: number): Sea {
  const after = enemies.map((enemy) => attacked(enemy, enemyWait));
  // A shot leaves from where its submarine has swum to.
  const shooting = after.filter((_, i) => enemies[i].shotTimer === 0);
  return {
    enemies: after.filter(isInside),
    enemyShots: [...enemyShots, ...shooting].map(ahead).filter(isInside),
    divers: divers.map(swum).filter(isInside),
  };
}

function nextShot(shotTimer: Enemy['shotTimer']): Enemy['shotTimer'] {
  if (shotTimer === null) return null;
  return shotTimer > 0 ? shotTimer - 1 : ENEMY_SHOT_WAIT;
}

/** The submarine after an action, which may turn it. */
function steered({ x, y, right }: Swimmer, action: number): Swimmer {
  return {
    x: clamp(x + acrossOf(action), 0, SIZE - 1),
    y: clamp(y + downOf(action), 0, DEEPEST),
    right: action === RIGHT || (action !== LEFT && right),
  };
}

const environment: Environment<SeaquestState> = {
  name: 'seaquest',
  description: 'Shoot fish and submarines, rescue divers, mind the air; +1 a hit, up to +10 for six divers (MinAtar).',
  actions,
  // Ours: MinAtar has no time limit.
  maxSteps: 5000,
  // Measured over 1000 episodes at random and 100 of `expert`, a script that knows the timers and looks ahead.
  reference: { random: 0.1, expert: 102 },

  reset() {
    return {
      sub: { x: 5, y: 0, right: false },
      shots: [],
      enemyShots: [],
      enemies: [],
      divers: [],
      diversOnBoard: 0,
      oxygen: MAX_OXYGEN,
      atSurface: true,
      pace: FIRST_PACE,
      shotTimer: 0,
      enemyTimer: FIRST_PACE.spawnInterval,
      diverTimer: DIVER_SPAWN_INTERVAL,
      lastAction: NOOP,
    };
  },

  step(state, wanted, rng) {
    const action = stickyAction(wanted, state.lastAction, rng);
    let { shots, enemies, enemyShots, divers, diversOnBoard, oxygen, atSurface, pace } = state;
    let { shotTimer, enemyTimer, diverTimer } = state;
    if (enemyTimer === 0) {
      enemies = withEnemy(enemies, pace.moveInterval, rng);
      enemyTimer = pace.spawnInterval;
    }
    if (diverTimer === 0) {
      divers = [...divers, { ...entrance(rng), moveTimer: DIVER_WAIT }];
      diverTimer = DIVER_SPAWN_INTERVAL;
    }
    if (action === FIRE && shotTimer === 0) {
      shots = [...shots, state.sub];
      shotTimer = SHOT_INTERVAL;
    }
    const sub = steered(state.sub, action);

    shots = shots.map(ahead).filter(isInside);
    let [reward, terminated] = [0, false];
    for (const hasDrifted of [false, true]) {
      if (hasDrifted) ({ enemies, enemyShots, divers } = drifted({ enemies, enemyShots, divers }, pace.moveInterval));
      // Shots and enemies in the same cell are gone.
      const struck = enemies.filter((enemy) => includesCell(shots, enemy));
      if (struck.length > 0) {
        reward += struck.length;
        shots = shots.filter((shot) => !includesCell(struck, shot));
        enemies = enemies.filter((enemy) => !struck.includes(enemy));
      }
      const met = divers.filter((diver) => sameCell(diver, sub)).slice(0, MAX_DIVERS - diversOnBoard);
      if (met.length > 0) {
        diversOnBoard += met.length;
        divers = divers.filter((diver) => !met.includes(diver));
      }
      terminated ||= includesCell(enemies, sub) || includesCell(enemyShots, sub);
    }

    if (sub.y > 0) {
      oxygen -= 1;
      terminated ||= oxygen === 0;
    } else if (!atSurface && diversOnBoard === 0) {
      terminated = true;
    } else if (!atSurface) {
      const isFull = diversOnBoard === MAX_DIVERS;
      if (isFull) reward += gauge(oxygen);
      diversOnBoard = isFull ? 0 : diversOnBoard - 1;
      oxygen = MAX_OXYGEN;
      pace = faster(pace, LEAST_MOVE_INTERVAL);
    }
    atSurface = sub.y === 0;

    shotTimer = Math.max(shotTimer - 1, 0);
    enemyTimer -= 1;
    diverTimer -= 1;
    // Written out: to spread several objects into one takes longer than all the rest of a step.
    const next = {
      sub, shots, enemyShots, enemies, divers, diversOnBoard, oxygen, atSurface, pace,
      shotTimer, enemyTimer, diverTimer, lastAction: action,
    };
    return { state: next, reward, terminated };
  },

  draw(ctx, state, palette) {
    onGrid(ctx, SIZE, SIZE, () => {
      drawSea(ctx, inSight(state), palette);
      ctx.fillStyle = palette.foreground;
      ctx.fillRect(0, SIZE - 0.94, (SIZE * state.oxygen) / MAX_OXYGEN, 0.4);
    });
  },

  /** Shoot what is ahead; else go where a diver is, or where something can be shot; up where air or room run out. */
  expert(state) {
    const { sub, diversOnBoard, oxygen, shotTimer, pace } = state;
    const surfaces = diversOnBoard === MAX_DIVERS || (diversOnBoard > 0 && oxygen < sub.y + RESERVE);
    const frames = [forecast(state)];
    const seaAt = (frame: number): Forecast =>
      (frames[frame] ??= forecast(drifted(seaAt(frame - 1), pace.moveInterval)));
    const isSafe = (place: Swimmer, frame: number) =>
      !seaAt(frame).danger.has(cellKey(place)) && !seaAt(frame + 1).danger.has(cellKey(place));

    if (shotTimer === 0 && state.enemies.some((enemy) => isAhead(sub, enemy)) && isSafe(sub, 0)) return FIRE;
    return lookAhead({
      start: sub,
      horizon: HORIZON,
      moves: [NOOP, LEFT, RIGHT, UP, DOWN],
      next(place, move, frame) {
        const next = steered(place, move);
        if (next.y === 0 && place.y > 0) return surfaces ? 'goal' : undefined;
        if (offMiddle(next.x) > MAX_OFF_MIDDLE && offMiddle(next.x) >= offMiddle(place.x)) return undefined;
        if (!isSafe(next, frame)) return undefined;
        if (surfaces) return next;
        const meets = seaAt(frame).divers.some((diver) => sameCell(diver, next));
        const shoots = frame + 1 >= shotTimer && seaAt(frame + 1).enemies.some((enemy) => isAhead(next, enemy));
        return meets || shoots ? 'goal' : next;
      },
      key: (place) => cellKey(place) * 2 + Number(place.right),
      cost: ({ x, y }) => (surfaces ? y : offMiddle(x) + offMiddle(y)),
    });
  },
};

interface Forecast extends Sea {
  /** Cells with something deadly in them, or right ahead of it: too close if an action sticks. */
  readonly danger: ReadonlySet<number>;
}

function forecast(sea: Sea): Forecast {
  const things = [...sea.enemies, ...sea.enemyShots];
  return { ...sea, danger: new Set([...things, ...things.map(ahead)].map(cellKey)) };
}

function cellKey({ x, y }: Cell): number {
  return y * SIZE + x;
}

function isAhead(sub: Swimmer, { x, y }: Cell): boolean {
  return y === sub.y && (sub.right ? x > sub.x : x < sub.x);
}

/** How many of the ten cells of its bar some oxygen fills, rounded down. */
function gauge(oxygen: number): number {
  return Math.floor((oxygen * SIZE) / MAX_OXYGEN);
}

/** All that is drawn on the sea, and the divers on board below it. */
function inSight({ diversOnBoard, divers, enemies, enemyShots, shots, sub }: SeaquestState): readonly Placed<SeaThing>[] {
  const things: Placed<SeaThing>[] = [];
  for (let i = 1; i <= diversOnBoard; i++) things.push({ kind: 'rescued diver', x: SIZE - 1.4 * i, y: SIZE - 1 });
  for (const { x, y, right } of divers) things.push({ kind: `diver to the ${side(right)}`, x, y });
  for (const { x, y, right, shotTimer } of enemies) {
    things.push({ kind: `${shotTimer === null ? 'fish' : 'submarine'} to the ${side(right)}`, x, y });
  }
  for (const { x, y } of enemyShots) things.push({ kind: 'enemy shot', x, y });
  for (const { x, y } of shots) things.push({ kind: 'shot', x, y });
  things.push({ kind: `player to the ${side(sub.right)}`, x: sub.x, y: sub.y });
  return things;
}

function side(right: boolean): 'left' | 'right' {
  return right ? 'right' : 'left';
}

export default environment;
