/** `dreamtree bench …`: how fast this machine is; what is measured, and how, is in eval/bench. */
import type { Command } from 'commander';
import type { UpdateBench } from '../../../eval/bench/update.ts';
import type { Environment } from '../../types.ts';
import { UserError } from '../../user-error.ts';
import { registerBenchPlan } from '../bench-plan.ts';
import { table } from '../table.ts';

const UPDATE_HELP = `
Example:
  dreamtree bench update
  dreamtree bench update --preset small --json
  dreamtree bench update --agent gumbel-muzero
  dreamtree bench update --preset tiny --torch
  dreamtree bench update --profile trace.json     opens in Perfetto and in the profilers of browsers
  dreamtree bench update --preset size200m --graph`;

const ENV_HELP = `
Example:
  dreamtree bench env
  dreamtree bench env --worlds catch,car-racing --json
  dreamtree bench env --worlds catch --soak 1000000`;

const SEARCH_HELP = `
Example:
  dreamtree bench search
  dreamtree bench search --json`;

const TRAIN_HELP = `
Example:
  dreamtree bench train catch
  dreamtree bench train pendulum --threads 1 --json
  dreamtree bench train cartpole --agent gumbel-muzero --seconds 40`;

const GROWTH_HELP = `
Example:
  dreamtree bench growth
  dreamtree bench growth --agent gumbel-muzero --out growth --json`;

export default function registerBench(program: Command): void {
  const bench = program.command('bench').description('Measure how fast this machine is.');
  bench
    .command('env')
    .description('Drawn 64×64 frames, and steps without drawing, per second, with one worker thread and with two.')
    .option('--worlds <names>', 'some of the listed worlds, separated by commas (default: all)')
    .option('--soak <frames>', 'draw so many frames of each and report resident memory instead')
    .option('--json', 'print JSON')
    .addHelpText('after', ENV_HELP)
    .action(benchEnv);
  bench
    .command('search')
    .description('Simulations of tree search per second, for one root and for many, and the part that the model takes.')
    .option('--json', 'print JSON')
    .addHelpText('after', SEARCH_HELP)
    .action(benchSearchCommand);
  bench
    .command('train')
    .description('Where the time of training goes: what share the learner computes, and what it waits for.')
    .argument('<env>', 'a listed world')
    .option('--agent <name | file>', 'the agent that learns (default: dreamer; gumbel-muzero in games of two players)')
    .option('--preset <name>', 'sizes and speeds (default: what suits the world)')
    .option('--threads <n>', 'threads of the learner')
    .option('--seconds <s>', 'how long to time, from the first updates on', '20')
    .option('--set <key=value...>', 'any key of the configuration')
    .option('--json', 'print JSON')
    .addHelpText('after', TRAIN_HELP)
    .action(benchTrainCommand);
  registerBenchPlan(bench);
  bench
    .command('growth')
    .description('How the time of an update grows with batch, length, horizon, width and pictures; takes about two minutes.')
    .option('--agent <name | file>', 'the agent that learns (default: dreamer)')
    .option('--out <path>', 'also draw it, as <path>.png and <path>.svg')
    .option('--json', 'print JSON')
    .addHelpText('after', GROWTH_HELP)
    .action(benchGrowthCommand);
  bench
    .command('update')
    .description("Time of one update of an agent, beside the machine's best matrix product.")
    .option('--agent <name | file>', 'the agent that learns (default: dreamer)')
    .option('--preset <name>', 'sizes, as for train', 'tiny')
    .option('--set <key=value...>', 'any key of the configuration')
    .option('--torch', 'beside the same update in PyTorch, timed in turn (needs python3 with torch)')
    .option('--torch-compile', 'the same with torch.compile')
    .option('--profile [file]', 'what takes how long, by kind of node and by part of the agent; writes one update as trace events (default: update-trace.json)')
    .option('--graph', 'only trace: parameters, nodes and arithmetic of presets of any size')
    .option('--json', 'print JSON')
    .addHelpText('after', UPDATE_HELP)
    .action(benchUpdateCommand);
}

interface UpdateOptions {
  readonly agent?: string;
  readonly preset: string;
  readonly set?: readonly string[];
  readonly graph?: boolean;
  readonly profile?: string | true;
  readonly torch?: boolean;
  readonly torchCompile?: boolean;
  readonly json?: boolean;
}

