/** A lowering writes one tfjs kernel as nodes of a graph. */
import type { Graph, Value } from './graph.ts';

/** What a lowering gets: its inputs as values, its attributes as tfjs gives them. */
export interface LoweringCall {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, Value>>;
  /** The same inputs in order, for kernels that take a list. */
  readonly list: readonly Value[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

export type Lowering = (call: LoweringCall) => Value | readonly Value[];
