/**
 * A sum tree (Schaul et al. 2016, "Prioritized experience replay", appendix B.2.1): sums over any stretch of its
 * leaves, and the leaf at a given place of such a sum, in O(log n). A node is always the sum of its two children as
 * they are now, so the tree depends on its leaves alone, whatever the order in which they were set.
 */

/** Bytes of memory that one leaf takes, with its share of the nodes above. */
export const LEAF_BYTES = 16;

export class SumTree {
  readonly #size: number;
  /** Node i is the sum of nodes 2i and 2i + 1; leaf k is node size + k. */
  readonly #nodes: Float64Array;

  /** A tree of `size` leaves, all of them 0. */
  constructor(size: number) {
    this.#size = size;
    this.#nodes = new Float64Array(2 * size);
  }

  get(leaf: number): number {
    return this.#nodes[this.#size + leaf];
  }

  set(leaf: number, value: number): void {
    let node = this.#size + leaf;
    this.#nodes[node] = value;
    for (node >>>= 1; node >= 1; node >>>= 1) this.#nodes[node] = this.#nodes[2 * node] + this.#nodes[2 * node + 1];
  }

  /** The fewest nodes that have the leaves `from` to `end - 1`, and no others, below them; from left to right. */
  cover(from: number, end: number): number[] {
    const left: number[] = [];
    const right: number[] = [];
    for (let low = from + this.#size, high = end + this.#size; low < high; low >>>= 1, high >>>= 1) {
      if (low & 1) left.push(low++);
      if (high & 1) right.push(--high);
    }
    return [...left, ...right.reverse()];
  }

  /** The sum of all leaves below `nodes`. */
  sum(nodes: readonly number[]): number {
    return nodes.reduce((sum, node) => sum + this.#nodes[node], 0);
  }

  /** The first leaf below `nodes` at which the sum of the leaves so far exceeds `mass`, in 0..sum(nodes). */
  find(nodes: readonly number[], mass: number): number {
    let place = 0;
    // What rounding leaves over at the end belongs to the last node.
    while (place < nodes.length - 1 && mass >= this.#nodes[nodes[place]]) mass -= this.#nodes[nodes[place++]];
    let node = nodes[place];
    while (node < this.#size) {
      node *= 2;
      if (mass >= this.#nodes[node]) mass -= this.#nodes[node++];
    }
    return node - this.#size;
  }
}
