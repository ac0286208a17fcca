/** `dreamtree train`: learn a world from pixels, before the user's eyes. */
import type { Command } from 'commander';
import type { Moment } from '../../train/loop.ts';
import type { Run } from '../../train/run.ts';
import type { Reached } from '../../train/session.ts';
import { commandLine, quoted } from '../../command-line.ts';
import type { LiveDream } from '../live-dream.ts';
import { exitCodeOf, listenForInterruption } from '../interruption.ts';
import type { Progress } from '../progress.ts';

const HELP = `
Example:
  dreamtree train catch
  dreamtree train cartpole --minutes 30 --seed 1 --logdir runs/my-cartpole
  dreamtree train catch --agent gumbel-muzero        plans by tree search: dreamtree list has all agents
  dreamtree train catch --agent ./my-agent.ts        an agent of your own, in one file
  dreamtree train mountain-car --agent plan2explore --task-after 8000    looks around, then learns from what it saw
  dreamtree train catch --dataset data/catch --steps 0    from recorded steps alone: dreamtree record makes them
  dreamtree train tic-tac-toe                        plays against itself: gumbel-muzero learns games for two
  dreamtree train gym:CartPole-v1                    a Gymnasium world, where python3 has gymnasium
  dreamtree train dream:checkpoints/catch.dream      a world that is another agent's imagination
  dreamtree train ./my-env.ts --preset small --set optimizer.learningRate=3e-4 train.trainRatio=64

The same command with the same --logdir continues where it was stopped; Ctrl-C saves first. Every key that --set
takes: dreamtree list --keys --agent NAME. A short trial of everything: --preset debug.`;

interface TrainOptions {
  readonly agent?: string;
  readonly policy?: string;
  readonly preset?: string;
  readonly steps?: string;
  readonly minutes?: string;
  readonly seed?: string;
  readonly logdir?: string;
  readonly engine?: string;
  readonly provider?: string;
  readonly threads?: string;
  readonly taskAfter?: string;
  readonly dataset?: string;
  readonly set?: readonly string[];
}

export default function registerTrain(program: Command): void {
  program
    .command('train')
    .description('Train an agent from pixels; leaves curve, imagination and checkpoint in a run folder.')
    .argument('<env | file>', 'a world by name, the .ts or .js file that holds it, gym:… or dream:<run or checkpoint>')
    .option('--agent <name | file>', 'the agent that learns (default: dreamer; gumbel-muzero in games of two players)')
    .option('--policy <name | file>', 'how it acts while it learns (default: as the agent asks for)')
    .option('--preset <name>', 'sizes and speeds (default: what suits the world)')
    .option('--steps <n>', 'environment steps in all')
    .option('--minutes <m>', 'stop after so many minutes')
    .option('--seed <seed>', 'the same seed gives the same numbers')
    .option('--logdir <folder>', 'the run folder (default: a new one in runs/)')
    .option('--engine <name>', 'auto, onnx, tensorflow or reference')
    .option('--provider <name>', "ONNX Runtime's execution provider, for example webgpu or cuda")
    .option('--threads <n>', 'threads of the learner')
    .option('--task-after <n>', 'take so many steps and no more; for the rest of --steps learn from them alone (for plan2explore)')
    .option('--dataset <folder>', 'learn from steps that dreamtree record kept, before any of --steps is taken (default: 0 of them)')
    .option('--set <key=value...>', 'any key of the configuration')
    .addHelpText('after', HELP)
    .action(trainCommand);
}

const OPTION_KEYS = {
  steps: 'train.steps', minutes: 'train.minutes', seed: 'seed', engine: 'engine.name', provider: 'engine.provider',
  threads: 'train.threads', taskAfter: 'train.collectSteps',
} as const satisfies Partial<Record<keyof TrainOptions, string>>;

