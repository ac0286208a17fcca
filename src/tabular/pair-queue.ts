/** Which pairs of a table wait for a backup, the most urgent first (Moore and Atkeson 1993; Peng and Williams 1993). */
import type { Table } from './table.ts';

export interface PairQueue {
  /** Let a pair wait; what waits already with more keeps it. */
  put(pair: number, priority: number): void;
  /** The most urgent; the lower one of two that are alike. Undefined where none waits. */
  take(): number | undefined;
  /** That `pair` may lead to `row`; nothing for an end. */
  connect(pair: number, row: number | undefined): void;
  /** Pairs that may lead to a row. */
  leadingTo(row: number): Iterable<number>;
}

/** The priorities stand in the table; a heap over them is made anew, and the same table gives the same order. */
export function createQueue(table: Table, threshold: number): PairQueue {
  const { priority, actions, outcomes } = table;
  const before = new Map<number, Set<number>>();
  /** Pairs that waited when they were put in, with their priority then; some are no longer true, and left lying. */
  const heap: { readonly pair: number; readonly urgency: number }[] = [];
  const comesFirst = (a: number, b: number): boolean =>
    heap[a].urgency > heap[b].urgency || (heap[a].urgency === heap[b].urgency && heap[a].pair < heap[b].pair);
  const swap = (a: number, b: number): void => void ([heap[a], heap[b]] = [heap[b], heap[a]]);

  function push(pair: number): void {
    heap.push({ pair, urgency: priority[pair] });
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!comesFirst(at, parent)) return;
      swap(at, parent);
      at = parent;
    }
  }

  function pop(): { readonly pair: number; readonly urgency: number } | undefined {
    if (heap.length === 0) return undefined;
    swap(0, heap.length - 1);
    const top = heap.pop();
    for (let at = 0; ;) {
      const children = [2 * at + 1, 2 * at + 2].filter((child) => child < heap.length);
      const [first] = children.sort((a, b) => (comesFirst(a, b) ? -1 : 1));
      if (first === undefined || !comesFirst(first, at)) return top;
      swap(at, first);
      at = first;
    }
  }

  const connect = (pair: number, row: number): void => void (before.get(row)?.add(pair) ?? before.set(row, new Set([pair])));
  for (let pair = 0; pair < table.states * actions; pair++) {
    for (let at = pair * outcomes; at < (pair + 1) * outcomes; at++) {
      if (table.count[at] > 0 && table.next[at] > 0) connect(pair, table.next[at] - 1);
    }
    if (priority[pair] > 0) push(pair);
  }

  return {
    put(pair, urgency) {
      if (urgency < threshold || urgency <= priority[pair]) return;
      priority[pair] = urgency;
      push(pair);
    },
    take() {
      for (let top = pop(); top; top = pop()) {
        if (priority[top.pair] !== top.urgency) continue;
        priority[top.pair] = 0;
        return top.pair;
      }
      return undefined;
    },
    connect(pair, row) {
      if (row !== undefined) connect(pair, row);
    },
    leadingTo: (row) => before.get(row) ?? [],
  };
}
