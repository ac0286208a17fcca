/** How fast planners think: an untrained Dreamer of a preset's size, one lane and several, as it acts when it has learned. */
import { blankObservation } from '../../src/acting/see.ts';
import { actBy } from '../../src/open/open.ts';
import { resolveEngine } from '../../src/engine/resolve-engine.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { createRng } from '../../src/random.ts';
import { configure, settle } from '../../src/train/configure.ts';
import type { Environment, RunningPolicy } from '../../src/types.ts';
import { actionSize } from '../../src/world/actions.ts';
import { median } from '../statistics.ts';
import { findPython, runScript } from './torch.ts';

export interface PlanBench {
  readonly policy: string;
  readonly lanes: number;
  readonly modelStepsPerSecond: number;
  /** Of one lane: a call decides for all of them at once. */
  readonly msPerDecision: number;
  readonly modelStepsPerDecision: number;
}

export interface PlanBenchOptions {
  readonly preset: string;
  readonly policies: readonly string[];
  readonly lanes: readonly number[];
  readonly overrides: readonly string[];
  readonly calls?: number;
}

/** 5 rounds of 500 plans of 10 actions: what PETS-like planners take. */
const CLASSIC = ['cem.candidates=500', 'cem.iterations=5', 'cem.elites=50', 'plan.horizon=10', 'plan.own=0'];

export async function benchPlan(environment: Environment, { preset, policies, lanes, overrides, calls = 9 }: PlanBenchOptions): Promise<PlanBench[]> {
  const results: PlanBench[] = [];
  // The keys of all planners together: each reads its own.
  const configured = await configure({ world: environment.name, preset, policies: ['cem', ...policies], overrides: [...CLASSIC, ...overrides] });
  const settled = settle(configured, environment);
  const params = initParameters(settled.agent.parameters, createRng(0));
  const engine = await resolveEngine(settled.config.engine.name, settled.config.engine.provider);
  for (const name of policies) {
    for (const count of lanes) {
      const policy = await actBy({ ...settled, params, engine }, { name, lanes: count });
      const { size, channels } = settled.shape.image;
      const observation = blankObservation({ lanes: count, imageShape: [size, size, channels], actionSize: settled.shape.actionSize });
      results.push({ policy: name, lanes: count, ...(await time(policy, observation, count, calls)) });
      await policy.dispose();
    }
  }
  return results;
}

export interface PlanTorchComparison {
  readonly torch: string;
  readonly ms: number;
  readonly torchMs: number;
  /** How many times faster ours is: the median over turns of the ratio within a turn. */
  readonly ratio: number;
  readonly ratios: readonly number[];
}

/** The classic budget of cem in one lane, beside the same in PyTorch, timed in turn. @throws UserError where no Python has PyTorch */
export async function comparePlanWithTorch(environment: Environment, preset: string, turns = 3): Promise<PlanTorchComparison> {
  const calls = 9;
  const python = await findPython();
  const { config } = await configure({ world: environment.name, preset, policies: ['cem'], overrides: CLASSIC });
  const results: { readonly ms: number; readonly torchMs: number; readonly torch: string }[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const theirs = await runScript<{ torch: string; ms: number }>(python, 'plan_torch.py', { config, calls, actionSize: actionSize(environment.actions) });
    const [{ msPerDecision }] = await benchPlan(environment, { preset, policies: ['cem'], lanes: [1], overrides: [], calls });
    results.push({ ms: msPerDecision, torchMs: theirs.ms, torch: theirs.torch });
  }
  const ratios = results.map(({ ms, torchMs }) => torchMs / ms);
  return {
    torch: `${results[0].torch} eager`, ms: median(results.map(({ ms }) => ms)), torchMs: median(results.map(({ torchMs }) => torchMs)),
    ratio: median(ratios), ratios,
  };
}

async function time(policy: RunningPolicy, observation: ReturnType<typeof blankObservation>, lanes: number, calls: number) {
  const rng = createRng(1);
  let carry = policy.initial(lanes);
  const callMs: number[] = [];
  let steps = 0;
  for (let call = -2; call < calls; call++) {
    const started = performance.now();
    const choice = await policy.act(carry, observation, rng.split(call + 2));
    if (call >= 0) callMs.push(performance.now() - started);
    carry = choice.carry;
    steps = choice.stats.modelSteps ?? 0;
  }
  const ms = median(callMs);
  return { modelStepsPerSecond: (1000 * steps) / ms, msPerDecision: ms / lanes, modelStepsPerDecision: steps / lanes };
}
