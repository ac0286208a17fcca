/** `dreamtree eval`: returns of fresh episodes. */
import type { Command } from 'commander';
import type { OpenedAgent } from '../../open/open.ts';

const HELP = `
Example:
  dreamtree eval checkpoints/catch.dream
  dreamtree eval checkpoints/catch.dream --policy gumbel --simulations 8
  dreamtree eval checkpoints/catch.dream --policy random --episodes 20 --json
  dreamtree eval checkpoints/tic-tac-toe.dream --policy actor --opponent mcts
  dreamtree eval checkpoints/catch.dream --measures return,open-loop,reward-error,sharpness

Without --policy the agent acts as it did while it learned, but without the randomness. Any agent can act by its own
policy head (actor), by tree search over its latents (puct and gumbel for discrete actions, sampled for continuous ones), and by
planning sequences of actions (cem, shooting; lookahead for discrete actions, icem, mppi and gradient for continuous ones).
In a game for two it begins every other game, and returns are 1 for a game won and −1 for one lost.
With --measures other numbers are taken, of as many episodes: dreamtree list has them all.`;

interface EvalOptions {
  readonly policy?: string;
  readonly world?: string;
  readonly simulations?: string;
  readonly opponent?: string;
  readonly measures?: string;
  readonly episodes: string;
  readonly seed: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

export default function registerEval(program: Command): void {
  program
    .command('eval')
    .description('Play fresh episodes with a trained agent and report its returns.')
    .argument('<run or checkpoint>', 'a run folder or a checkpoint file')
    .option('--policy <name | file>', 'how to act: actor, gumbel, cem, …: dreamtree list has them all (default: as in learning)')
    .option('--world <name>', "another world than the agent's own, such as dream:<run or checkpoint>")
    .option('--simulations <n>', 'simulations of a search (the same as --set search.simulations=n)')
    .option('--opponent <name>', 'in a game for two: random (default), mcts (which searches the true game) or self')
    .option('--measures <names>', 'what to measure, separated by commas (default: returns, in more detail)')
    .option('--episodes <n>', 'episodes to play', '100')
    .option('--seed <seed>', 'seed of the episodes', '0')
    .option('--set <key=value...>', "any key of the agent's configuration, for example env.distract=film")
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(evaluate);
}

async function evaluate(target: string, options: EvalOptions): Promise<void> {
  const { integer } = await import('../arguments.ts');
  const episodes = integer('--episodes', options.episodes, 1);
  const seed = integer('--seed', options.seed);
  const simulations = options.simulations === undefined ? [] : [`search.simulations=${integer('--simulations', options.simulations, 1)}`];
  const { policy: name, world: elsewhere } = options;

  const { actBy, inWorld, openAgent } = await import('../../open/open.ts');
  const { controlLanes, evaluateControl } = await import('../../../eval/control.ts');
  const { openOpponent } = await import('../../../eval/opponents.ts');
  const { createRng } = await import('../../random.ts');
  const own = await openAgent(target, {
    overrides: [...simulations, ...(options.set ?? [])], ...(name === undefined ? {} : { policies: [name] }),
  });
  const opened = elsewhere === undefined ? own : await inWorld(own, elsewhere);
  if (options.measures !== undefined) {
    await showMeasures(opened, options.measures, { ...options, episodes, seed });
    return;
  }
  const { config, world, environment } = opened;
  const opponent = openOpponent(environment, options.opponent);
  const policy = await actBy(opened, { lanes: controlLanes(episodes), ...(name ? { name } : {}) });
  const { watchingEvaluation } = await import('../evaluation-progress.ts');
  const result = await watchingEvaluation(episodes, (watch) => evaluateControl({
    ...world, policy, episodes, ...(opponent ? { opponent } : {}), rng: createRng(seed).split('eval'), watch,
  }));
  const report = { env: environment.name, agent: config.agent, policy: policy.name, ...result, seed };
  if (options.json) {
    console.log(JSON.stringify(report));
    return;
  }
  const { cutInWords, summaryLine } = await import('../summary.ts');
  console.log(`${environment.name}, ${policy.name}, ${episodes} episodes, seed ${seed}`);
  console.log(summaryLine(environment, result));
  const cut = cutInWords(result);
  if (cut) console.log(cut);
  console.log(`mean length ${result.lengthMean.toFixed(1)}, ${result.msPerDecision.toFixed(2)} ms per decision`);
}

interface MeasureOptions extends Pick<EvalOptions, 'policy' | 'opponent' | 'json'> {
  readonly episodes: number;
  readonly seed: number;
}

async function showMeasures(
  opened: Omit<OpenedAgent, 'checkpoint'>,
  text: string,
  { policy, opponent, json, episodes, seed }: MeasureOptions,
): Promise<void> {
  const { namesOf } = await import('../../../eval/sweep-grid.ts');
  const path = await import('node:path');
  const { loadMeasures } = await import('../../../eval/listing.ts');
  const { columnName, takeMeasures } = await import('../../../eval/measure.ts');
  const { measureInWords } = await import('../../../eval/statistics.ts');
  const { createRng } = await import('../../random.ts');
  const measures = await loadMeasures(namesOf('--measures', text));
  const taken = await takeMeasures(measures, {
    opened, folder: path.dirname(opened.file), episodes, rng: createRng(seed),
    ...(policy === undefined ? {} : { policy }), ...(opponent === undefined ? {} : { opponent }),
  });
  const { environment: { name: env }, config: { agent } } = opened;
  if (json) {
    console.log(JSON.stringify({ env, agent, episodes, seed, measures: taken }));
    return;
  }
  const { table } = await import('../table.ts');
  const rows = measures.flatMap(({ name, measure }): string[][] => {
    const one = taken[name];
    if ('refused' in one) return [[name, '—', one.refused]];
    return Object.entries(measure.quantities).flatMap(([quantity, { unit, better }]) => {
      const value = one.values[quantity];
      const cell = value === undefined ? '—' : measureInWords(value);
      return [[columnName(name, quantity), cell, better ? `${unit} (${better} is better)` : unit]];
    });
  });
  console.log(`${env}, ${agent}, ${episodes} episodes, seed ${seed}`);
  console.log(table(rows));
}
