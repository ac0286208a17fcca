/** `dreamtree tree`: the search tree behind a decision, as a picture. */
import type { Command } from 'commander';
import type { SeenTree } from '../../../eval/search-tree.ts';
import type { ActionSpace } from '../../types.ts';
import { UserError } from '../../user-error.ts';

const HELP = `
Example:
  dreamtree tree checkpoints/catch.dream
  dreamtree tree checkpoints/cartpole.dream --simulations 32 --step 20 --policy puct --out tree.svg

Edges are as wide as they were visited often, colours are values, P, Q and R the prior, the value and the reward of an edge;
each picture is what the model imagines there, decoded. Of more than --nodes nodes the most visited are shown.`;

interface TreeOptions {
  readonly simulations: string;
  readonly step: string;
  readonly policy?: string;
  readonly nodes: string;
  readonly seed: string;
  readonly out: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

export default function registerTree(program: Command): void {
  program
    .command('tree')
    .description('Draw the search tree behind a decision: visits, values, and what each node imagines.')
    .argument('<run or checkpoint>', 'a run folder or a checkpoint file')
    .option('--simulations <n>', 'simulations of the search', '50')
    .option('--step <n>', 'the decision of the episode to look at, counted from 0', '0')
    .option('--policy <name | file>', 'puct, gumbel, sampled, … (default: as in learning, or what goes with the actions)')
    .option('--nodes <n>', 'nodes that are shown, at most', '50')
    .option('--seed <seed>', 'seed of the episode', '0')
    .option('--out <file>', 'an .svg or a .png', 'tree.png')
    .option('--set <key=value...>', "any key of the agent's configuration")
    .option('--json', 'print the nodes as JSON')
    .addHelpText('after', HELP)
    .action(treeCommand);
}

/** What goes with the actions, where the agent does not act by a search. */
const SEARCHES = { discrete: 'gumbel', continuous: 'sampled' } as const;

async function treeCommand(target: string, options: TreeOptions): Promise<void> {
  const { integer } = await import('../arguments.ts');
  const simulations = integer('--simulations', options.simulations, 1);
  const [step, maxNodes] = [integer('--step', options.step), integer('--nodes', options.nodes, 1)];
  const seed = integer('--seed', options.seed);
  if (!/\.(svg|png)$/i.test(options.out)) throw new UserError(`--out: expected an .svg or a .png, got '${options.out}'`);
  const { requireWritableFile } = await import('../../viz/output-file.ts');
  requireWritableFile(options.out);

  const { openAgent } = await import('../../open/open.ts');
  const { loadPolicy } = await import('../../acting/load-policy.ts');
  const { actingPolicy, openPolicy } = await import('../../train/configure.ts');
  const { seeSearchTree } = await import('../../../eval/search-tree.ts');
  const { writeSearchTree } = await import('../../viz/search-tree.ts');
  const { printable } = await import('../../printable.ts');
  const { createRng } = await import('../../random.ts');
  const { isExternal, whyNoTruth } = await import('../../world/external.ts');
  const { actions, usual } = await (async () => {
    const { config, variant, environment } = await openAgent(target);
    return { actions: environment.actions, usual: actingPolicy(config, variant, environment.actions) };
  })();
  const fallback = (await loadPolicy(usual)).search ? usual : SEARCHES[actions.kind];
  const name = options.policy ?? fallback;
  const { search } = await loadPolicy(name);
  if (!search) throw new UserError(`--policy: ${name} does not search, so there is no tree to see`);
  const { config, world, environment, agent, params, engine } = await openAgent(target, {
    overrides: [`search.simulations=${simulations}`, ...(options.set ?? [])], policies: [name],
  });
  if (isExternal(environment)) throw new UserError(`${whyNoTruth(environment)}: there are no trees of it`);
  const policy = await openPolicy(name, config, actions, agent);
  const seen = await seeSearchTree({
    ...world, agent, params, engine, policy, step, maxNodes, rng: createRng(seed).split('tree'),
  });
  if (seen.step < step) console.error(`the episode ended before decision ${step}: this is decision ${seen.step}, its last`);
  await writeSearchTree(options.out, {
    ...seen, nodes: seen.record.nodes, actionName: (action) => nameOf(actions, action, seen),
    title: `${environment.name}: ${config.agent}, ${name} search, decision ${seen.step}`,
    subtitle: `${simulations} simulations, ${seen.record.total} nodes, seed ${seed}`,
  });
  if (options.json) console.log(JSON.stringify({ ...seen.record, step: seen.step, chosen: seen.chosen, file: options.out }));
  else console.log(printable(options.out));
}

function nameOf(actions: ActionSpace, action: number, { sampledActions }: SeenTree): string {
  if (actions.kind === 'discrete') return actions.names?.[action] ?? `action ${action}`;
  // Below the root each node has samples of its own, which the picture only numbers.
  return sampledActions ? `sample ${action}` : `${action}`;
}
