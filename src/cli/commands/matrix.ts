/** `dreamtree matrix`: one trained agent under every policy that fits it. */
import type { Command } from 'commander';
import type { MatrixCell, MatrixOptions, MatrixSetting } from '../../../eval/matrix.ts';
import type { OpenedAgent } from '../../open/open.ts';
import { UserError } from '../../user-error.ts';
import { exitCodeOf, listenForInterruption } from '../interruption.ts';

const HELP = `
Example:
  dreamtree matrix checkpoints/catch.dream
  dreamtree matrix checkpoints/cartpole.dream --simulations 0,2,8,16,32,64 --out simulations.svg
  dreamtree matrix checkpoints/tic-tac-toe.dream --opponent mcts
  dreamtree matrix checkpoints/pendulum.dream --policies actor,sampled --lanes 1 --set search.samples=8
  dreamtree matrix checkpoints/pendulum.dream --policies actor,icem --vary plan.horizon=2,5,10,20 plan.terminal=critic,none

All policies play the same episodes. A search makes the search.simulations of the agent's configuration for each
decision; with --simulations it is played once for each number, and the picture shows return against simulations. With
--vary every policy is played with all combinations of the values of the keys that it reads, and the picture shows return
against the first. What reads none of them, such as the actor and random actions, is played once. Ctrl-C ends it with what has been played.`;

