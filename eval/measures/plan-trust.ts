/** Whether a planner can be believed: what it expected of its plans beside what really came of them. */
import { quantileSorted, sampleCorrelation } from 'simple-statistics';
import { isPlanPolicy, type PlanPolicy } from '../../src/acting/plan-policy.ts';
import { actBy } from '../../src/open/open.ts';
import { whyNoTruth } from '../../src/world/external.ts';
import { controlLanes } from '../control.ts';
import type { Measure, MeasuredAgent } from '../measure.ts';
import { planOutcomes, type PlanOutcome } from '../plan-outcomes.ts';
import { mean } from '../statistics.ts';

/** Who plans where the agent's own policy does not. */
const PLANNER = 'cem';

const measure: Measure = {
  description: 'what plans of the policy (of cem, where it makes none) were expected to return, and what came of them in truth',
  quantities: {
    catastrophic: {
      unit: 'share of plans', range: [0, 1], better: 'lower',
      source: 'plans whose expected return is in the upper quarter of all, and the one received in the lower',
    },
    optimism: { unit: 'reward of a plan, expected above received', range: [-Infinity, Infinity] },
    correlation: { unit: 'correlation of expected and received returns', range: [-1, 1], better: 'higher' },
  },
  refuses({ agent, environment }) {
    const lack = whyNoTruth(environment);
    if (lack !== undefined) return `needs the true outcome of plans: ${lack}`;
    if (environment.toMove) return 'needs a world for one, since planners plan for one player';
    return agent.dynamics ? undefined : 'needs an agent that imagines, and this one has no dynamics';
  },
  async measure({ opened, episodes, rng, policy: name }) {
    const { agent: { dynamics }, world, environment, params, engine } = opened;
    if (!dynamics) throw new Error('expected an agent with dynamics');
    const count = controlLanes(episodes);
    const policy = await planner(opened, count, name);
    try {
      return numbersOf(await planOutcomes({ ...world, environment, dynamics, params, engine, policy, episodes: count, rng: rng.split('eval') }));
    } finally {
      await policy.dispose();
    }
  },
};

async function planner(opened: MeasuredAgent, lanes: number, name: string | undefined): Promise<PlanPolicy> {
  const own = await actBy(opened, { lanes, ...(name === undefined ? {} : { name }) });
  if (isPlanPolicy(own)) return own;
  await own.dispose();
  const other = await actBy(opened, { lanes, name: PLANNER });
  if (!isPlanPolicy(other)) throw new Error(`expected ${PLANNER} to plan`);
  return other;
}

/** By the names of the quantities; nothing where there are no plans, and no correlation where all of them are worth the same. */
export function numbersOf(outcomes: readonly PlanOutcome[]): Record<string, number> {
  if (outcomes.length === 0) return {};
  const of = (which: keyof PlanOutcome) => outcomes.map((outcome) => outcome[which]);
  const quarter = (which: keyof PlanOutcome, share: number) => quantileSorted(of(which).sort((a, b) => a - b), share);
  const [high, low, middle] = [quarter('expected', 0.75), quarter('received', 0.25), quarter('received', 0.5)];
  // Where most receive the same, that is not the lower quarter.
  const wrong = outcomes.filter(({ expected, received }) => expected >= high && received <= low && received < middle);
  const correlation = outcomes.length > 1 ? sampleCorrelation(of('expected'), of('received')) : NaN;
  return {
    catastrophic: wrong.length / outcomes.length,
    optimism: mean(outcomes.map(({ expected, received }) => expected - received)),
    ...(Number.isFinite(correlation) ? { correlation: Math.min(1, Math.max(-1, correlation)) } : {}),
  };
}

export default measure;
