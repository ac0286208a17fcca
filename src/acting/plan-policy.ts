/** Acting by plans: the pictures are filtered into latents, and sequences of actions are imagined on from those. */
import type { Broken, Options, OptionsOf } from '../config/index.ts';
import type { Program } from '../engine/program.ts';
import { zeros } from '../nd-array.ts';
import { actionsOf, decide, type Decision, type Evaluate, type PlanMethod } from '../planning/plans/decide.ts';
import type { ActionSpace, Agent, Choice, Dynamics, Group, NdArray, Observation, ParamArrays, Rng, RunningPolicy } from '../types.ts';
import { UserError } from '../user-error.ts';
import { encodeAction, randomAction } from '../world/actions.ts';
import { planSettings, type PlanSettings } from './plan-options.ts';
import { compileOwn, compileWorth } from './plan-programs.ts';
import { definePolicy, type ActingSetting, type PlanSearch, type PolicyVariant } from './policy-variant.ts';
import { createSight } from './sight.ts';

/** What a file in `policies` says that plans. */
export interface PlanPolicySpec<O extends Options> extends PlanSearch<O> {
  /** One sentence for `dreamtree list`. */
  readonly description: string;
  /** Those of plan-options.ts that it reads, and its own. */
  readonly options: O;
  rules?(options: OptionsOf<O>): readonly Broken[];
}

export interface PlanPolicy extends RunningPolicy {
  /** As `act`, with all that was thought on the way, and the latents from which it was [L, …]. */
  think(carry: Group<NdArray>, observation: Observation, rng: Rng): Promise<Choice & { readonly decision: Decision; readonly latent: Group<NdArray> }>;
}

export const isPlanPolicy = (policy: RunningPolicy): policy is PlanPolicy => 'think' in policy;

export function planPolicy<const O extends Options>(
  { description, options, rules, ...search }: PlanPolicySpec<O>,
): PolicyVariant<O> & { readonly plans: PlanSearch<O> } {
  return {
    ...definePolicy({
      description,
      options,
      ...(rules ? { rules } : {}),
      refuses: (space, agent) => planRefusal(search, space, agent),
      create: (setting, values) => createPlanPolicy(search, setting, values),
    }),
    plans: search,
  };
}

function planRefusal({ name, kinds }: Pick<PlanSearch, 'name' | 'kinds'>, { kind }: ActionSpace, agent?: Agent): string | undefined {
  if (!kinds.includes(kind)) return `${name} plans ${kinds.join(' or ')} actions, and these are ${kind}`;
  if (agent && !agent.dynamics) return `${name} plans in what an agent imagines, and this one has no dynamics`;
  if (agent?.takesTurns) return `${name} plans for one player, and here two act in turn`;
  return undefined;
}

/** What a planner remembers, beside what the representation does. */
const [PLAN, MEMORY] = ['plan/plan', 'plan/memory'];

/** Steps that are imagined at once, at most: with 255 bins their rewards alone take 4 GB. */
const MOST_ROWS = 2 ** 22;

/** @throws UserError where a decision would take more memory than there is */
function requireRows(name: string, { lanes, count, horizon, particles }: { lanes: number; count: number; horizon: number; particles: number }): void {
  const rows = lanes * count * horizon * particles;
  if (rows <= MOST_ROWS) return;
  throw new UserError(
    `${name}: ${count} plans of ${horizon} actions${particles > 1 ? `, ${particles} particles each,` : ''} in ${lanes} worlds at once are ${rows} steps ` +
    `to be imagined together, expected at most ${MOST_ROWS}: take fewer plans, a shorter horizon or fewer worlds`,
  );
}

/** @throws UserError where nobody can say how little is known of a step */
function requireEnsemble(name: string, { latentShapes }: Dynamics, { penalty, adaptive }: PlanSettings): void {
  if ((penalty === 0 && !adaptive) || 'disagreement' in latentShapes) return;
  throw new UserError(
    `${name}: plan.${penalty > 0 ? 'penalty' : 'adaptive'} asks where an ensemble disagrees, and this agent has none: ` +
    'train one with --set ensemble.members=5',
  );
}

/** As many streams as one number can tell apart. */
const DECISIONS = 2 ** 24;