async function trainCommand(world: string, options: TrainOptions): Promise<void> {
  const { loadWorld, worldBehind } = await import('../../open/open.ts');
  const { isWorldFile, tryWorldFile } = await import('../../world/threaded-driver.ts');
  const ownWorld = isWorldFile(world);
  if (ownWorld) await tryWorldFile(world, timeoutOf(options.set));
  const environment = await loadWorld(world);
  const { datasetOverrides } = await import('../dataset-overrides.ts');
  const given = options.dataset === undefined ? [] : datasetOverrides(options.dataset, options.steps ?? '0');
  const named = Object.entries(OPTION_KEYS).flatMap(([option, key]) => {
    const value = options[option as keyof typeof OPTION_KEYS];
    return value === undefined || (option === 'steps' && given.length > 0) ? [] : [`${key}=${value}`];
  });
  const { agentFor, configure } = await import('../../train/configure.ts');
  const { supportOverride } = await import('../../train/support.ts');
  const { worldPresets } = await import('../../config/index.ts');
  const behind = await worldBehind(world);
  const wanted = {
    world, agent: options.agent ?? agentFor(environment), ...(options.policy ? { policy: options.policy } : {}),
    ...(options.preset ? { preset: options.preset } : {}), overrides: [...given, ...named, ...(options.set ?? [])],
    // What suits a world suits its dream.
    ...(behind !== world && Object.hasOwn(worldPresets, behind) ? { worldDefaults: worldPresets[behind] } : {}),
  };
  let { config, agent } = await configure(wanted);
  const support = wanted.overrides.some((override) => override.startsWith('model.support='))
    ? undefined : await supportOverride(world, environment, config);
  if (support !== undefined) {
    console.error(`rewards are larger than the heads' default holds: ${support}`);
    ({ config, agent } = await configure({ ...wanted, overrides: [...wanted.overrides, support] }));
  }
  const { nextRunFolder } = await import('../run-folder.ts');
  const { openRun } = await import('../../train/run.ts');
  const directory = options.logdir ?? nextRunFolder(world);
  const command = commandLine(process.argv.slice(2));
  console.error(`${environment.name} · ${config.agent} · preset ${config.preset} · seed ${config.seed} · ${directory}`);
  const run = await sayingThatItTakesLong('compiling the programs', openRun({
    directory, config, agent, environment, command, tell: (text) => console.error(text), ...(ownWorld ? { worldFile: world } : {}),
  }));
  const again = options.logdir ? command : `${command} --logdir ${quoted(directory)}`;
  try {
    const signal = await follow(run, again);
    if (signal) {
      console.error(`saved. Go on with: ${again}`);
      process.exitCode = exitCodeOf(signal);
    }
  } finally {
    await run.close();
  }
}

/** Seconds that a world may take, before there is a configuration. */
function timeoutOf(overrides: readonly string[] = []): number {
  const seconds = Number(overrides.findLast((override) => override.startsWith('env.timeout='))?.split('=')[1] ?? NaN);
  return Number.isFinite(seconds) ? seconds : 60;
}

const LONG_MS = 5000;

