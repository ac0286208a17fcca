/** `dreamtree list`: everything that can be named on a command line. */
import type { Command } from 'commander';
import type { ConfigKey } from '../../config/index.ts';
import type { ActionSpace, Environment } from '../../types.ts';
import { table } from '../table.ts';

const HELP = `
Example:
  dreamtree list
  dreamtree list --keys          every key that --set takes: its default, what it is, who reads it
  dreamtree list --keys --agent gumbel-muzero    those that one agent reads
  dreamtree list --json`;

interface ListedPreset {
  readonly name: string;
  /** Side of the pictures, in pixels. */
  readonly size: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly batchLength: number;
  /** What it sets of the agent that was asked for, or of the default one, by dotted key. */
  readonly sizes: Readonly<Record<string, unknown>>;
}

interface ListedKey extends ConfigKey {
  /** Agents and policies that read it; absent where every run does. */
  readonly readBy?: readonly string[];
}

interface Listing {
  readonly worlds: readonly Pick<Environment, 'name' | 'description' | 'actions' | 'maxSteps' | 'reference'>[];
  readonly agents: readonly { readonly name: string; readonly description: string }[];
  readonly policies: readonly { readonly name: string; readonly description: string }[];
  /** Of `eval --measures` and `sweep --measures`. */
  readonly measures: readonly {
    readonly name: string; readonly description: string; readonly quantities: readonly string[];
  }[];
  /** Of `study`. */
  readonly studies: readonly { readonly name: string; readonly question: string }[];
  readonly presets: readonly ListedPreset[];
  readonly keys?: readonly ListedKey[];
}

interface ListOptions {
  readonly keys?: boolean;
  readonly agent?: string;
  readonly json?: boolean;
}

export default function registerList(program: Command): void {
  program
    .command('list')
    .description('Show the worlds, agents, policies, measures, studies and presets there are.')
    .option('--keys', 'also every configuration key: what it takes, its default, what it is')
    .option('--agent <name | file>', 'the agent whose keys and sizes are shown')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (options: ListOptions) => {
      const listing = await gather(options);
      if (options.json) console.log(JSON.stringify(listing, null, 2));
      else if (options.keys && options.agent) console.log(table(keyRows(listing.keys ?? [])));
      else console.log(describe(listing));
    });
}

async function gather({ keys = false, agent }: ListOptions): Promise<Listing> {
  const { presets } = await import('../../config/index.ts');
  const { agentFor, listVariants, loadAgent } = await import('../../train/configure.ts');
  const { listWorlds } = await import('../../open/worlds.ts');
  const { listMeasures, listStudies } = await import('../../../eval/listing.ts');
  const worlds = await listWorlds();
  const { agents, policies } = await listVariants();
  const { presets: sizes = {} } = await loadAgent(agent ?? agentFor(worlds[0]));
  return {
    worlds: worlds.map(({ name, description, actions, maxSteps, reference }) => ({ name, description, actions, maxSteps, reference })),
    agents: agents.map(({ name, component }) => ({ name, description: component.description })),
    policies: policies.map(({ name, component }) => ({ name, description: component.description })),
    measures: (await listMeasures()).map(({ name, measure: { description, quantities } }) =>
      ({ name, description, quantities: Object.keys(quantities) })),
    studies: (await listStudies()).map(({ name, study: { question } }) => ({ name, question })),
    presets: Object.entries(presets).map(([name, { env, train }]) => {
      const { steps, batchSize, batchLength } = train;
      return { name, size: env.size, steps, batchSize, batchLength, sizes: leavesOf(sizes[name as keyof typeof presets] ?? {}) };
    }),
    ...(keys && { keys: agent === undefined ? await allKeys() : await keysOfAgent(agent) }),
  };
}

/** `{ model: { deter: 8 } }` as `{ 'model.deter': 8 }`. */
function leavesOf(layer: object, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(Object.entries(layer).flatMap(([name, value]: [string, unknown]) =>
    (typeof value === 'object' && value !== null ? Object.entries(leavesOf(value, `${prefix}${name}.`)) : [[prefix + name, value]])));
}

/** Those of the agent and of the ways in which it acts. */
async function keysOfAgent(name: string): Promise<readonly ListedKey[]> {
  const { keysOf, schemaOf } = await import('../../config/index.ts');
  const { loadAgent } = await import('../../train/configure.ts');
  return keysOf(schemaOf(await loadAgent(name)));
}

/** Those of the core, then everybody's, each once. */
async function allKeys(): Promise<readonly ListedKey[]> {
  const { keysOf, schemaOf } = await import('../../config/index.ts');
  const { listVariants } = await import('../../train/configure.ts');
  const { agents, policies } = await listVariants();
  const core = keysOf(schemaOf());
  const found = new Map<string, ConfigKey & { readBy: string[] }>();
  for (const { name, component } of [...agents, ...policies]) {
    for (const key of keysOf(schemaOf(component))) {
      if (core.some((one) => one.key === key.key)) continue;
      const known = found.get(key.key);
      if (!known) found.set(key.key, { ...key, readBy: [name] });
      else if (!known.readBy.includes(name)) known.readBy.push(name);
    }
  }
  return [...core, ...found.values()];
}

function describe(listing: Listing): string {
  const sections: [title: string, rows: string[][]][] = [
    ['Worlds', listing.worlds.map((w) => [w.name, actionsInWords(w.actions), returnsInWords(w), w.description])],
    ['Agents', listing.agents.map((agent) => [agent.name, agent.description])],
    ['Policies', listing.policies.map((policy) => [policy.name, policy.description])],
    ['Measures', listing.measures.map((measure) => [measure.name, measure.description])],
    ['Studies', listing.studies.map((study) => [study.name, study.question])],
    ['Presets', listing.presets.map(presetInWords)],
  ];
  if (listing.keys) sections.push(['Keys for --set key=value', keyRows(listing.keys)]);
  return sections.map(([title, rows]) => `${title}\n${table(rows)}`).join('\n\n');
}

const keyRows = (keys: readonly ListedKey[]): string[][] => keys.map(({ key, default: value, expected, description, readBy }) => [
  key, value === undefined ? '(preset)' : String(value), expected, readBy ? `${description} (${readBy.join(', ')})` : description,
]);

function actionsInWords(space: ActionSpace): string {
  return space.kind === 'discrete' ? `${space.n} actions` : `${space.low.length} continuous`;
}

function returnsInWords({ reference }: Pick<Environment, 'reference'>): string {
  return reference ? `random ${reference.random}, best ${reference.expert}` : '';
}

function presetInWords({ name, size, batchSize, batchLength, sizes }: ListedPreset): string[] {
  const shown = ['deter', 'stoch', 'classes', 'units', 'depth'].flatMap((key) => {
    const value = sizes[`model.${key}`];
    return value === undefined ? [] : [`${key} ${String(value)}`];
  });
  return [name, `${size}×${size}×3`, `batch ${batchSize}×${batchLength}`, ...shown];
}
