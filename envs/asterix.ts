/**
 * Asterix, as in MinAtar (Young and Tian 2019): collect treasure that crosses the screen in eight lanes, among enemies
 * that do as well; all of it comes faster and faster. Published: PPO 15 after 10 M steps (gymnax).
 */
import type { Environment, Rng } from '../src/types.ts';
import { box, trail } from '../src/world/draw/arcade.ts';
import { disc, onGrid } from '../src/world/draw/grid.ts';
import { createSprites } from '../src/world/draw/sprites.ts';
import type { Placed } from '../src/world/draw/sprites.ts';
import { lookAhead } from '../src/world/minatar/look-ahead.ts';
import {
  DOWN, LEFT, NOOP, RIGHT, SIZE, UP, acrossOf, actions, clamp, downOf, faster, isOnGrid, offMiddle, stickyAction,
} from '../src/world/minatar/rules.ts';
import type { Cell, Pace } from '../src/world/minatar/rules.ts';

const LANES = 8;
const TREASURE_SHARE = 1 / 3;
const FIRST_PACE: Pace = { spawnInterval: 10, moveInterval: 5, level: 0 };
/** Frames from one growth of the pace to the next. */
const RAMP_INTERVAL = 100;
const LEAST_MOVE_INTERVAL = 1;

/** An enemy or a treasure; its lane is its index. */
interface Walker {
  readonly x: number;
  readonly right: boolean;
  readonly isTreasure: boolean;
}

/** How many frames the expert looks ahead, and how far it goes towards the walls, where walkers come in. */
const HORIZON = 6;
const MAX_OFF_MIDDLE = 3;

interface AsterixState {
  readonly x: number;
  /** 1 to 8: the rows of the lanes. */
  readonly y: number;
  /** One walker at most in each lane, from row 1 to row 8. */
  readonly lanes: readonly (Walker | null)[];
  readonly pace: Pace;
  /** Frames until the next of each. */
  readonly spawnTimer: number;
  readonly moveTimer: number;
  readonly rampTimer: number;
  readonly lastAction: number;
}

function spawn(lanes: AsterixState['lanes'], rng: Rng): AsterixState['lanes'] {
  const right = rng.int(2) === 1;
  const isTreasure = rng.uniform() < TREASURE_SHARE;
  const free = lanes.flatMap((walker, lane) => (walker === null ? [lane] : []));
  if (free.length === 0) return lanes;
  return lanes.with(free[rng.int(free.length)], { x: right ? 0 : SIZE - 1, right, isTreasure });
}

function walk(walker: Walker | null): Walker | null {
  if (walker === null) return null;
  const x = walker.x + (walker.right ? 1 : -1);
  return isOnGrid(x) ? { ...walker, x } : null;
}

/** The player after an action. */
function moved({ x, y }: Cell, action: number): Cell {
  return { x: clamp(x + acrossOf(action), 0, SIZE - 1), y: clamp(y + downOf(action), 1, LANES) };
}

