/** `dreamtree bench plan`: how fast planners think. */
import type { Command } from 'commander';
import { UserError } from '../user-error.ts';
import { table } from './table.ts';

const HELP = `
Example:
  dreamtree bench plan
  dreamtree bench plan --policies cem --lanes 1 --json
  dreamtree bench plan --torch

cem has the classic budget here: 5 rounds of 500 plans of 10 actions, 25,000 steps of the model; the others what they
have anywhere.`;

interface PlanBenchOptions {
  readonly policies: string;
  readonly lanes: string;
  readonly preset: string;
  readonly set?: readonly string[];
  readonly torch?: boolean;
  readonly json?: boolean;
}

const WORLD = 'pendulum';

export function registerBenchPlan(bench: Command): void {
  bench
    .command('plan')
    .description('Steps of the model per second, and time of a decision, of planners of action sequences.')
    .option('--policies <names>', 'planners, separated by commas', 'cem,icem,mppi,shooting,gradient')
    .option('--lanes <numbers>', 'worlds decided for at once, separated by commas', '1,8')
    .option('--preset <name>', 'sizes, as for train', 'tiny')
    .option('--set <key=value...>', 'any key of the configuration')
    .option('--torch', 'cem alone, beside the same in PyTorch, timed in turn (needs python3 with torch)')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(benchPlanCommand);
}

async function benchPlanCommand({ policies, lanes, preset, set = [], torch, json }: PlanBenchOptions): Promise<void> {
  const { integer } = await import('./arguments.ts');
  const { benchPlan, comparePlanWithTorch } = await import('../../eval/bench/plan.ts');
  const { loadWorld } = await import('../open/open.ts');
  const environment = await loadWorld(WORLD);
  if (torch) {
    const compared = await comparePlanWithTorch(environment, preset);
    console.log(json ? JSON.stringify(compared) : table([['', ''], ...Object.entries(compared).map(([name, value]) => [name, String(value)])]));
    return;
  }
  const names = policies.split(',').map((name) => name.trim());
  const counts = lanes.split(',').map((text) => integer('--lanes', text, 1));
  const { loadPolicy, requireFits } = await import('../acting/load-policy.ts');
  for (const name of names) {
    const variant = await loadPolicy(name);
    if (!variant.plans) throw new UserError(`--policies: '${name}' does not plan sequences of actions`);
    requireFits(name, variant, environment.actions);
  }
  const results = await benchPlan(environment, { preset, policies: names, lanes: counts, overrides: set });
  if (json) {
    console.log(JSON.stringify(results, null, 2));
    return;
  }
  const whole = (value: number): string => Math.round(value).toLocaleString('en');
  console.log(table([
    ['policy', 'lanes', 'model steps/s', 'ms per decision', 'model steps per decision'],
    ...results.map((one) => [
      one.policy, String(one.lanes), whole(one.modelStepsPerSecond), one.msPerDecision.toPrecision(3), whole(one.modelStepsPerDecision),
    ]),
  ]));
}
