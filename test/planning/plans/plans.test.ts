/** Planners, against numbers worked out by hand and worlds whose best plans are known. */
import { describe, expect, it } from 'vitest';
import { cem, type CemOptions } from '../../../src/planning/plans/cem.ts';
import { coloredNoise } from '../../../src/planning/plans/colored-noise.ts';
import { actionsOf, decide, type Evaluate, type PlanMethod } from '../../../src/planning/plans/decide.ts';
import { gradient } from '../../../src/planning/plans/gradient.ts';
import { icem, kept, populations } from '../../../src/planning/plans/icem.ts';
import { allPlans, lookahead } from '../../../src/planning/plans/lookahead.ts';
import { mppi, weights } from '../../../src/planning/plans/mppi.ts';
import { evenly, fitNormals, mixNormals } from '../../../src/planning/plans/normals.ts';
import { keepBest, shifted, type Planning, type PlanTask } from '../../../src/planning/plans/plan.ts';
import { worldPlans } from '../../../src/planning/plans/world-plans.ts';
import { shooting } from '../../../src/planning/plans/shooting.ts';
import { largest } from '../../../src/planning/largest.ts';
import { createRng } from '../../../src/random.ts';
import type { Environment } from '../../../src/types.ts';

const CEM: CemOptions = { candidates: 64, iterations: 4, elites: 8, momentum: 0.1, std: 0.5, warmStart: true, floor: 0.05 };
const ICEM = { candidates: 48, iterations: 3, elites: 8, momentum: 0.1, std: 0.5, beta: 2, decay: 1.25, keep: 0.3 };
const MPPI = { candidates: 96, iterations: 4, elites: 16, temperature: 0.5, std: 0.7, minStd: 0.05, smooth: 0.5 };

const method = (kind: PlanMethod['kind'], horizon: number, size: number, memorySize: number, plan: (task: PlanTask) => Planning): PlanMethod =>
  ({ kind, horizon, size, memorySize, plan });

/** Lanes that begin an episode. */
const fresh = (lanes: number, { horizon, size, memorySize }: PlanMethod) => ({
  isFirst: new Float32Array(lanes).fill(1), plan: new Float32Array(lanes * horizon * size), memory: new Float32Array(lanes * memorySize),
});

/** A world s' = s + a in which being away from 0 and acting cost their squares; its slope by hand. */
const linearQuadratic = (starts: readonly number[], horizon: number): Evaluate => async (plans, count) => {
  const worth = new Float32Array(starts.length * count);
  const slope = new Float32Array(plans.length);
  for (let row = 0; row < worth.length; row++) {
    const states: number[] = [];
    let state = starts[Math.floor(row / count)];
    for (let h = 0; h < horizon; h++) {
      const action = plans[row * horizon + h];
      state += action;
      states.push(state);
      worth[row] -= state ** 2 + action ** 2;
    }
    for (let h = 0; h < horizon; h++) {
      slope[row * horizon + h] = -2 * plans[row * horizon + h] - 2 * states.slice(h).reduce((sum, one) => sum + one, 0);
    }
  }
  return { worth, slope };
};

describe('the worked example of the lectures', () => {
  it('takes the best of four sequences from 3 towards 7, and acts with its first action, 1.0', async () => {
    const line: Environment<number> = {
      name: 'line', description: '', actions: { kind: 'continuous', low: [-1.5], high: [1.5] }, maxSteps: 2, reset: () => 3, draw() {},
      step: (state, action) => {
        const next = state + (action as readonly number[])[0];
        return { state: next, reward: -Math.abs(7 - next), terminated: false };
      },
    };
    const sequences = Float32Array.of(0.5, 1.1, 1, 1, 0.9, 1.1, -0.5, 0.3);
    const planner = method('continuous', 2, 1, 1, function* (task) {
      const best = { plan: new Float32Array(2), worth: -Infinity };
      keepBest(best, sequences, yield sequences, task);
      return { plan: best.plan, memory: new Float32Array(1) };
    });
    const truth = worldPlans({ environment: line, states: [3], left: [2], discount: 1, decode: (_, row) => [...row], rng: createRng(0) }, planner);
    const decision = await decide(planner, fresh(1, planner), truth, createRng(0));
    // Where one starts costs 4, whatever one does.
    expect([...decision.rounds[0].worth].map((worth) => worth - 4)).toEqual([-9.9, -9.0, -9.1, -12.7].map((one) => expect.closeTo(one)));
    expect([...actionsOf(decision, planner)]).toEqual([1]);
  });

  it('refits mean and deviation to the elites [1.2, 0.9] and [0.9, 1.1]', () => {
    const { mean, std } = fitNormals(Float32Array.of(1.2, 0.9, 0.9, 1.1), evenly([0, 1]), { horizon: 2, size: 1 });
    expect([...mean]).toEqual([expect.closeTo(1.05), expect.closeTo(1)]);
    expect([...std]).toEqual([expect.closeTo(0.15), expect.closeTo(0.1)]);
    const mixed = mixNormals({ mean: Float32Array.of(0, 0), std: Float32Array.of(1, 1) }, { mean, std }, 0.1);
    expect(mixed.mean[0]).toBeCloseTo(0.945);
    expect(mixed.std[0]).toBeCloseTo(Math.sqrt(0.1 + 0.9 * 0.15 ** 2));
  });
});

