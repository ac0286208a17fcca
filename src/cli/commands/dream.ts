/** `dreamtree dream`: what an agent imagines, beside what would really have happened. */
import type { Command } from 'commander';
import type { Dream, DreamActions, Dreamer } from '../../../eval/dream.ts';
import { rowsOf } from '../../nd-array.ts';
import type { ActionSpace, Environment } from '../../types.ts';
import { UserError } from '../../user-error.ts';

const HELP = `
Example:
  dreamtree dream checkpoints/catch.dream
  dreamtree dream checkpoints/catch.dream --actions each --context 2 --out dream-each.png

The dream is given the same actions as the true world, which is forked from the same state; it ends where the
true episode ends. A .png is a strip, .webp and .gif are animations; without --out all three are written.`;

interface DreamCommandOptions {
  readonly out?: string;
  readonly context: string;
  readonly horizon: string;
  readonly actions: string;
  readonly seed: string;
  readonly json?: boolean;
}

const ACTIONS = ['policy', 'random', 'each'] as const;

export default function registerDream(program: Command): void {
  program
    .command('dream')
    .description('Picture what an agent imagines beside the truth, and measure how far it is off.')
    .argument('<run or checkpoint>', 'a run folder or a checkpoint file')
    .option('--out <file>', 'a .png, .webp or .gif (default: dream.* in the run folder, or here)')
    .option('--context <n>', 'steps that are observed', '5')
    .option('--horizon <n>', 'steps that are imagined', '45')
    .option('--actions <kind>', `how the dream acts: ${ACTIONS.join(', ')} (each: one strip per discrete action)`, 'policy')
    .option('--seed <seed>', 'seed of the world and of the dream', '0')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(dreamCommand);
}

async function dreamCommand(target: string, options: DreamCommandOptions): Promise<void> {
  const { integer } = await import('../arguments.ts');
  const { pictureFormat } = await import('../../viz/picture.ts');
  const context = integer('--context', options.context, 1);
  const horizon = integer('--horizon', options.horizon, 1);
  const seed = integer('--seed', options.seed);
  const kind = ACTIONS.find((name) => name === options.actions);
  if (!kind) throw new UserError(`--actions: expected ${ACTIONS.join(', ')}, got '${options.actions}'`);
  if (options.out) pictureFormat(options.out);
  const { printable, printableLine } = await import('../../printable.ts');

  const { openAgent } = await import('../../open/open.ts');
  const { createDreamer } = await import('../../../eval/dream.ts');
  const { whyNoTruth } = await import('../../world/external.ts');
  const { createRng } = await import('../../random.ts');
  const { config, world, environment, agent, params, engine } = await openAgent(target);
  const lack = whyNoTruth(environment);
  if (lack !== undefined) throw new UserError(`a dream is shown beside the truth: ${lack}`);
  // Before anything is dreamt: where it goes, and whether so large a picture can be written.
  const files = await placesOf(options.out, target, kind);
  await requirePictures(files, kind, environment, { context, horizon, size: world.size });
  const dreamer = await createDreamer({ ...world, agent, engine, context, horizon });
  const rng = createRng(seed).split('dream');
  const dreams = await dreamAll(kind, environment, (actions) => dreamer.dream(params, actions, rng));
  await dreamer.dispose();
  if (dreams.every(({ dream }) => dream.steps.length === 0)) {
    throw new UserError(`--context ${context}: the episode was over before anything could be imagined; observe less`);
  }
  await writePictures(files, dreams);
  const report = {
    env: environment.name, agent: config.agent, actions: kind, seed, context: dreams[0].dream.context, horizon,
    dreams: dreams.map(({ name, dream }) => ({ actions: name, steps: dream.steps })), files,
  };
  if (options.json) {
    console.log(JSON.stringify(report));
    return;
  }
  const { table } = await import('../table.ts');
  const told = dreams.flatMap(({ name, dream }) => {
    const rows = dream.steps.map(({ step, mse, psnr, rewardError }) =>
      [String(step), mse.toExponential(2), psnr.toFixed(1), rewardError.toFixed(3)]);
    return [
      printableLine(`${environment.name}: ${dream.context} steps observed, ${dream.steps.length} imagined, actions ${name}`),
      table([['imagined step', 'mse', 'psnr (dB)', 'reward error'], ...rows]),
    ];
  });
  console.log([...told, ...files.map(printable)].join('\n'));
}

interface NamedDream {
  readonly name: string;
  readonly dream: Dream;
}

async function dreamAll(
  kind: (typeof ACTIONS)[number],
  { name, actions }: Environment,
  once: (actions: DreamActions) => ReturnType<Dreamer['dream']>,
): Promise<NamedDream[]> {
  if (kind !== 'each') return [{ name: kind, dream: await once(kind) }];
  if (actions.kind !== 'discrete') throw continuous(name);
  const dreams: NamedDream[] = [];
  for (let action = 0; action < actions.n; action++) {
    dreams.push({ name: actionName(actions, action), dream: await once({ always: action }) });
  }
  return dreams;
}

const continuous = (name: string): UserError =>
  new UserError(`--actions each: ${name} has continuous actions; use policy or random`);

const actionName = ({ names }: Extract<ActionSpace, { kind: 'discrete' }>, action: number): string =>
  names?.[action] ?? `action ${action}`;

/** The files that will be written. */
async function placesOf(out: string | undefined, target: string, kind: string): Promise<string[]> {
  if (out !== undefined) return [out];
  const { statSync } = await import('node:fs');
  const path = await import('node:path');
  const folder = statSync(target).isDirectory() ? target : '.';
  return ['png', 'webp', 'gif'].map((type) => path.join(folder, `dream-${kind}.${type}`));
}

/** @throws UserError where a file could not be written, or would be too large for its format */
async function requirePictures(
  files: readonly string[],
  kind: (typeof ACTIONS)[number],
  { name, actions, maxSteps }: Environment,
  { context, horizon, size }: { readonly context: number; readonly horizon: number; readonly size: number },
): Promise<void> {
  const { requireWritableFile } = await import('../../viz/output-file.ts');
  const { requireDream } = await import('../../viz/dream-strip.ts');
  if (kind === 'each' && actions.kind !== 'discrete') throw continuous(name);
  const labels = kind === 'each' && actions.kind === 'discrete'
    ? Array.from({ length: actions.n }, (_, action) => actionName(actions, action))
    : ['truth', 'model', 'error'];
  const shape = { labels, count: Math.min(context + horizon, maxSteps + 1), height: size, width: size, hasTexts: kind === 'each' };
  for (const file of files) {
    const other = kind === 'each' ? `${labels.length} actions are too many for --actions each: use policy or random` : 'lower env.size';
    requireDream(file, shape, { context }, other);
    requireWritableFile(file);
  }
}

/** `each` shows one imagined strip per action, as long as the longest that all of them reach. */
async function writePictures(files: readonly string[], dreams: readonly NamedDream[]): Promise<void> {
  const { truthModelError, writeDream } = await import('../../viz/dream-strip.ts');
  const [{ dream: first }] = dreams;
  const length = Math.min(...dreams.map(({ dream }) => dream.model.shape[0]));
  const rows = dreams.length === 1
    ? truthModelError(first.truth, first.model)
    : dreams.map(({ name, dream }) => ({
      label: name, frames: rowsOf(dream.model, 0, length),
      // Of what it observed a model may have no reward to say.
      texts: dream.predictedRewards.slice(0, length).map((reward, t) => (t < first.context ? '' : `r ${reward.toFixed(2)}`)),
    }));
  for (const file of files) await writeDream(file, rows, { context: first.context });
}
