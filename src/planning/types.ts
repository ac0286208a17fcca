/** What search policies take and give back. The words are those of mctx (Babuschkin et al. 2020). */
import type { Rng } from '../types.ts';
import type { Recurrent, RootOutput } from './search-model.ts';
import type { Tree } from './tree.ts';

/** What every search policy takes. */
export interface SearchInput {
  readonly root: RootOutput;
  readonly recurrent: Recurrent;
  /** Calls of `recurrent`; each adds at most one node to every tree. */
  readonly numSimulations: number;
  readonly rng: Rng;
  /** [B, A]: not 0 where an action may not be taken at the root. */
  readonly invalidActions?: Uint8Array;
  /** Edges from the root to the deepest node; without limit by default. */
  readonly maxDepth?: number;
  /** Grow nodes beyond the end of an episode too, as mctx does; they change no value above. */
  readonly expandTerminal?: boolean;
}

export interface PolicyOutput {
  /** [B] */
  readonly action: Int32Array;
  /** [B, A]: what a policy network should learn to say; rows sum to one. */
  readonly actionWeights: Float32Array;
  readonly searchTree: Tree;
}
