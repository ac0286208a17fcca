/** Shortest paths for the scripted players of grid worlds: breadth first. */

/**
 * The first action of a shortest path from cell `start` to cell `goal`.
 * @param actions how many actions there are; of equally short paths, the one whose first action comes first
 * @param move where an action leads from a cell; the cell itself where it leads nowhere
 * @returns undefined where `start` is `goal`, or where no path leads there
 */
export function firstAction(
  start: number,
  goal: number,
  actions: number,
  move: (cell: number, action: number) => number,
): number | undefined {
  const reached = new Map<number, number | undefined>([[start, undefined]]);
  // A map's iteration also visits the entries added meanwhile, in their order: the map is the queue.
  for (const [cell, first] of reached) {
    if (cell === goal) return first;
    for (let action = 0; action < actions; action++) {
      const next = move(cell, action);
      if (!reached.has(next)) reached.set(next, first ?? action);
    }
  }
  return undefined;
}