describe('a linear world with quadratic costs', () => {
  const best = [1 / 2, 3 / 5, 8 / 13, 21 / 34]; // of −s, for horizons 1 to 4
  const planners: [string, number, (horizon: number) => PlanMethod][] = [
    ['cem', 1e-2, (horizon) => method('continuous', horizon, 1, horizon, (task) => cem(task, { ...CEM, candidates: 200, iterations: 12 }))],
    ['icem', 2e-2, (horizon) => method('continuous', horizon, 1, horizon * (1 + kept(ICEM)), (task) => icem(task, { ...ICEM, candidates: 200, iterations: 12, decay: 1, beta: 0 }))],
    ['mppi', 2e-2, (horizon) => method('continuous', horizon, 1, horizon, (task) => mppi(task, { ...MPPI, candidates: 200, iterations: 20, elites: 40, minStd: 0.01, temperature: 0.1, smooth: 0 }))],
    ['gradient', 1e-2, (horizon) => method('continuous', horizon, 1, horizon, (task) => gradient(task, { starts: 8, iterations: 150, stepSize: 0.02, std: 0.5 }))],
    ['shooting', 0.15, (horizon) => method('continuous', horizon, 1, horizon, (task) => shooting(task, { candidates: 20_000, repeat: 0 }))],
  ];
  it.each(planners)('has its best first action found by %s', async (_, tolerance, of) => {
    for (const horizon of [1, 2, 3, 4]) {
      const planner = of(horizon);
      const starts = [0.8, -0.4, 0.1];
      const decision = await decide(planner, fresh(3, planner), linearQuadratic(starts, horizon), createRng(3));
      actionsOf(decision, planner).forEach((action, lane) =>
        expect(Math.abs(action + best[horizon - 1] * starts[lane])).toBeLessThan(tolerance));
    }
  });
});

/** Only one of 27 sequences opens it. */
const lock: Evaluate = async (plans, count) => {
  const worth = new Float32Array(plans.length / 9);
  for (let row = 0; row < worth.length; row++) {
    const opens = [2, 0, 1].every((action, h) => plans[row * 9 + h * 3 + action] === 1);
    worth[row] = opens ? 1 : 0;
  }
  expect(worth.length % count).toBe(0);
  return { worth };
};

describe('a lock of three steps', () => {
  it('is always opened by exhaustive lookahead, which lists every sequence once', async () => {
    const all = allPlans({ horizon: 3, size: 3 });
    expect(new Set(Array.from({ length: 27 }, (_, n) => all.subarray(n * 9, n * 9 + 9).join(''))).size).toBe(27);
    const planner = method('discrete', 3, 3, 0, lookahead);
    const { plan } = await decide(planner, fresh(1, planner), lock, createRng(0));
    expect([...plan]).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0]);
  });

  it('is opened by categorical CEM with nearly every seed', async () => {
    const planner = method('discrete', 3, 3, 9, (task) => cem(task, CEM));
    const opened = await Promise.all(Array.from({ length: 100 }, async (_, seed) => {
      const { rounds } = await decide(planner, fresh(1, planner), lock, createRng(seed));
      return rounds.some(({ worth }) => worth.includes(1));
    }));
    expect(opened.filter(Boolean).length).toBeGreaterThan(95);
  });

  it('is found by kept-up actions where single ones would have to agree by chance', async () => {
    // Ten times the same action pays.
    const persistent: Evaluate = async (plans) => {
      const worth = new Float32Array(plans.length / 20);
      for (let row = 0; row < worth.length; row++) worth[row] = Number([...plans.subarray(row * 20, row * 20 + 20)].every((one, i) => one === i % 2));
      return { worth };
    };
    const found = async (repeat: number) => {
      const planner = method('discrete', 10, 2, 20, (task) => shooting(task, { candidates: 100, repeat }));
      const runs = await Promise.all(Array.from({ length: 20 }, (_, seed) => decide(planner, fresh(1, planner), persistent, createRng(seed))));
      return runs.filter(({ rounds }) => rounds[0].worth.includes(1)).length;
    };
    expect(await found(0.9)).toBeGreaterThan((await found(0)) + 10);
  });
});