interface MatrixCommandOptions {
  readonly policies?: string;
  readonly world?: string;
  readonly simulations?: string;
  readonly vary?: readonly string[];
  readonly opponent?: string;
  readonly episodes: string;
  readonly lanes?: string;
  readonly seed: string;
  readonly out: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

export default function registerMatrix(program: Command): void {
  program
    .command('matrix')
    .description('Play one trained agent under every policy that fits it: returns, and what a decision costs.')
    .argument('<run or checkpoint>', 'a run folder or a checkpoint file')
    .option('--policies <names>', 'policies by name or file, separated by commas (default: all that fit)')
    .option('--world <name>', "another world than the agent's own, such as dream:<run or checkpoint>")
    .option('--simulations <numbers>', 'of every search, separated by commas; 0 is the actor')
    .option('--vary <key=values...>', 'keys with several values each, for example plan.horizon=5,10,20')
    .option('--opponent <name>', 'in a game for two: random (default), mcts (which searches the true game) or self')
    .option('--episodes <n>', 'episodes that each policy plays', '50')
    .option('--lanes <n>', 'worlds that are acted in at once (default: as many as eval takes)')
    .option('--seed <seed>', 'seed of the episodes', '0')
    .option('--out <file>', 'an .svg or a .png; the other is written beside it', 'matrix.png')
    .option('--set <key=value...>', "any key of the agent's configuration, for example env.distract=film")
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(matrixCommand);
}

async function matrixCommand(target: string, options: MatrixCommandOptions): Promise<void> {
  const request = await readOptions(options);
  const { actBy, inWorld, openAgent } = await import('../../open/open.ts');
  const { listVariants } = await import('../../train/configure.ts');
  const { openOpponent } = await import('../../../eval/opponents.ts');
  const { createRng } = await import('../../random.ts');
  const names = request.names ?? (await listVariants()).policies.map(({ name }) => name);
  const openWith = async (setting: MatrixSetting): Promise<OpenedAgent> => {
    const overrides = [...(options.set ?? []), ...Object.entries(setting).map(([key, value]) => `${key}=${value}`)];
    const own = await openAgent(target, { policies: names, overrides });
    return options.world === undefined ? own : inWorld(own, options.world);
  };
  const opened = await openWith({});
  const { world, environment } = opened;
  const opponent = openOpponent(environment, options.opponent);
  const { policies, refused } = await choosePolicies(opened, names);
  const { episodes, seed, lanes, varied } = request;
  const settings = await settingsOf(policies, varied);
  // A value that no configuration may have is refused before anything is played.
  const bySetting = new Map([[JSON.stringify({}), opened]]);
  for (const setting of policies.flatMap(settings)) {
    const name = JSON.stringify(setting);
    if (!bySetting.has(name)) bySetting.set(name, await openWith(setting));
  }
  const { cells, error, signal } = await playAll({
    ...world, policies, episodes, lanes, ...(opponent ? { opponent } : {}), settings,
    rng: createRng(seed).split('eval'),
    open: (name, setting) => actBy(bySetting.get(JSON.stringify(setting)) ?? opened, { name, lanes }),
  });
  // Whatever ended it early, what has been played is not lost.
  if (cells.length > 0) await report(request, opened, cells, refused);
  if (signal) {
    console.error(cells.length > 0 ? 'stopped: this is what has been played' : 'stopped before anything was played');
    process.exitCode = exitCodeOf(signal);
  } else if (error !== undefined) {
    throw error;
  }
}

interface Varied {
  readonly key: string;
  readonly values: readonly string[];
}

interface Request {
  readonly episodes: number;
  readonly seed: number;
  readonly lanes: number;
  /** Policies; all that fit where it is absent. */
  readonly names?: readonly string[];
  /** Keys and the values that they are to have, each with the others'. */
  readonly varied: readonly Varied[];
  /** The picture's path, and the same without its extension. */
  readonly file: string;
  readonly stem: string;
  readonly json: boolean;
}

async function readOptions(options: MatrixCommandOptions): Promise<Request> {
  const { integer } = await import('../arguments.ts');
  const { controlLanes } = await import('../../../eval/control.ts');
  const { SIMULATIONS } = await import('../../../eval/matrix.ts');
  const { out: file, json = false } = options;
  const episodes = integer('--episodes', options.episodes, 1);
  const seed = integer('--seed', options.seed);
  const most = options.lanes === undefined ? controlLanes(episodes) : integer('--lanes', options.lanes, 1);
  const asked = options.simulations?.split(',').map((text) => integer('--simulations', text, 0));
  const numbers = asked && [...new Set(asked)].filter((number) => number > 0).sort((a, b) => a - b);
  if (numbers?.length === 0) {
    throw new UserError(`--simulations: 0 is the actor; expected more beside it, got '${options.simulations}'`);
  }
  const named = options.policies?.split(',').map((name) => name.trim());
  const names = named && [...new Set([...(asked?.includes(0) ? ['actor'] : []), ...named])];
  const [, stem] = /^(.+)\.(?:svg|png)$/i.exec(file) ?? [];
  if (stem === undefined) throw new UserError(`--out: expected an .svg or a .png, got '${file}'`);
  const varied = [...(numbers ? [{ key: SIMULATIONS, values: numbers.map(String) }] : []), ...(options.vary ?? []).map(variedOf)];
  const twice = varied.find(({ key }, i) => varied.findIndex((other) => other.key === key) < i);
  if (twice) throw new UserError(`--vary: ${twice.key} has values already; give them all at once, as ${twice.key}=value,value,…`);
  return { episodes, seed, lanes: Math.min(episodes, most), names, varied, file, stem, json };
}

/** `plan.horizon=5,10` @throws UserError where it is not of this form */
function variedOf(text: string): Varied {
  const [, key, list] = /^([\w.]+)=(.+)$/.exec(text) ?? [];
  if (key === undefined) throw new UserError(`--vary: expected key=value,value,…, got '${text}'`);
  return { key, values: [...new Set(list.split(',').map((value) => value.trim()))] };
}

/**
 * What each policy is played with: all combinations of the values of those keys that it reads.
 * @throws UserError where a key is read by none of them
 */
async function settingsOf(policies: readonly string[], varied: readonly Varied[]): Promise<(policy: string) => readonly MatrixSetting[]> {
  const { loadPolicy } = await import('../../acting/load-policy.ts');
  const { SIMULATIONS } = await import('../../../eval/matrix.ts');
  const read = new Map<string, readonly string[]>();
  for (const name of policies) {
    const { options } = await loadPolicy(name);
    read.set(name, Object.entries(options).flatMap(([section, shape]) => Object.keys(shape).map((key) => `${section}.${key}`)));
  }
  for (const { key } of varied) {
    if (key === SIMULATIONS || [...read.values()].some((keys) => keys.includes(key))) continue;
    throw new UserError(`--vary: ${key} is no option of ${policies.join(', ')}; dreamtree list --keys tells whose it is`);
  }
  return (name) => varied.filter(({ key }) => read.get(name)?.includes(key)).reduce<readonly MatrixSetting[]>(
    (settings, { key, values }) => settings.flatMap((setting) => values.map((value) => ({ ...setting, [key]: value }))), [{}],
  );
}

/** Print the cells and draw them. */
async function report(
  { episodes, seed, lanes, varied, file, stem, json }: Request,
  { environment, config }: Pick<OpenedAgent, 'environment' | 'config'>,
  cells: readonly MatrixCell[],
  refused: Chosen['refused'],
): Promise<void> {
  const { matrixPlot, matrixRows } = await import('../../../eval/matrix.ts');
  const { writePlot } = await import('../../viz/plot.ts');
  const { table } = await import('../table.ts');
  if (json) {
    const head = { env: environment.name, agent: config.agent, episodes, lanes, seed };
    console.log(JSON.stringify({ ...head, cells, refused, file }));
  } else {
    const against = cells[0].opponent ? `against ${cells[0].opponent}, ` : '';
    console.log(`${environment.name}, ${config.agent}, ${against}the same ${episodes} episodes for every policy, seed ${seed}`);
    console.log(table(matrixRows(cells)));
    console.log(`batch of ${lanes}: a call acts in all, in ${lanes} × ms per decision; with worlds: these included`);
    for (const reason of Object.values(refused)) console.log(`left out: ${reason}`);
  }
  await writePlot(stem, matrixPlot(cells, {
    title: `${environment.name}: ${config.agent}, ${episodes} episodes each, seed ${seed}`,
    lanes, ...(varied.length > 0 ? { over: varied[0].key } : {}),
    ...(cells.some(({ score }) => score !== undefined) ? { best: environment.reference?.expert } : {}),
  }));
  if (!json) console.log(file);
}

interface Chosen {
  readonly policies: readonly string[];
  /** Why the others cannot act here, by their names. */
  readonly refused: Readonly<Record<string, string>>;
}

/** @throws UserError where a name is unknown, or none of them fits */
async function choosePolicies(
  { environment: { actions }, agent }: Pick<OpenedAgent, 'environment' | 'agent'>,
  names: readonly string[],
): Promise<Chosen> {
  const { loadPolicy } = await import('../../acting/load-policy.ts');
  const refused: Record<string, string> = {};
  for (const name of names) {
    const reason = (await loadPolicy(name)).refuses(actions, agent);
    if (reason !== undefined) refused[name] = reason;
  }
  const policies = names.filter((name) => !(name in refused));
  if (policies.length === 0) throw new UserError(`--policies: none of them fits: ${Object.values(refused).join('; ')}`);
  return { policies, refused };
}

interface Played {
  readonly cells: readonly MatrixCell[];
  /** What ended it early. */
  readonly error?: unknown;
  /** By which somebody asked to stop. */
  readonly signal?: NodeJS.Signals;
}

/** All cells, each with a line on stderr as soon as it is played. */
async function playAll(options: MatrixOptions): Promise<Played> {
  const { matrixLine, playMatrix } = await import('../../../eval/matrix.ts');
  const { watchEvaluation } = await import('../evaluation-progress.ts');
  const stop = new AbortController();
  const interruption = listenForInterruption(() => stop.abort());
  const cells: MatrixCell[] = [];
  let progress = watchEvaluation(options.episodes, process.stderr);
  try {
    for await (const cell of playMatrix({ ...options, signal: stop.signal, watch: (values) => progress.watch(values) })) {
      progress.stop();
      progress = watchEvaluation(options.episodes, process.stderr);
      cells.push(cell);
      console.error(matrixLine(cell));
    }
    return { cells };
  } catch (error) {
    const signal = interruption.signal();
    return { cells, ...(signal ? { signal } : { error }) };
  } finally {
    progress.stop();
    interruption.ignore();
  }
}
