/** `dreamtree plan`: planning by sequences of actions, over the true world or behind one decision of an agent. */
import type { Command } from 'commander';
import { UserError } from '../../user-error.ts';

const HELP = `
Example:
  dreamtree plan pendulum --policy cem
  dreamtree plan reacher --policy icem --horizon 15 --episodes 20
  dreamtree plan mountain-car-continuous --policy icem --horizon 100 --set icem.candidates=64
  dreamtree plan cartpole --policy lookahead --set lookahead.depth=5 --json
  dreamtree plan checkpoints/pendulum.dream --policy cem --step 20 --out plan.png

In a world the planner sees the true state and tries its plans in the true world: what it would achieve with a perfect model.
Of a run or a checkpoint one decision is drawn: the chosen plan, and the best, the median and the worst of its last round, as they
are imagined, beside what really comes of the chosen one; below, how imagined returns spread from round to round.
Returns of plans over what an agent has learned: dreamtree eval RUN --policy cem, dreamtree matrix RUN --policies actor,cem,icem,mppi.
Every planner's options: dreamtree list --keys --policy cem.`;

interface PlanOptions {
  readonly policy: string;
  readonly horizon?: string;
  readonly episodes: string;
  readonly seed: string;
  readonly step: string;
  readonly out?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

export default function registerPlan(program: Command): void {
  program
    .command('plan')
    .description('Plan in the true world, without any learning, and report returns; or draw what an agent plans at a decision.')
    .argument('<env | run>', 'a world by name or file; or a run folder or checkpoint, of which a decision is drawn')
    .option('--policy <name | file>', 'a planner: shooting, cem, icem, mppi (continuous actions) or lookahead (discrete ones)', 'cem')
    .option('--horizon <n>', 'actions of a plan (the same as --set plan.horizon=n; default: 20)')
    .option('--episodes <n>', 'episodes to play', '10')
    .option('--seed <seed>', 'seed of the episodes', '0')
    .option('--step <n>', 'of a run: the decision of the episode to look at, counted from 0', '0')
    .option('--out <file>', 'of a run: a .png, .svg or .webp (default: plan.png)')
    .option('--set <key=value...>', "any key of the planner's, for example cem.candidates=500")
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(plan);
}

/** Further than in an imagined world: nothing is wrong with far plans but their cost, and that they are harder to find. */
const HORIZON = 20;
/** What comes later counts as much. */
const DISCOUNT = 1;

async function plan(name: string, options: PlanOptions): Promise<void> {
  const { existsSync, statSync } = await import('node:fs');
  const isRun = existsSync(name) && (statSync(name).isDirectory() || name.endsWith('.dream'));
  if (isRun) return drawPlan(name, options);
  if (options.out !== undefined) throw new UserError(`--out: '${name}' is a world, whose plans are played and not drawn; give a run or a checkpoint`);
  return planInTruth(name, options);
}

async function drawPlan(target: string, { policy: name, horizon, seed: from, step: at, out = 'plan.png', set = [], json }: PlanOptions): Promise<void> {
  const { integer } = await import('../arguments.ts');
  const [step, seed] = [integer('--step', at, 0), integer('--seed', from)];
  const { requirePlanSheet, writePlanSheet } = await import('../../viz/plan-sheet.ts');
  const { requireWritableFile } = await import('../../viz/output-file.ts');
  requirePlanSheet(out);
  requireWritableFile(out);
  const { openAgent } = await import('../../open/open.ts');
  const { openPolicy } = await import('../../train/configure.ts');
  const { fanPlot, seePlan } = await import('../../../eval/plan-picture.ts');
  const { createRng } = await import('../../random.ts');
  const { isExternal, whyNoTruth } = await import('../../world/external.ts');
  const { returnInWords } = await import('../../../eval/statistics.ts');
  const far = horizon === undefined ? [] : [`plan.horizon=${integer('--horizon', horizon, 1)}`];
  const { config, world, environment, agent, params, engine } = await openAgent(target, { overrides: [...far, ...set], policies: [name] });
  if (isExternal(environment)) throw new UserError(`${whyNoTruth(environment)}: no outcome of a plan can be drawn`);
  const policy = await openPolicy(name, config, environment.actions, agent);
  if (!policy.variant.plans) throw new UserError(`--policy: '${name}' does not plan sequences of actions`);
  const seen = await seePlan({ ...world, agent, params, engine, policy, step, rng: createRng(seed).split('plan') });
  if (seen.step < step) console.error(`the episode ended before decision ${step}: this is decision ${seen.step}, its last`);
  const title = `${environment.name}: ${config.agent}, ${name}, decision ${seen.step}; rewards added up, in brackets what the planner took them for`;
  await writePlanSheet(out, seen.rows, fanPlot(seen.rounds, 'Imagined returns of the plans of each round'), { context: 1, title });
  const sum = (rewards: readonly number[]) => rewards.reduce((total, reward) => total + reward, 0);
  if (json) {
    const plans = seen.plans.map(({ name: which, actions, worth, rewards }) =>
      ({ name: which, actions: [...actions], ...(worth === undefined ? {} : { worth }), rewards, return: sum(rewards) }));
    console.log(JSON.stringify({ env: environment.name, policy: name, step: seen.step, plans, trueReturn: sum(seen.trueRewards), file: out }));
    return;
  }
  console.log(`imagined ${seen.plans.map(({ name: which, rewards }) => `${which} ${returnInWords(sum(rewards))}`).join(', ')}; truly ${returnInWords(sum(seen.trueRewards))}`);
  console.log(out);
}

async function planInTruth(name: string, { policy, horizon, episodes: count, seed: from, set = [], json }: PlanOptions): Promise<void> {
  const { integer } = await import('../arguments.ts');
  const [episodes, seed] = [integer('--episodes', count, 1), integer('--seed', from)];
  const { loadWorld } = await import('../../open/open.ts');
  const { loadPolicy, requireFits } = await import('../../acting/load-policy.ts');
  const { configure } = await import('../../train/configure.ts');
  const { optionsOf } = await import('../../config/index.ts');
  const { configureWorld } = await import('../../world/configured.ts');
  const { whyNoTruth } = await import('../../world/external.ts');
  const { actionSize } = await import('../../world/actions.ts');
  const { planInWorld } = await import('../../../eval/world-planning.ts');
  const { createRng } = await import('../../random.ts');
  const plain = await loadWorld(name);
  const without = whyNoTruth(plain);
  if (without !== undefined) throw new UserError(`${without}; nothing can be planned in it`);
  const variant = await loadPolicy(policy);
  const { plans } = variant;
  if (!plans) throw new UserError(`--policy: '${policy}' does not plan sequences of actions; cem, icem, mppi, shooting and lookahead do`);
  if (plans.slopes) throw new UserError(`--policy: '${policy}' climbs gradients, and the true world has none; cem, icem, mppi and shooting do without`);
  if (plain.toMove) throw new UserError(`${plain.name}: planners plan for one player, and here two act in turn`);
  requireFits(policy, variant, plain.actions);
  const far = horizon === undefined ? HORIZON : integer('--horizon', horizon, 1);
  const takesHorizon = 'horizon' in (variant.options.plan ?? {});
  if (horizon !== undefined && !takesHorizon) throw new UserError(`--horizon: '${policy}' has a depth of its own: --set ${policy}.depth=n`);
  const doubt = set.find((override) => /^plan\.(penalty|adaptive)=/.test(override));
  if (doubt !== undefined) throw new UserError(`--set ${doubt}: the true world is in no doubt; of a run or a checkpoint, an ensemble is`);
  const { config } = await configure({
    world: name, policies: [policy], overrides: [...(takesHorizon ? [`plan.horizon=${far}`] : []), ...set],
  });
  const { environment } = configureWorld(plain, config.env);
  const { actions } = environment;
  const method = plans.method(optionsOf(config, variant), { kind: actions.kind, size: actionSize(actions) });
  const { watchingEvaluation } = await import('../evaluation-progress.ts');
  const result = await watchingEvaluation(episodes, (watch) => planInWorld({
    environment, method, discount: DISCOUNT, episodes, rng: createRng(seed).split('eval'), watch,
  }));
  const { normalizedScore, referenceOf } = await import('../../../eval/statistics.ts');
  const reference = referenceOf(environment);
  const score = reference && reference.expert !== reference.random ? { score: normalizedScore(reference, result.returnMean) } : {};
  if (json) {
    console.log(JSON.stringify({ env: environment.name, policy, horizon: method.horizon, ...result, ...score, seed }));
    return;
  }
  const { summaryLine } = await import('../summary.ts');
  console.log(`${environment.name}, ${policy} over the true world, ${method.horizon} actions ahead, ${episodes} episodes, seed ${seed}`);
  console.log(summaryLine(environment, { ...result, ...score }));
  console.log(`${Math.round(result.stepsPerDecision).toLocaleString('en')} steps of the world and ${result.msPerDecision.toFixed(2)} ms per decision`);
}
