/** `dreamtree eval`: returns of fresh episodes. */
import type { Command } from 'commander';
import { UserError } from '../../user-error.ts';

const HELP = `
Example:
  dreamtree eval checkpoints/catch.dream
  dreamtree eval checkpoints/catch.dream --policy random --episodes 20 --json`;

interface EvalOptions {
  readonly policy: string;
  readonly episodes: string;
  readonly seed: string;
  readonly json?: boolean;
}

const POLICIES = ['actor', 'random'] as const;

export default function registerEval(program: Command): void {
  program
    .command('eval')
    .description('Play fresh episodes with a trained agent and report its returns.')
    .argument('<run or checkpoint>', 'a run folder or a checkpoint file')
    .option('--policy <name>', `how to act: ${POLICIES.join(' or ')}`, 'actor')
    .option('--episodes <n>', 'episodes to play', '100')
    .option('--seed <seed>', 'seed of the episodes', '0')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(evaluate);
}

async function evaluate(target: string, options: EvalOptions): Promise<void> {
  const { integer } = await import('../arguments.ts');
  const episodes = integer('--episodes', options.episodes, 1);
  const seed = integer('--seed', options.seed);
  const policyName = POLICIES.find((name) => name === options.policy);
  if (!policyName) throw new UserError(`--policy: expected ${POLICIES.join(' or ')}, got '${options.policy}'`);

  const { openAgent } = await import('../open-agent.ts');
  const { controlLanes, evaluateControl } = await import('../../../eval/control.ts');
  const { createActor } = await import('../../policies/actor.ts');
  const { randomPolicy } = await import('../../policies/random.ts');
  const { createRng } = await import('../../random.ts');
  const { actionSize } = await import('../../world/actions.ts');
  const { config, world, environment, agent, params, engine } = await openAgent(target);
  const { size } = config.env;
  const policy = policyName === 'random'
    ? randomPolicy(environment.actions)
    : await createActor({
      agent, params, engine, lanes: controlLanes(episodes), imageShape: [size, size, 3],
      actionSize: actionSize(environment.actions), sample: false,
    });
  const result = await evaluateControl({ ...world, policy, episodes, rng: createRng(seed).split('eval') });
  const report = { env: environment.name, agent: config.agent, policy: policyName, ...result, seed };
  if (options.json) {
    console.log(JSON.stringify(report));
    return;
  }
  const { summaryLine } = await import('../summary.ts');
  console.log(`${environment.name}, ${policyName}, ${episodes} episodes, seed ${seed}`);
  console.log(summaryLine(environment, result));
  console.log(`mean length ${result.lengthMean.toFixed(1)}, ${result.msPerDecision.toFixed(2)} ms per decision`);
}
