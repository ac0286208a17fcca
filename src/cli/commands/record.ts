/** `dreamtree record`: a world played by somebody, as a dataset that agents learn from. */
import type { Command } from 'commander';
import type { Config } from '../../config/index.ts';
import type { DatasetPart } from '../../data/dataset.ts';
import type { Rng } from '../../types.ts';
import { UserError } from '../../user-error.ts';
import type { Cast } from '../cast.ts';

const HELP = `
Example:
  dreamtree record catch --policy random --steps 5000 --out data/catch-random
  dreamtree record cartpole --policy expert,random,checkpoints/cartpole.dream --steps 12000 --out data/cartpole-mixed
  dreamtree train cartpole --dataset data/cartpole-mixed --steps 0      learns from that alone

Several players take a share of the steps each, in whole episodes. Ctrl-C ends it early: what was played by then is kept.`;

interface RecordCommand {
  readonly policy: string;
  readonly steps: string;
  readonly out: string;
  readonly seed: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

export default function registerRecord(program: Command): void {
  program
    .command('record')
    .description('Play a world and keep every step, as a dataset to learn from.')
    .argument('<env | file>', 'a world by name, or the .ts or .js file that holds it')
    .option('--policy <who,...>', 'random, expert, runs or checkpoints', 'random')
    .option('--steps <n>', 'environment steps in all', '10000')
    .requiredOption('--out <folder>', 'where the dataset goes; a new folder')
    .option('--seed <seed>', 'seed of the episodes', '0')
    .option('--set <key=value...>', 'any key of env, for example env.size=64')
    .option('--json', 'print the manifest')
    .addHelpText('after', HELP)
    .action(recordCommand);
}

async function recordCommand(name: string, options: RecordCommand): Promise<void> {
  const { integer } = await import('../arguments.ts');
  const { datasetEnv } = await import('../../train/dataset-env.ts');
  const { createDataset } = await import('../../data/dataset.ts');
  const { configureWorld } = await import('../../world/configured.ts');
  const { configure } = await import('../../train/configure.ts');
  const { loadWorld } = await import('../../open/open.ts');
  const { isExternal } = await import('../../world/external.ts');
  const { actionSize } = await import('../../world/actions.ts');
  const { episodeSteps } = await import('../../world/record.ts');
  const { createRng } = await import('../../random.ts');
  const { commandLine } = await import('../../command-line.ts');
  const { exitCodeOf, listenForInterruption } = await import('../interruption.ts');
  const { createCounter } = await import('../counter.ts');
  const wanted = integer('--steps', options.steps, 1);
  const seed = integer('--seed', options.seed);
  const environment = await loadWorld(name);
  if (isExternal(environment)) throw new UserError(`${name} lives in Python, and cannot be recorded here`);
  if (environment.legal) throw new UserError(`${name} forbids actions, which a dataset does not keep: it cannot be recorded`);
  const overrides = options.set ?? [];
  const other = overrides.find((override) => !override.startsWith('env.'));
  if (other !== undefined) throw new UserError(`--set ${other}: expected a key of env`);
  const { config: { env } } = await configure({ world: name, overrides });
  const world = configureWorld(environment, env);
  const rng = createRng(seed).split('record');
  const cast = await castOf(name, options.policy, overrides, env, rng);

  const { maxSteps } = world.environment;
  const imageShape = [env.size, env.size, 3 * env.frameStack];
  const shapes = { imageShape, actionSize: actionSize(environment.actions) };
  const share = Math.ceil(wanted / cast.length);
  // Every share is overshot by no more than an episode, and each episode has a record more than it has actions.
  const dataset = createDataset(options.out, shapes, 2 * cast.length * (share + maxSteps));
  const interruption = listenForInterruption(() => console.error('stopping: the dataset ends here; Ctrl-C again to drop it'));
  const counter = createCounter(wanted, 'steps', process.stderr);
  const parts: DatasetPart[] = [];
  let total = 0;
  try {
    for (const [index, { who, player }] of cast.entries()) {
      const stream = rng.split(`episodes ${index}`);
      const returns: number[] = [];
      let [steps, episodes] = [0, 0];
      while (steps < share && interruption.signal() === undefined) {
        let sum = 0;
        for await (const step of episodeSteps({ world, player, rng: stream.split(episodes) })) {
          dataset.append(step);
          sum += step.reward;
          if (!step.isFirst) steps++;
          counter.show(total + steps);
        }
        returns.push(sum);
        episodes++;
      }
      total += steps;
      if (episodes > 0) parts.push({ policy: who.slice(0, 4096), episodes, steps, returns: summaryOf(returns) });
    }
    const manifest = await dataset.finish({
      world: environment.name, env: datasetEnv(env), ...shapes, seed, steps: total,
      episodes: parts.reduce((sum, { episodes }) => sum + episodes, 0), parts, command: commandLine(process.argv.slice(2)),
    });
    counter.stop();
    const signal = interruption.signal();
    if (signal) process.exitCode = exitCodeOf(signal);
    if (options.json) {
      console.log(JSON.stringify(manifest));
      return;
    }
    const { table } = await import('../table.ts');
    const rows = parts.map(({ policy, steps, episodes, returns }) =>
      [policy, String(steps), String(episodes), ...(returns ? [returns.mean, returns.least, returns.greatest].map((value) => value.toFixed(2)) : [])]);
    console.log(table([['policy', 'steps', 'episodes', 'mean return', 'least', 'greatest'], ...rows]));
    console.log(`${total} steps in ${options.out}; learn from them: ${commandLine(['train', name, '--dataset', options.out, '--steps', '0'])}`);
  } finally {
    counter.stop();
    interruption.ignore();
    await dataset.close();
  }
}

const summaryOf = (returns: readonly number[]) =>
  ({ mean: returns.reduce((sum, value) => sum + value, 0) / returns.length, least: Math.min(...returns), greatest: Math.max(...returns) });

/** Everybody who is named. @throws UserError where one of them plays another world, or this one by other rules */
async function castOf(name: string, policies: string, set: readonly string[], env: Config['env'], rng: Rng): Promise<Cast[]> {
  const { findPlayer } = await import('../cast.ts');
  const { RULES } = await import('../../train/dataset-env.ts');
  const cast: Cast[] = [];
  for (const [index, policy] of policies.split(',').map((each) => each.trim()).filter((each) => each !== '').entries()) {
    // An agent sees the pictures that it has learned from, whatever is recorded.
    const own = policy === 'random' || policy === 'expert' ? { set } : {};
    const one = await findPlayer(name, { policy, ...own }, rng.split(`player ${index}`));
    const odd = RULES.find((key) => one.env !== undefined && one.env[key] !== env[key]);
    if (odd) throw new UserError(`--policy ${policy}: it learned with env.${odd} = ${one.env?.[odd]}, and here it is ${env[odd]}; give --set env.${odd}=${one.env?.[odd]}`);
    cast.push(one);
  }
  if (cast.length === 0) throw new UserError('--policy: expected random, expert, or runs or checkpoints, separated by commas');
  return cast;
}
