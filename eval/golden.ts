/**
 * Replaying whole search trees that mctx recorded. Every expanded node of a recording holds what the model said there,
 * so a model that looks its answers up in the recording must lead this search to the same tree.
 */
import { z } from 'zod';
import { int32 } from '../src/nd-array.ts';
import { createRng } from '../src/random.ts';
import { UserError } from '../src/user-error.ts';
import { gumbelMuzeroPolicy } from '../src/planning/gumbel-muzero-policy.ts';
import { muzeroPolicy } from '../src/planning/muzero-policy.ts';
import {
  qtransformByMinMax,
  qtransformByParentAndSiblings,
  qtransformCompletedByMixValue,
  type Qtransform,
} from '../src/planning/qtransforms.ts';
import type { RootOutput, SearchModel } from '../src/planning/search-model.ts';
import { UNVISITED, type Tree } from '../src/planning/tree.ts';
import type { PolicyOutput, SearchInput } from '../src/planning/types.ts';

/** Largest allowed difference of a value or a prior, absolute. */
const TOLERANCE = 1e-5;

/** One node of a recording: with visits where it was expanded, a bare prior where it was not. */
interface RecordedNode {
  readonly prior: number;
  readonly action?: number;
  readonly visit?: number;
  readonly evaluation_index?: number;
  readonly value_view?: number;
  readonly raw_value_view?: number;
  readonly reward?: number;
  readonly child_stats: readonly RecordedNode[];
}

const number = z.number();
const count = z.int().min(0);
const nodeSchema: z.ZodType<RecordedNode> = z.object({
  prior: number.min(0).max(1),
  action: count.optional(),
  visit: count.min(1).optional(),
  evaluation_index: count.optional(),
  value_view: number.optional(),
  raw_value_view: number.optional(),
  reward: number.optional(),
  get child_stats() {
    return z.array(nodeSchema);
  },
});

/** The names of `algorithm_config` are those of the arguments of mctx's policies. */
const configSchema = z.strictObject({
  qtransform: z.string(),
  qtransform_kwargs: z.record(z.string(), z.union([number, z.boolean()])).default({}),
  max_depth: z.int().min(1).nullish(),
  dirichlet_alpha: number.optional(),
  dirichlet_fraction: number.optional(),
  pb_c_base: number.optional(),
  pb_c_init: number.optional(),
  temperature: number.optional(),
  gumbel_scale: number.optional(),
  max_num_considered_actions: z.int().min(1).optional(),
});

const fileSchema = z.object({
  algorithm: z.enum(['muzero', 'gumbel_muzero']),
  algorithm_config: configSchema,
  env_config: z.object({ discount: number, zero_reward: z.boolean().default(false) }),
  tree: nodeSchema,
});

type Recording = z.infer<typeof fileSchema>;

/** The first place where the search and a recording of mctx's disagree. */
export class TreeMismatch extends Error {
  override readonly name = 'TreeMismatch';
}

/**
 * Search with the settings and the model of `json`, the parsed content of a recording, and compare the trees: visit
 * counts and evaluation indices exactly, values and priors to 1e-5.
 * @returns how many expanded nodes were compared
 * @throws TreeMismatch at the first difference; UserError where the recording makes no sense
 */
export async function verifyTree(json: unknown): Promise<{ nodes: number; mismatches: 0 }> {
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new UserError(`${path.length > 0 ? path.join('.') : 'the file'}: ${message}`);
  }
  const nodes = expandedNodes(parsed.data.tree);
  const { searchTree } = await runSearch(parsed.data, nodes);
  const places = new Map(nodes.map((node, index) => [node.recorded, index]));
  const indices = new Int32Array(nodes.length).fill(UNVISITED);
  indices[0] = 0;
  nodes.forEach((node, i) => {
    compareNode(searchTree, indices[i], node);
    node.recorded.child_stats.forEach((child, action) => {
      const edge = indices[i] * searchTree.numActions + action;
      const place = `action ${action} of ${node.name}`;
      close(`the prior of ${place}`, child.prior, searchTree.childrenPriorProbs[edge]);
      equal(`visits of ${place}`, child.visit ?? 0, searchTree.childrenVisits[edge]);
      const index = places.get(child);
      if (index !== undefined) indices[index] = searchTree.childrenIndex[edge];
    });
  });
  return { nodes: nodes.length, mismatches: 0 };
}

/** A model that says what a recording says. Embeddings are numbers of expanded nodes; the root is 0. */
function goldenModel(nodes: readonly ExpandedNode[], discount: number, zeroReward: boolean): SearchModel<void> {
  const places = new Map(nodes.map(({ recorded }, index) => [recorded, index]));
  const say = (index: number): RootOutput => ({
    priorLogits: Float32Array.from(nodes[index].recorded.child_stats, ({ prior }) => Math.log(prior)),
    value: Float32Array.of(nodes[index].rawValue),
    embedding: { node: int32([index], [1]) },
  });
  return {
    root: async () => say(0),
    async recurrent({ node }, [action]) {
      const parent = nodes[node.data[0]];
      const index = places.get(parent.recorded.child_stats[action]);
      if (index === undefined) {
        throw new TreeMismatch(`the search visits action ${action} of ${parent.name}, which was never expanded`);
      }
      const reward = zeroReward ? 0 : nodes[index].reward;
      return { ...say(index), reward: Float32Array.of(reward), discount: Float32Array.of(discount) };
    },
  };
}

