/** `dreamtree list`: everything that can be named on a command line. */
import type { Command } from 'commander';
import type { ConfigKey } from '../../config/index.ts';
import type { ActionSpace, Environment } from '../../types.ts';
import { table } from '../table.ts';

const HELP = `
Example:
  dreamtree list
  dreamtree list --keys          every key that --set takes, with its default
  dreamtree list --json`;

interface PresetSizes {
  readonly name: string;
  readonly size: number;
  readonly deter: number;
  readonly hidden: number;
  readonly stoch: number;
  readonly classes: number;
  readonly units: number;
  readonly depth: number;
  readonly batchSize: number;
  readonly batchLength: number;
  readonly imaginationHorizon: number;
}

interface Listing {
  readonly worlds: readonly Pick<Environment, 'name' | 'description' | 'actions' | 'maxSteps' | 'reference'>[];
  readonly agents: readonly { readonly name: string; readonly description: string }[];
  readonly policies: readonly { readonly name: string; readonly description: string }[];
  readonly presets: readonly PresetSizes[];
  readonly keys?: readonly ConfigKey[];
}

export default function registerList(program: Command): void {
  program
    .command('list')
    .description('Show the worlds, agents, policies and presets there are.')
    .option('--keys', 'also every configuration key: what it takes, its default, what it is')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (options: { keys?: boolean; json?: boolean }) => {
      const listing = await gather(options.keys ?? false);
      console.log(options.json ? JSON.stringify(listing, null, 2) : describe(listing));
    });
}

async function gather(withKeys: boolean): Promise<Listing> {
  const { agents, configKeys, presets } = await import('../../config/index.ts');
  const { listPolicies } = await import('../policies.ts');
  const { listWorlds } = await import('../worlds.ts');
  return {
    worlds: (await listWorlds()).map(({ name, description, actions, maxSteps, reference }) => {
      return { name, description, actions, maxSteps, reference };
    }),
    agents: Object.entries(agents).map(([name, description]) => ({ name, description })),
    policies: (await listPolicies()).map(({ name, description }) => ({ name, description })),
    presets: Object.entries(presets).map(([name, { env, model, behavior, train }]) => {
      const { deter, hidden, stoch, classes, units, depth } = model;
      const { batchSize, batchLength } = train;
      const { imaginationHorizon } = behavior;
      const sizes = { deter, hidden, stoch, classes, units, depth, batchSize, batchLength, imaginationHorizon };
      return { name, size: env.size, ...sizes };
    }),
    ...(withKeys && { keys: configKeys() }),
  };
}

function describe(listing: Listing): string {
  const sections: [title: string, rows: string[][]][] = [
    ['Worlds', listing.worlds.map((w) => [w.name, actionsInWords(w.actions), returnsInWords(w), w.description])],
    ['Agents', listing.agents.map((agent) => [agent.name, agent.description])],
    ['Policies', listing.policies.map((policy) => [policy.name, policy.description])],
    ['Presets', listing.presets.map(presetInWords)],
  ];
  if (listing.keys) {
    const keys = listing.keys.map((key) => {
      return [key.key, key.default === undefined ? '(preset)' : String(key.default), key.expected, key.description];
    });
    sections.push(['Keys for --set key=value', keys]);
  }
  return sections.map(([title, rows]) => `${title}\n${table(rows)}`).join('\n\n');
}

function actionsInWords(space: ActionSpace): string {
  return space.kind === 'discrete' ? `${space.n} actions` : `${space.low.length} continuous`;
}

function returnsInWords({ reference }: Pick<Environment, 'reference'>): string {
  return reference ? `random ${reference.random}, best ${reference.expert}` : '';
}

function presetInWords(preset: PresetSizes): string[] {
  return [
    preset.name,
    `${preset.size}×${preset.size}×3`,
    `deter ${preset.deter}`,
    `${preset.stoch}×${preset.classes} latents`,
    `units ${preset.units}`,
    `batch ${preset.batchSize}×${preset.batchLength}`,
    `horizon ${preset.imaginationHorizon}`,
  ];
}