async function createPlanPolicy<O extends Options>(search: PlanSearch<O>, setting: ActingSetting, options: OptionsOf<O>): Promise<PlanPolicy> {
  const { agent, actions, lanes, frozen = false, params, actionSize, explore } = setting;
  const { dynamics, prediction } = agent;
  const refusal = planRefusal(search, actions, agent);
  if (refusal !== undefined || !dynamics) throw new UserError(refusal ?? 'expected an agent with dynamics');
  const settings = planSettings(options);
  requireEnsemble(search.name, dynamics, settings);
  const method = search.method(options, { kind: actions.kind, size: actionSize });
  const programs = {
    agent, dynamics, lanes, horizon: method.horizon, actionSize, threads: setting.threads ?? 1,
    ...(setting.engine ? { engine: setting.engine } : {}), ...(frozen ? { baked: params } : {}),
  };
  const requireFew = (count: number) =>
    requireRows(search.name, { lanes, count, horizon: method.horizon, particles: Math.max(1, settings.particles) });
  requireFew(search.candidates(options)); // before anything is compiled for so many
  const ownCount = prediction ? Math.round(settings.own * search.candidates(options)) : 0;
  const [sight, own] = await Promise.all([
    createSight(setting, { name: 'latent', say: ({ latent }) => ({ latent }) }),
    ownCount > 0 ? compileOwn({ ...programs, count: ownCount }) : undefined,
  ]);
  /** By how many plans are asked about. */
  const worths = new Map<number, Promise<Program>>();
  const worthOf = (count: number) => {
    requireFew(count);
    const known = worths.get(count) ?? compileWorth({ ...programs, count, settings, slopes: search.slopes ?? false });
    worths.set(count, known);
    return known;
  };

  const evaluator = (weights: ParamArrays, latent: Group<NdArray>, rng: Rng): Evaluate => async (plans, count) => {
    const program = await worthOf(count);
    const array: NdArray = { data: plans, shape: [lanes, count, method.horizon, actionSize], dtype: 'float32' };
    // The same chances in every round, so that a plan is worth what it was worth before.
    const { found } = await program.run({ ...(frozen ? {} : { params: weights }), latent, plans: { plans: array } }, rng.split('chances'));
    return { worth: floats(found.worth), ...(found.slope ? { slope: floats(found.slope) } : {}) };
  };

  async function think(before: Group<NdArray>, observation: Observation, rng: Rng) {
    const { [PLAN]: plan, [MEMORY]: memory, ...remembered } = before;
    const { latent, carry } = await sight.run(remembered, observation, rng);
    const { params: weights } = sight;
    // A part of a stream is the same whenever it is asked for, and every decision needs its own.
    const chance = rng.split(rng.int(DECISIONS));
    const made = await own?.run({ ...(frozen ? {} : { params: weights }), latent }, chance.split('own'));
    const decision = await decide(
      method,
      {
        isFirst: observation.isFirst.data, plan: floats(plan), memory: memory ? floats(memory) : new Float32Array(0),
        ...(made ? { own: floats(made.own.plans) } : {}), ...(observation.legal ? { legal: observation.legal.data } : {}),
      },
      evaluator(weights, latent, chance), chance.split('plans'),
    );
    const action = actionsOf(decision, method);
    if (explore) disturb(action, { space: actions, amount: settings.exploration, legal: observation.legal?.data }, chance.split('exploration'));
    return {
      action: { data: action, shape: [lanes, actionSize], dtype: 'float32' as const },
      carry: { ...carry, ...rememberedBy(decision, method, lanes) },
      stats: {
        modelSteps: decision.asked * method.horizon * Math.max(1, settings.particles), 'plan/refused': decision.refused,
        'plan/fellBack': decision.fellBack,
      },
      decision, latent,
    };
  }

  return {
    name: search.name,
    initial: (count) => ({ ...sight.initial(count), ...blankMemory(method, count) }),
    think,
    async act(carry, observation, rng) {
      const { decision: _, latent: __, ...choice } = await think(carry, observation, rng);
      return choice;
    },
    update: sight.update,
    async dispose() {
      await Promise.all([sight.dispose(), own?.dispose(), ...[...worths.values()].map(async (program) => (await program).dispose())]);
    },
  };
}

function blankMemory({ horizon, size, memorySize }: PlanMethod, lanes: number): Group<NdArray> {
  return { [PLAN]: zeros([lanes, horizon * size]), ...(memorySize > 0 ? { [MEMORY]: zeros([lanes, memorySize]) } : {}) };
}

function rememberedBy({ plan, memory }: Decision, { horizon, size, memorySize }: PlanMethod, lanes: number): Group<NdArray> {
  return {
    [PLAN]: { data: plan, shape: [lanes, horizon * size], dtype: 'float32' },
    ...(memorySize > 0 ? { [MEMORY]: { data: memory, shape: [lanes, memorySize], dtype: 'float32' } } : {}),
  };
}

interface Disturbance {
  readonly space: ActionSpace;
  readonly amount: number;
  readonly legal: ArrayLike<number> | undefined;
}

/** In place: noise on actions, as data for learning needs it. */
function disturb(action: Float32Array, { space, amount, legal }: Disturbance, rng: Rng): void {
  if (space.kind === 'continuous') {
    for (let i = 0; i < action.length; i++) action[i] = Math.min(1, Math.max(-1, action[i] + amount * rng.normal()));
    return;
  }
  for (let row = 0; row < action.length; row += space.n) {
    if (rng.uniform() >= amount) continue;
    const allowed = legal && Array.from({ length: space.n }, (_, i) => legal[row + i] > 0);
    encodeAction(space, randomAction(space, rng, allowed), action.subarray(row, row + space.n));
  }
}

function floats({ data }: NdArray): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new TypeError(`expected float32 numbers, got a ${data.constructor.name}`);
}