/** A line now and then while somebody would otherwise wait without a word. */
async function sayingThatItTakesLong<T>(what: string, work: Promise<T>): Promise<T> {
  const start = performance.now();
  const timer = setInterval(() => console.error(`${what} … ${Math.round((performance.now() - start) / 1000)} s`), LONG_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

function announce({ learner: { report }, engine, config, resume, environment, agent }: Run): void {
  const seconds = ((report.traceMs + report.buildMs) / 1000).toFixed(1);
  console.error(
    `engine ${engine.reason}; ${report.nodes} nodes compiled in ${seconds} s${report.cached ? ' (from the cache)' : ''}`,
  );
  if (agent.dynamics?.decode === undefined) console.error('this agent has no decoder: there will be no dreams to see');
  if (resume) {
    const anew = 'external' in environment ? '; every lane begins a new episode, since a Python world cannot be saved' : '';
    console.error(`continuing at step ${resume.step} of ${config.train.steps} in ${environment.name}${anew}`);
  }
}

/**
 * Train before the user's eyes until the budget is used or the user stops it; then evaluate and picture.
 * @param again the command that goes on
 * @returns the signal that stopped it
 */
async function follow(run: Run, again: string): Promise<NodeJS.Signals | undefined> {
  const { trainSession } = await import('../../train/session.ts');
  const { createProgress } = await import('../progress.ts');
  const { createLiveDream } = await import('../live-dream.ts');
  const { WorldError } = await import('../../world/world-error.ts');
  const { hurryWorlds } = await import('../../world/gym/process.ts');
  const { beyondInWords } = await import('../../train/beyond.ts');
  const { config, clock, resume, learner } = run;
  let say = (text: string): void => console.error(text);
  const interruption = listenForInterruption(() => {
    hurryWorlds();
    say('stopping: the block in work is finished and saved; Ctrl-C again to drop it');
  });
  announce(run);
  const progress = createProgress({
    total: config.train.steps, stream: process.stderr, picture: true, clock,
    ...(resume ? { start: { step: resume.step, update: resume.update } } : {}),
  });
  say = (text) => progress.note(text);
  let live: LiveDream | undefined;
  const { createEvaluations } = await import('../evaluations.ts');
  const evaluations = createEvaluations(run);
  const stopListening = () => {
    interruption.ignore();
    progress.stop();
  };
  const returns = createRecent(50);
  let last: Moment | undefined;
  let refusedBefore = false;
  try {
    live = await createLiveDream(run, progress);
    const dream = live;
    const { interrupted } = await trainSession(run, {
      stopped: () => interruption.signal() !== undefined,
      async watch(moment) {
        last = moment;
        for (const { return: total } of moment.finished) returns.add(total);
        if (moment.refused && !refusedBefore) {
          refusedBefore = true;
          progress.note(`update refused: ${moment.refused.reason}; the parameters stay as they were (train/refused in metrics.jsonl counts them)`);
        }
        for (const found of moment.beyond ?? []) progress.note(beyondInWords(found));
        showNumbers(progress, moment, returns.mean());
        await dream.show(learner);
      },
      async returnAt(step) {
        const value = await evaluations.returnAt(step);
        progress.note(`return ${Number(value.toPrecision(4))} at step ${step}, over ${config.train.evalEpisodes} episodes`);
        return value;
      },
      async evaluate(reached) {
        stopListening();
        await finish(run, reached);
      },
    });
    return interrupted ? interruption.signal() : undefined;
  } catch (error) {
    if (error instanceof WorldError && last && !last.refused) {
      const signal = interruption.signal();
      if (signal) return signal; // a world that hung was given up, as was asked
      progress.note(`the world failed; saved at step ${last.state.step}. When it is mended, go on with: ${again}`);
    }
    throw error;
  } finally {
    stopListening();
    await live?.dispose();
    await evaluations.dispose();
  }
}

function showNumbers(progress: Progress, { state, losses }: Moment, recentReturn: number | undefined): void {
  progress.update({
    step: state.step, update: state.update,
    ...(recentReturn === undefined ? {} : { return: recentReturn }),
    ...(losses
      ? { losses: shown(losses) }
      : {}),
  });
}

/** Of all losses those that are worth a look, as far as the agent has them. */
const shown = (losses: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(['model/image', 'model/reward', 'behavior/value'].filter((name) => name in losses)
    .map((name) => [name.slice(name.indexOf('/') + 1), losses[name]]));

/** Mean of the latest values. */
function createRecent(count: number): { add(value: number): void; mean(): number | undefined } {
  const values: number[] = [];
  return {
    add(value) {
      values.push(value);
      if (values.length > count) values.shift();
    },
    mean: () => (values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length),
  };
}

/** Evaluate, picture, and say where everything is. */
async function finish(run: Run, reached: Reached): Promise<void> {
  const { controlLanes, evaluateControl } = await import('../../../eval/control.ts');
  const { createDreamer } = await import('../../../eval/dream.ts');
  const { openOpponent } = await import('../../../eval/opponents.ts');
  const { createRng } = await import('../../random.ts');
  const { actBy } = await import('../../open/open.ts');
  const { cutInWords, summaryLine } = await import('../summary.ts');
  const { whyNoTruth } = await import('../../world/external.ts');
  const { writeRunReport } = await import('../run-folder.ts');
  const { config, world, environment, agent, engine, learner, directory } = run;
  const { evalEpisodes: episodes } = config.train;
  const params = await learner.params();
  const policy = await actBy({ ...run, params }, { lanes: controlLanes(episodes) });
  const rng = createRng(config.seed);
  const opponent = openOpponent(environment);
  console.error(`evaluating ${episodes} episodes …`);
  const { watchingEvaluation } = await import('../evaluation-progress.ts');
  const result = await watchingEvaluation(episodes, (watch) => evaluateControl({
    ...world, policy, episodes, ...(opponent ? { opponent } : {}), rng: rng.split('eval'), watch,
  }));
  await policy.dispose();
  const canDream = agent.dynamics?.decode && whyNoTruth(environment) === undefined; // which stands beside the dream
  const dreamer = canDream ? await createDreamer({ ...world, agent, engine, context: 5, horizon: 45 }) : undefined;
  const dream = await dreamer?.dream(params, 'policy', rng.split('dream'));
  await dreamer?.dispose();
  const summary = summaryLine(environment, result);
  const next = nextSteps(run, dream !== undefined);
  const page = await writeRunReport(run, { result, ...reached, summary, next, ...(dream ? { dream } : {}) });
  console.log(`\n${summary}   (mean return of ${episodes} fresh episodes, 95 % interval)`);
  const cut = cutInWords(result);
  if (cut) console.log(cut);
  console.log(`trained for ${(reached.trainedMs / 1000).toFixed(0)} s; everything is in ${directory}, begin with ${page}\n`);
  console.log(next.join('\n'));
}

function nextSteps({ directory, environment: { name, actions }, config: { world } }: Run, canDream: boolean): string[] {
  // A name that begins like an option is not taken for one behind its folder.
  const run = directory.startsWith('-') ? `./${directory}` : directory;
  const lines: [readonly string[], string][] = [
    ...(canDream ? [
      [['dream', run, ...(actions.kind === 'discrete' ? ['--actions', 'each'] : [])], 'what would happen if …'],
      [['tree', run, '--out', 'tree.png'], 'what a search sees before it decides'],
      [['matrix', run], 'the same model under every policy'],
    ] satisfies [string[], string][] : []),
    [['eval', run, '--episodes', '200', '--seed', '1'], 'more episodes, another seed'],
    [['train', world === 'catch' || name === 'catch' ? 'cartpole' : 'catch'], 'another world'],
    [['--help'], 'everything else'],
  ];
  const commands = lines.map(([words]) => commandLine(words));
  const width = Math.max(...commands.map((command) => command.length));
  return ['What next:', ...lines.map(([, what], i) => `  ${commands[i].padEnd(width)}    ${what}`)];
}