async function benchUpdateCommand(options: UpdateOptions): Promise<void> {
  const { json, profile } = options;
  if (profile !== undefined) return profileUpdateCommand(options, profile === true ? 'update-trace.json' : profile);
  const result = await measureUpdate(options);
  if (json) {
    console.log(JSON.stringify(result));
    return;
  }
  const rows = Object.entries(result).map(([name, value]) =>
    [name, typeof value === 'number' ? rounded(value) : String(value)]);
  console.log(table([['', ''], ...rows]));
}

function updateRequest({ preset, agent, set: overrides = [] }: UpdateOptions) {
  return { preset, overrides, ...(agent === undefined ? {} : { agent }) };
}

async function profileUpdateCommand(options: UpdateOptions, trace: string): Promise<void> {
  const { profileUpdate } = await import('../../../eval/bench/profile.ts');
  const profile = await profileUpdate({ ...updateRequest(options), trace });
  if (options.json) {
    console.log(JSON.stringify(profile, null, 2));
    return;
  }
  const rows = (shares: typeof profile.kinds) => shares.map(({ name, share, ms, nodes }) =>
    [name, `${(100 * share).toFixed(1)} %`, ms.toFixed(2), rounded(nodes)]);
  console.log(table([['kind of node', 'share', 'ms an update', 'nodes'], ...rows(profile.kinds)]));
  console.log(table([['part of the agent', 'share', 'ms an update', 'nodes'], ...rows(profile.parts)]));
  console.log(`\n${rounded(profile.nodesMs)} ms in nodes, with the profiler looking on; mean of ${profile.updates} updates. One of them is in ${trace}`);
}

async function measureUpdate(options: UpdateOptions): Promise<object> {
  const { preset, agent, set: overrides = [], graph, torch, torchCompile } = options;
  const request = updateRequest(options);
  const { benchUpdate, inspectUpdate } = await import('../../../eval/bench/update.ts');
  if (graph) return inspectUpdate(request);
  if (!torch && !torchCompile) return benchUpdate(request);
  if (agent !== undefined) throw new UserError('--agent: the update in PyTorch is that of dreamer alone');
  const { compareWithTorch } = await import('../../../eval/bench/torch.ts');
  return compareWithTorch({ preset, overrides, compiled: torchCompile === true });
}

const rounded = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString('en') : value.toPrecision(4);

interface EnvOptions {
  readonly worlds?: string;
  readonly soak?: string;
  readonly json?: boolean;
}

async function benchEnv({ worlds: names, soak, json }: EnvOptions): Promise<void> {
  const { listWorlds } = await import('../../open/worlds.ts');
  const worlds = chooseWorlds(await listWorlds(), names);
  if (soak !== undefined) return soakWorlds(worlds, soak, json);
  const { benchWorlds } = await import('../../../eval/bench/env.ts');
  const results = await benchWorlds(worlds.map(({ name }) => name));
  if (json) {
    console.log(JSON.stringify(results, null, 2));
    return;
  }
  const rows = results.map((result) => [
    result.env,
    String(result.workers),
    Math.round(result.framesPerSecond).toLocaleString('en'),
    Math.round(result.stepsPerSecondWithoutDrawing).toLocaleString('en'),
  ]);
  console.log(table([['world', 'workers', 'frames/s', 'steps/s without drawing'], ...rows]));
}

/** @throws UserError where a name is not listed */
function chooseWorlds(listed: readonly Environment[], names?: string): readonly Environment[] {
  return names?.split(',').map((wanted) => {
    const world = listed.find(({ name }) => name === wanted);
    if (world) return world;
    throw new UserError(`--worlds: no listed world '${wanted}'; known: ${listed.map(({ name }) => name).join(', ')}`);
  }) ?? listed;
}

async function soakWorlds(worlds: readonly Environment[], soak: string, json?: boolean): Promise<void> {
  const { integer } = await import('../arguments.ts');
  const { soakWorld } = await import('../../../eval/bench/env-soak.ts');
  const frames = integer('--soak', soak, 1000);
  const results: Awaited<ReturnType<typeof soakWorld>>[] = [];
  for (const world of worlds) results.push(await soakWorld(world, frames));
  if (json) {
    console.log(JSON.stringify(results, null, 2));
    return;
  }
  const rows = results.map(({ env, frames: drawn, rssMb, slopeMbPer100kFrames }) => [
    env, drawn.toLocaleString('en'),
    ...[rssMb.start, rssMb.warm, rssMb.end].map((megabytes) => megabytes.toFixed(0)), slopeMbPer100kFrames.toFixed(2),
  ]);
  console.log(table([['world', 'frames', 'MB at first', 'after a tenth', 'at last', 'MB per 100,000'], ...rows]));
}

