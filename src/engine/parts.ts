/** To which part of an agent each node of its update belongs, as far as a graph can tell. */
import type { Node, Value } from './graph.ts';

const OPTIMIZER = 'optimizer';
const INPUTS = 'inputs';

/**
 * A node belongs to the part whose parameters or slow copies it uses (`encoder` for `params/encoder/0/kernel`), and to
 * the optimiser where it uses what that remembers. Any other belongs where the newest of its inputs does: a gradient is
 * newer than the values that it is taken at.
 * @param nodes in an order in which they can run
 */
export function partsOf(nodes: readonly Node[]): ReadonlyMap<Node, string> {
  const parts = new Map<Node, string>();
  const order = new Map(nodes.map((node, index) => [node, index]));
  const age = ({ node }: Value): number => (node === undefined ? -1 : order.get(node) ?? -1);
  for (const node of nodes) {
    const own = node.inputs.map(({ name }) => partOfInput(name)).find((part) => part !== undefined);
    const newest = node.inputs.reduce<Value | undefined>((best, value) => (best && age(best) >= age(value) ? best : value), undefined);
    parts.set(node, own ?? (newest?.node ? parts.get(newest.node) : undefined) ?? INPUTS);
  }
  return parts;
}

/** Of an input of the graph, by its name `group/key`. */
function partOfInput(name: string): string | undefined {
  if (name.startsWith('slots/') || name.startsWith('schedule/')) return OPTIMIZER;
  return /^(?:params|slow)\/([^/]+)/.exec(name)?.[1];
}