interface ExpandedNode {
  readonly recorded: RecordedNode;
  /** What messages call it. */
  readonly name: string;
  readonly visits: number;
  readonly evaluationIndex: number;
  readonly value: number;
  readonly rawValue: number;
  readonly reward: number;
}

/** The expanded nodes, parents before children. */
function expandedNodes(root: RecordedNode): readonly ExpandedNode[] {
  const numActions = root.child_stats.length;
  const nodes = [expandedNode(root, 'tree', numActions, true)];
  for (let i = 0; i < nodes.length; i++) {
    nodes[i].recorded.child_stats.forEach((child, action) => {
      const key = `${i === 0 ? 'tree' : nodes[i].name}.child_stats.${action}`;
      if (child.action !== action) throw new UserError(`${key}.action: expected ${action}, got ${child.action}`);
      if (child.visit !== undefined) nodes.push(expandedNode(child, key, numActions, false));
    });
  }
  return nodes;
}

function expandedNode(recorded: RecordedNode, key: string, numActions: number, isRoot: boolean): ExpandedNode {
  const field = (name: 'visit' | 'evaluation_index' | 'value_view' | 'raw_value_view' | 'reward'): number => {
    const value = recorded[name];
    if (value === undefined) throw new UserError(`${key}.${name}: expected a number, as the node was expanded`);
    return value;
  };
  const { length } = recorded.child_stats;
  if (length !== numActions || length === 0) {
    const expected = numActions || 'at least 1';
    throw new UserError(`${key}.child_stats: expected ${expected}, one for each action, got ${length}`);
  }
  return {
    recorded,
    name: key,
    visits: field('visit'),
    evaluationIndex: field('evaluation_index'),
    value: field('value_view'),
    rawValue: field('raw_value_view'),
    reward: isRoot ? 0 : field('reward'),
  };
}

async function runSearch(recording: Recording, nodes: readonly ExpandedNode[]): Promise<PolicyOutput> {
  const { algorithm, algorithm_config: config, env_config: { discount, zero_reward: zeroReward } } = recording;
  const numSimulations = nodes[0].visits - 1;
  if (numSimulations < 1) throw new UserError('tree.visit: expected at least 2, for one simulation, got 1');
  const rng = createRng(0); // decides nothing: recorded priors hold their noise already
  const model = goldenModel(nodes, discount, zeroReward);
  const root = await model.root(undefined, rng);
  const input: SearchInput = {
    root,
    recurrent: model.recurrent,
    numSimulations,
    rng,
    maxDepth: config.max_depth ?? undefined,
    expandTerminal: true,
  };
  const qtransform = qtransformOf(config);
  if (algorithm === 'muzero') {
    const { pb_c_init: pbCInit, pb_c_base: pbCBase } = config;
    return muzeroPolicy(input, { qtransform, pbCInit, pbCBase, dirichletFraction: 0 });
  }
  if (config.gumbel_scale !== 0) {
    const got = config.gumbel_scale ?? 1;
    throw new UserError(`algorithm_config.gumbel_scale: expected 0, as a recording holds no noise, got ${got}`);
  }
  const { max_num_considered_actions: maxNumConsideredActions } = config;
  return gumbelMuzeroPolicy(input, { qtransform, maxNumConsideredActions, gumbelScale: 0 });
}

const QTRANSFORMS = {
  qtransform_by_min_max: z
    .strictObject({ min_value: number, max_value: number })
    .transform((kwargs) => qtransformByMinMax({ minValue: kwargs.min_value, maxValue: kwargs.max_value })),
  qtransform_by_parent_and_siblings: z
    .strictObject({ epsilon: number.optional() })
    .transform(qtransformByParentAndSiblings),
  qtransform_completed_by_mix_value: z
    .strictObject({
      value_scale: number.optional(),
      maxvisit_init: number.optional(),
      rescale_values: z.boolean().optional(),
      use_mixed_value: z.boolean().optional(),
      epsilon: number.optional(),
    })
    .transform((kwargs) =>
      qtransformCompletedByMixValue({
        valueScale: kwargs.value_scale,
        maxvisitInit: kwargs.maxvisit_init,
        rescaleValues: kwargs.rescale_values,
        useMixedValue: kwargs.use_mixed_value,
        epsilon: kwargs.epsilon,
      }),
    ),
} as const;

function qtransformOf({ qtransform, qtransform_kwargs: kwargs }: Recording['algorithm_config']): Qtransform {
  if (!Object.hasOwn(QTRANSFORMS, qtransform)) {
    const known = Object.keys(QTRANSFORMS).join(', ');
    throw new UserError(`algorithm_config.qtransform: expected one of ${known}, got '${qtransform}'`);
  }
  const parsed = QTRANSFORMS[qtransform as keyof typeof QTRANSFORMS].safeParse(kwargs);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new UserError(`${['algorithm_config.qtransform_kwargs', ...path].join('.')}: ${message}`);
}

function compareNode(tree: Tree, index: number, { name, evaluationIndex, visits, value }: ExpandedNode): void {
  equal(`the evaluation index of ${name}`, evaluationIndex, index);
  equal(`visits of ${name}`, visits, tree.nodeVisits[index]);
  close(`the value of ${name}`, value, tree.nodeValues[index]);
}

function equal(quantity: string, expected: number, got: number): void {
  if (expected !== got) throw new TreeMismatch(`${quantity}: expected ${expected}, got ${got}`);
}

function close(quantity: string, expected: number, got: number): void {
  if (Math.abs(expected - got) <= TOLERANCE) return;
  throw new TreeMismatch(`${quantity}: expected ${expected}, got ${got} (tolerance ${TOLERANCE})`);
}
