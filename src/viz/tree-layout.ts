/**
 * Tidy trees (Reingold and Tilford, "Tidier drawings of trees", 1981): subtrees keep their shape wherever they stand,
 * never overlap, and lie as close as their outlines allow; a parent stands in the middle above its children.
 */

export interface TreeLayout {
  /** Edges from the root; one number a node. */
  readonly depths: readonly number[];
  /** Where each node stands across its depth, from 0; nodes of one depth are at least 1 apart. */
  readonly places: readonly number[];
}

/** How far a subtree reaches to either side of its root, at every depth below it. */
interface Outline {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/**
 * @param children of each node, in the order in which they shall stand. Node 0 is the root, and every other node is a
 *   child of one that comes before it.
 */
export function layoutTree(children: readonly (readonly number[])[]): TreeLayout {
  const outlines: Outline[] = [];
  const shifts = children.map(() => 0);
  for (let node = children.length - 1; node >= 0; node--) {
    const below = children[node].map((child) => outlines[child]);
    const at = placeSiblings(below);
    children[node].forEach((child, i) => (shifts[child] = at[i]));
    outlines[node] = { low: edge(below, at, 'low', Math.min), high: edge(below, at, 'high', Math.max) };
  }
  const depths = children.map(() => 0);
  const places = children.map(() => 0);
  places[0] = 0 - Math.min(...outlines[0].low);
  children.forEach((below, node) => {
    for (const child of below) {
      depths[child] = depths[node] + 1;
      places[child] = places[node] + shifts[child];
    }
  });
  return { depths, places };
}

/**
 * Where siblings stand relative to their parent. Packed towards the first, a small subtree between large ones leans to
 * one side, and packed towards the last to the other; halfway is symmetric, and just as free of overlaps, because
 * what must hold are lower bounds on differences.
 */
function placeSiblings(outlines: readonly Outline[]): number[] {
  const first: number[] = [];
  outlines.forEach((outline, i) => {
    first.push(outlines.slice(0, i).reduce((least, other, j) => Math.max(least, first[j] + apart(other, outline)), 0));
  });
  const width = first.at(-1) ?? 0;
  const last = outlines.map(() => width);
  for (let i = outlines.length - 2; i >= 0; i--) {
    for (let j = i + 1; j < outlines.length; j++) {
      last[i] = Math.min(last[i], last[j] - apart(outlines[i], outlines[j]));
    }
  }
  return first.map((place, i) => (place + last[i] - width) / 2);
}

/** How far apart the roots of two subtrees must stand. */
function apart({ high }: Outline, { low }: Outline): number {
  let most = 1;
  for (let d = 0; d < Math.min(high.length, low.length); d++) most = Math.max(most, high[d] - low[d] + 1);
  return most;
}

/** One side of the outline of a node whose children stand at `at`. */
function edge(
  below: readonly Outline[],
  at: readonly number[],
  side: 'low' | 'high',
  outermost: (a: number, b: number) => number,
): number[] {
  const reach = [0];
  below.forEach((outline, i) => {
    outline[side].forEach((offset, d) => {
      reach[d + 1] = outermost(reach[d + 1] ?? at[i] + offset, at[i] + offset);
    });
  });
  return reach;
}
