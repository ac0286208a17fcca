/** A node of a search tree to be drawn, and the edge that leads to it. */
export interface SearchTreeNode {
  /** Position among the nodes, before the node's own; −1 at the root, which is the first. */
  readonly parent: number;
  readonly action: number;
  readonly prior: number;
  readonly visits: number;
  readonly value: number;
  /** reward + discount · value */
  readonly qvalue: number;
  readonly reward: number;
  readonly discount: number;
  /** How many nodes below it are not shown. */
  readonly hidden?: number;
}
