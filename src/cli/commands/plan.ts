/** `dreamtree plan`: planning by sequences of actions over the true world, without any learning. */
import type { Command } from 'commander';
import { UserError } from '../../user-error.ts';

const HELP = `
Example:
  dreamtree plan pendulum --policy cem
  dreamtree plan reacher --policy icem --horizon 15 --episodes 20
  dreamtree plan mountain-car-continuous --policy icem --horizon 100 --set icem.candidates=64
  dreamtree plan cartpole --policy lookahead --set lookahead.depth=5 --json

The planner sees the true state and tries its plans in the true world: what it would achieve with a perfect model.
Over what an agent has learned: dreamtree eval RUN --policy cem, dreamtree matrix RUN --policies actor,cem,icem,mppi.
Every planner's options: dreamtree list --keys --policy cem.`;

interface PlanOptions {
  readonly policy: string;
  readonly horizon?: string;
  readonly episodes: string;
  readonly seed: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

export default function registerPlan(program: Command): void {
  program
    .command('plan')
    .description('Plan in the true world, without any learning, and report the returns of fresh episodes.')
    .argument('<env | file>', 'a world by name, or the .ts or .js file that holds it')
    .option('--policy <name | file>', 'a planner: shooting, cem, icem, mppi (continuous actions) or lookahead (discrete ones)', 'cem')
    .option('--horizon <n>', 'actions of a plan (the same as --set plan.horizon=n; default: 20)')
    .option('--episodes <n>', 'episodes to play', '10')
    .option('--seed <seed>', 'seed of the episodes', '0')
    .option('--set <key=value...>', "any key of the planner's, for example cem.candidates=500")
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(plan);
}

/** Further than in an imagined world: nothing is wrong with far plans but their cost, and that they are harder to find. */
const HORIZON = 20;
/** What comes later counts as much. */
const DISCOUNT = 1;

async function plan(name: string, { policy, horizon, episodes: count, seed: from, set = [], json }: PlanOptions): Promise<void> {
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