describe('parts of planners', () => {
  it('MPPI weighs by e to the power of the return: the best alone when it is cold, all alike when it is hot', () => {
    const worth = Float32Array.of(1, 3, 2);
    const weightsAt = (temperature: number) => weights(worth, [0, 1, 2], temperature).map(({ weight }) => weight);
    expect(weightsAt(1e-3)).toEqual([expect.closeTo(0), expect.closeTo(1), expect.closeTo(0)]);
    for (const weight of weightsAt(1e6)) expect(weight).toBeCloseTo(1 / 3);
    expect(weightsAt(1)).toEqual([0.09003, 0.66524, 0.24473].map((weight) => expect.closeTo(weight, 4)));
  });

  it('iCEM draws 40, 32 and 25 plans, and never fewer than twice the elites', () => {
    expect(populations({ ...ICEM, candidates: 40, elites: 10 })).toEqual([40, 32, 25]);
    expect(populations({ ...ICEM, candidates: 40, elites: 18 })).toEqual([40, 36, 36]);
  });

  it('coloured noise has variance 1, and neighbours that agree the more the redder it is', () => {
    const lagOne = (beta: number) => {
      const draw = coloredNoise(12, beta);
      const rng = createRng(5);
      const out = new Float32Array(12);
      let [sum, squares, products] = [0, 0, 0];
      for (let i = 0; i < 4000; i++) {
        draw(rng, out);
        for (let t = 0; t < 12; t++) {
          sum += out[t];
          squares += out[t] ** 2;
          if (t < 11) products += out[t] * out[t + 1];
        }
      }
      expect(sum / 48_000).toBeCloseTo(0, 1);
      expect(squares / 48_000).toBeCloseTo(1, 1);
      return products / 44_000;
    };
    const [white, pink, red] = [0, 1, 2.5].map(lagOne);
    expect(white).toBeCloseTo(0, 1);
    expect(pink).toBeGreaterThan(0.3);
    expect(red).toBeGreaterThan(pink + 0.2);
  });

  it('a plan one step later drops its first action', () => {
    expect([...shifted(Float32Array.of(1, 2, 3, 4, 5, 6), 2)]).toEqual([3, 4, 5, 6, 5, 6]);
    expect([...shifted(Float32Array.of(1, 2, 3, 4), 2, Float32Array.of(0, 9))]).toEqual([3, 4, 0, 9]);
  });
});

describe('a decision', () => {
  const planner = method('continuous', 3, 1, 3, (task) => cem(task, CEM));

  it('does not depend on what other lanes there are', async () => {
    const both = await decide(planner, fresh(2, planner), linearQuadratic([0.5, -0.7], 3), createRng(1));
    const alone = await decide(planner, fresh(1, planner), linearQuadratic([0.5], 3), createRng(1));
    expect(both.plan.subarray(0, 3)).toEqual(alone.plan);
  });

  it('takes no plan whose return is no number, and counts them', async () => {
    const broken: Evaluate = async (plans, count) => {
      const { worth } = await linearQuadratic([0.5], 3)(plans, count);
      return { worth: worth.map((value, i) => (i % 2 === 0 ? NaN : value)) };
    };
    const decision = await decide(planner, fresh(1, planner), broken, createRng(1));
    expect(decision.refused).toBe(128);
    expect(decision.fellBack).toBe(0);
    expect(actionsOf(decision, planner)[0]).toBeCloseTo(-0.5 * 8 / 13, 1);
    expect(largest(decision.rounds[0].worth)).toBeLessThan(0);
  });

  it('does what it planned before where nothing is a number', async () => {
    const nothing: Evaluate = async (_, count) => ({ worth: new Float32Array(2 * count).fill(NaN) });
    const lanes = { ...fresh(2, planner), isFirst: [0, 1], plan: Float32Array.of(0.1, 0.2, 0.3, 0.7, 0.8, 0.9) };
    const decision = await decide(planner, lanes, nothing, createRng(1));
    expect(decision.fellBack).toBe(2);
    expect([...actionsOf(decision, planner)]).toEqual([expect.closeTo(0.2), 0]);
    expect([...decision.plan].every(Number.isFinite)).toBe(true);
  });

  it('forgets an episode that has ended', async () => {
    const remembered = { plan: new Float32Array(3).fill(0.9), memory: new Float32Array(3).fill(0.9) };
    const decideWith = (isFirst: number) => decide(planner, { isFirst: [isFirst], ...remembered }, linearQuadratic([0.5], 3), createRng(1));
    const begun = await decide(planner, fresh(1, planner), linearQuadratic([0.5], 3), createRng(1));
    expect((await decideWith(1)).plan).toEqual(begun.plan);
    expect((await decideWith(0)).plan).not.toEqual(begun.plan);
  });
});