async function benchSearchCommand({ json }: { json?: boolean }): Promise<void> {
  const { benchSearch } = await import('../../../eval/bench/search.ts');
  const results = await benchSearch();
  if (json) {
    console.log(JSON.stringify(results, null, 2));
    return;
  }
  const rows = results.map((result) => [
    result.policy,
    String(result.roots),
    Math.round(result.simulationsPerSecond).toLocaleString('en'),
    `${Math.round(100 * result.inferenceShare)} %`,
  ]);
  console.log(table([['policy', 'roots', 'simulations/s', 'in the model'], ...rows]));
}

interface TrainOptions {
  readonly agent?: string;
  readonly preset?: string;
  readonly threads?: string;
  readonly seconds: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

/** So that some checkpoints fall into the time. */
const OFTEN_SAVED = 'train.checkpointEvery=500';

async function benchTrainCommand(world: string, { agent, preset, threads, seconds, set = [], json }: TrainOptions): Promise<void> {
  const { integer } = await import('../arguments.ts');
  const { loadWorld } = await import('../../open/open.ts');
  const { agentFor, configure } = await import('../../train/configure.ts');
  const { benchTrain } = await import('../../../eval/bench/train.ts');
  const { showNowhere } = await import('../live-dream.ts');
  const environment = await loadWorld(world);
  const configured = await configure({
    world, agent: agent ?? agentFor(environment), ...(preset === undefined ? {} : { preset }),
    overrides: [OFTEN_SAVED, ...(threads === undefined ? [] : [`train.threads=${threads}`]), ...set],
  });
  const result = await benchTrain({ ...configured, environment, seconds: integer('--seconds', seconds, 1), show: showNowhere });
  if (json) {
    console.log(JSON.stringify(result, null, 2));
    return;
  }
  const { learner, main, ...numbers } = result;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const inWords = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  console.log(table([
    ['', ''],
    ...Object.entries(numbers).map(([name, value]) => [inWords(name), typeof value === 'number' ? rounded(value) : value]),
    ...Object.entries(learner).map(([name, share]) => [`learner ${inWords(name)}`, percent(share)]),
    ...Object.entries(main).map(([name, share]) => [`main thread, ${inWords(name)}`, percent(share)]),
  ]));
}

async function benchGrowthCommand({ agent, out, json }: { agent?: string; out?: string; json?: boolean }): Promise<void> {
  const { benchGrowth, growthPlot } = await import('../../../eval/bench/growth.ts');
  const growths = await benchGrowth({
    measure: (overrides) => updateInItsOwnProcess([...(agent === undefined ? [] : ['--agent', agent]), '--set', ...overrides]),
    announce: (what, done, total) => console.error(`${done + 1} of ${total}: ${what}`),
  });
  if (out !== undefined) {
    const { writePlot } = await import('../../viz/plot.ts');
    await writePlot(out, growthPlot(growths));
  }
  if (json) {
    console.log(JSON.stringify(growths, null, 2));
    return;
  }
  const rows = growths.map(({ axis, points, exponents, lastExponent, expected, why }) => [
    axis, points.map(({ value }) => value).join(' '), points.map(({ ms }) => ms.toPrecision(3)).join(' '),
    points.map(({ rssMb }) => rssMb.toFixed(0)).join(' '),
    exponents.ms.toFixed(2), lastExponent.toFixed(2), exponents.gflop.toFixed(2), `at most ${expected}: ${why}`,
  ]);
  console.log(table([['', 'sizes', 'ms an update', 'MB resident', 'power', 'of the last doubling', 'of the arithmetic', 'for large ones'], ...rows]));
}

/** What `bench update --json` says there. @throws UserError with what it says where it fails */
async function updateInItsOwnProcess(args: readonly string[]): Promise<UpdateBench> {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  const { fileURLToPath } = await import('node:url');
  const program = fileURLToPath(new URL('../dreamtree.mjs', import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program, 'bench', 'update', '--json', ...args]);
    return JSON.parse(stdout) as UpdateBench;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().replace(/^error: /, '') : String(error);
    throw new UserError(said, { cause: error });
  }
}
