import { describe, expect, it } from 'vitest';
import environment from '../../envs/seaquest.ts';
import { createRng } from '../../src/random.ts';
import { createFrames } from '../../src/world/frames.ts';

const rng = createRng(0);
const [noop, left, up, right, down, fire] = [0, 1, 2, 3, 4, 5];
const first = environment.reset(rng);
type State = typeof first;

const at = (x: number, y: number, goesRight = true) => ({ x, y, right: goesRight });
const diver = (x: number, y: number, goesRight = true, moveTimer = 5) => ({ ...at(x, y, goesRight), moveTimer });
const fish = (x: number, y: number, goesRight = true, moveTimer = 5) => ({
  ...diver(x, y, goesRight, moveTimer),
  shotTimer: null,
});

const diving: State = { ...first, sub: at(5, 4), atSurface: false, enemyTimer: 9, diverTimer: 9 };

/** One step in which an action that sticks changes nothing and nothing comes in, unless a timer says so. */
function play(state: Partial<State>, action = noop) {
  return environment.step({ ...diving, ...state, lastAction: action }, action, rng);
}

describe('seaquest', () => {
  it('steers within rows 0 to 8 and turns with left and right', () => {
    expect(play({}, left).state.sub).toEqual(at(4, 4, false));
    expect(play({ sub: at(5, 4, false) }, right).state.sub).toEqual(at(6, 4));
    expect(play({}, up).state.sub).toEqual(at(5, 3));
    expect(play({ sub: at(5, 8, false) }, down).state.sub).toEqual(at(5, 8, false));
    expect(play({ sub: at(9, 4, false) }, right).state.sub).toEqual(at(9, 4));
    expect(play({ sub: at(0, 4) }, left).state.sub).toEqual(at(0, 4, false));
  });

  it('shoots ahead once in five frames, and shots leave at the walls', () => {
    let { state } = play({ sub: at(0, 4) }, fire);
    expect(state.shots).toEqual([at(1, 4)]);
    expect(state.shotTimer).toBe(4);
    for (let frame = 1; frame <= 4; frame++) ({ state } = play(state, fire));
    expect(state.shots).toEqual([at(5, 4)]);
    ({ state } = play(state, fire));
    expect(state.shots).toEqual([at(6, 4), at(1, 4)]);
    expect(play({ sub: at(5, 4, false) }, fire).state.shots).toEqual([at(4, 4, false)]);
    expect(play({ shots: [at(9, 2), at(0, 3, false)] }).state.shots).toEqual([]);
  });

  it('pays +1 for each enemy that a shot meets, also for one that swims into it', () => {
    const next = play({ shots: [at(2, 2), at(6, 7)], enemies: [fish(3, 2), fish(8, 7, false, 0), fish(4, 2)] });
    expect(next).toMatchObject({ reward: 2, terminated: false });
    expect(next.state.shots).toEqual([]);
    expect(next.state.enemies).toEqual([fish(4, 2, true, 4)]);
    expect(play({ shots: [at(2, 2)], enemies: [fish(3, 2, true, 0)] }).reward).toBe(1); // it swims on too late
  });

  it('moves enemies when they have waited, and off the grid', () => {
    const enemies = [fish(3, 2, true, 0), fish(9, 3, true, 0), fish(0, 5, false, 0), fish(3, 6, true, 1)];
    expect(play({ enemies }).state.enemies).toEqual([fish(4, 2, true, 5), fish(3, 6, true, 0)]);
  });

  it('lets enemy submarines shoot ahead, and not fish', () => {
    const submarine = { ...fish(3, 2), shotTimer: 0 };
    const next = play({ enemies: [submarine, { ...fish(8, 3, false), shotTimer: 1 }, fish(3, 6)] }).state;
    expect(next.enemyShots).toEqual([at(4, 2)]);
    expect(next.enemies.map(({ shotTimer }) => shotTimer)).toEqual([10, 0, null]);
    expect(play({ enemyShots: [at(3, 2), at(0, 6, false)] }).state.enemyShots).toEqual([at(4, 2)]);
  });

  it('ends where an enemy or its shot meets the front of the submarine', () => {
    expect(play({ enemies: [fish(6, 4, false)] }, right)).toMatchObject({ reward: 0, terminated: true });
    expect(play({ enemies: [fish(6, 4, false, 0)] }).terminated).toBe(true);
    expect(play({ enemies: [fish(6, 4, false)] }).terminated).toBe(false);
    expect(play({ enemyShots: [at(4, 4)] }).terminated).toBe(true);
    expect(play({ enemyShots: [at(3, 4)] }).terminated).toBe(false);
    expect(play({ enemies: [fish(4, 4)] }).terminated).toBe(false); // the back of it is not hit
  });

  it('picks up divers, six at most', () => {
    const divers = [diver(6, 4, false), diver(2, 2)];
    const next = play({ divers, diversOnBoard: 5 }, right);
    expect(next).toMatchObject({ reward: 0, terminated: false });
    expect(next.state.diversOnBoard).toBe(6);
    expect(next.state.divers).toEqual([diver(2, 2, true, 4)]);
    expect(play({ divers: [diver(4, 4, true, 0)] }).state.diversOnBoard).toBe(1);
    const full = play({ divers, diversOnBoard: 6 }, right).state;
    expect(full.diversOnBoard).toBe(6);
    expect(full.divers).toHaveLength(2);
    expect(play({ divers: [diver(9, 2, true, 0)] }).state.divers).toEqual([]);
  });

  it('uses up air under water and ends without', () => {
    expect(play({ oxygen: 200 }).state.oxygen).toBe(199);
    expect(play({ oxygen: 2 })).toMatchObject({ terminated: false });
    expect(play({ oxygen: 1 })).toMatchObject({ reward: 0, terminated: true });
    expect(play({ sub: at(5, 0), atSurface: true, oxygen: 150 }, left)).toMatchObject({
      terminated: false,
      state: { oxygen: 150, atSurface: true },
    });
    expect(play({ sub: at(5, 0), atSurface: true }, down).state).toMatchObject({ oxygen: 199, atSurface: false });
  });

  it('takes in air for a diver, without one it ends, and for six it pays the bar of air', () => {
    const below = { sub: at(5, 1), oxygen: 139 };
    expect(play({ ...below, diversOnBoard: 0 }, up)).toMatchObject({ reward: 0, terminated: true });
    const some = play({ ...below, diversOnBoard: 3 }, up);
    expect(some).toMatchObject({ reward: 0, terminated: false });
    expect(some.state).toMatchObject({ diversOnBoard: 2, oxygen: 200, atSurface: true });
    const six = play({ ...below, diversOnBoard: 6 }, up);
    expect(six).toMatchObject({ reward: 6, terminated: false }); // 139 of 200 fill 6 of 10 cells
    expect(six.state).toMatchObject({ diversOnBoard: 0, oxygen: 200, atSurface: true });
    expect(play({ ...below, oxygen: 200, diversOnBoard: 6 }, up).reward).toBe(10);
  });

  it('grows faster whenever the submarine surfaces', () => {
    let { pace } = first;
    const paces = Array.from({ length: 8 }, () => {
      ({ pace } = play({ sub: at(5, 1), diversOnBoard: 3, pace }, up).state);
      return [pace.spawnInterval, pace.moveInterval];
    });
    expect(paces).toEqual([[19, 5], [18, 4], [17, 4], [16, 3], [15, 3], [14, 2], [13, 2], [12, 2]]);
  });

  it('lets an enemy in every 20 frames, two of three fish, and none against another in its row', () => {
    const found = Array.from({ length: 3000 }, () => play({ enemyTimer: 0, sub: at(5, 0), atSurface: true }).state);
    expect(found.every(({ enemyTimer, enemies }) => enemyTimer === 19 && enemies.length === 1)).toBe(true);
    const enemies = found.map((state) => state.enemies[0]);
    expect(enemies.every(({ x, right: goesRight }) => x === (goesRight ? 0 : 9))).toBe(true);
    expect([...new Set(enemies.map(({ y }) => y))].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    // 5 standard deviations
    expect(Math.abs(enemies.filter(({ shotTimer }) => shotTimer === null).length - 2000)).toBeLessThan(130);
    const crowd = Array.from({ length: 8 }, (_, i) => fish(5, i + 1));
    const spawned = Array.from({ length: 300 }, () =>
      play({ enemyTimer: 0, sub: at(5, 0), atSurface: true, enemies: crowd }).state.enemies.slice(8),
    );
    expect(spawned.flat().every((enemy) => enemy.right)).toBe(true);
    expect(Math.abs(spawned.flat().length - 150)).toBeLessThan(44);
  });

  it('lets a diver in every 30 frames', () => {
    const { state } = play({ diverTimer: 0, sub: at(5, 0), atSurface: true });
    expect(state.divers).toHaveLength(1);
    expect(state.diverTimer).toBe(29);
    expect(state.divers[0].x).toBe(state.divers[0].right ? 0 : 9);
    expect(play({ diverTimer: 1 }).state.divers).toEqual([]);
  });

  it('has an expert that shoots, fetches divers and surfaces', () => {
    expect(environment.expert?.({ ...diving, enemies: [fish(8, 4, false)] })).toBe(fire);
    expect(environment.expert?.({ ...diving, divers: [diver(5, 7)] })).toBe(down);
    expect(environment.expert?.({ ...diving, diversOnBoard: 6 })).toBe(up);
    expect(environment.expert?.({ ...diving, diversOnBoard: 1, oxygen: 15 })).toBe(up);
  });

  it.each([64, 32])('shows what an enemy is and where it goes at %i×%i', (size) => {
    const frames = createFrames(size);
    const fishes = [fish(7, 6), fish(7, 6, false)];
    const submarines = fishes.map((one) => ({ ...one, shotTimer: 5 }));
    const seen = [...fishes, ...submarines].map((enemy) => frames.render(environment, { ...diving, enemies: [enemy] }));
    for (const [i, a] of seen.entries()) {
      for (const b of seen.slice(i + 1)) {
        expect(a.filter((value, place) => Math.abs(value - b[place]) > 25).length).toBeGreaterThan(6);
      }
    }
  });
});