const environment: Environment<AsterixState> = {
  name: 'asterix',
  description: 'Collect treasure, touch no enemy; +1 a treasure, faster and faster (MinAtar).',
  actions,
  // Ours: MinAtar has no time limit.
  maxSteps: 5000,
  // Measured over 1000 episodes at random and 100 of `expert`, a script that knows the timers and looks ahead.
  reference: { random: 0.51, expert: 49.2 },

  reset() {
    return {
      x: 5,
      y: 5,
      lanes: new Array<null>(LANES).fill(null),
      pace: FIRST_PACE,
      spawnTimer: FIRST_PACE.spawnInterval,
      moveTimer: FIRST_PACE.moveInterval,
      rampTimer: RAMP_INTERVAL,
      lastAction: NOOP,
    };
  },

  step(state, wanted, rng) {
    const action = stickyAction(wanted, state.lastAction, rng);
    let { lanes, pace, spawnTimer, moveTimer, rampTimer } = state;
    if (spawnTimer === 0) {
      lanes = spawn(lanes, rng);
      spawnTimer = pace.spawnInterval;
    }
    const { x, y } = moved(state, action);
    let [reward, terminated] = [0, false];
    const touch = () => {
      const walker = lanes[y - 1];
      if (walker?.x !== x) return;
      if (!walker.isTreasure) terminated = true;
      else {
        reward += 1;
        lanes = lanes.with(y - 1, null);
      }
    };
    touch();
    if (moveTimer === 0) {
      lanes = lanes.map(walk);
      moveTimer = pace.moveInterval;
      touch();
    }
    if (rampTimer === 0) {
      pace = faster(pace, LEAST_MOVE_INTERVAL);
      rampTimer = RAMP_INTERVAL;
    }

    spawnTimer -= 1;
    moveTimer -= 1;
    rampTimer -= 1;
    const next = { x, y, lanes, pace, spawnTimer, moveTimer, rampTimer, lastAction: action };
    return { state: next, reward, terminated };
  },

  draw(ctx, state, palette) {
    onGrid(ctx, SIZE, SIZE, () => {
      drawScene(ctx, [...state.lanes.flatMap(placed), { kind: 'player', x: state.x, y: state.y }], palette);
    });
  },

  /** The shortest safe way to a treasure; without one, a safe way to the middle. */
  expert({ x, y, lanes, moveTimer, pace }) {
    const lanesAt = [lanes];
    for (let frame = 0; frame < HORIZON; frame++) {
      const walks = (frame - moveTimer) % pace.moveInterval === 0 && frame >= moveTimer;
      lanesAt.push(walks ? lanesAt[frame].map(walk) : lanesAt[frame]);
    }
    return lookAhead({
      start: { x, y },
      horizon: HORIZON,
      moves: [NOOP, LEFT, UP, RIGHT, DOWN],
      next(place, move, frame) {
        const next = moved(place, move);
        if (offMiddle(next.x) > MAX_OFF_MIDDLE && offMiddle(next.x) >= offMiddle(place.x)) return undefined;
        const [now, soon] = [lanesAt[frame][next.y - 1], lanesAt[frame + 1][next.y - 1]];
        const met = [now, soon].find((walker) => walker?.x === next.x);
        if (met?.isTreasure) return 'goal';
        return met !== undefined || isThreatened(soon, next.x) ? undefined : next;
      },
      key: (place) => place.y * SIZE + place.x,
      cost: (place) => offMiddle(place.x) + offMiddle(place.y),
    });
  },
};

/** Whether an enemy is about to walk into a cell of its lane: too close if an action sticks. */
function isThreatened(walker: Walker | null, x: number): boolean {
  return walker !== null && !walker.isTreasure && x === walker.x + (walker.right ? 1 : -1);
}

type Kind = 'player' | `${'treasure' | 'enemy'} to the ${'left' | 'right'}`;

function placed(walker: Walker | null, lane: number): readonly Placed<Kind>[] {
  if (walker === null) return [];
  const { x, right, isTreasure } = walker;
  return [{ kind: `${isTreasure ? 'treasure' : 'enemy'} to the ${right ? 'right' : 'left'}`, x, y: lane + 1 }];
}

const drawScene = createSprites<Kind>({
  reach: 1,

  /** Walls above and below, and a line between lanes. */
  behind(ctx, { accent }) {
    ctx.fillStyle = accent;
    ctx.fillRect(0, 0, SIZE, 0.8);
    ctx.fillRect(0, SIZE - 0.8, SIZE, 0.8);
    ctx.globalAlpha = 0.35;
    for (let lane = 2; lane <= LANES; lane++) ctx.fillRect(0, lane - 0.04, SIZE, 0.08);
    ctx.globalAlpha = 1;
  },

  paint(ctx, kind, palette) {
    if (kind === 'player') {
      box(ctx, 0.02, 0.02, 0.96, 0.96, palette.agent, 0.45);
      disc(ctx, 0.5, 0.5, 0.22, palette.foreground);
      return;
    }
    const right = kind.endsWith('right');
    const isTreasure = kind.startsWith('treasure');
    const colour = isTreasure ? palette.goal : palette.danger;
    trail(ctx, 0, 0, right, colour);
    if (isTreasure) disc(ctx, 0.5, 0.5, 0.42, colour);
    else {
      box(ctx, 0.06, 0.06, 0.88, 0.88, colour);
      box(ctx, right ? 0.5 : 0.2, 0.28, 0.3, 0.3, palette.background, 0.15); // an eye
    }
  },
});

export default environment;
