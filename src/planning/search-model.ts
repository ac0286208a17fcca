/** What search asks of a model. The words are those of mctx (Babuschkin et al. 2020). */
import type { Group, NdArray, Rng } from '../types.ts';

/** One latent for each root: leaves [B, …]. */
export type Embedding = Group<NdArray>;

/** How promising B states are. Everything is one row a root; A actions. */
export interface RootOutput {
  /** [B, A], up to a constant a row; −Infinity where an action may not be taken. */
  readonly priorLogits: Float32Array;
  /** [B] */
  readonly value: Float32Array;
  readonly embedding: Embedding;
}

/** The same of the states that actions lead to, and what arriving there gave. */
export interface RecurrentOutput extends RootOutput {
  /** [B] */
  readonly reward: Float32Array;
  /** [B]: weight of everything later; 0 where the episode ended, negative where the opponent moves next. */
  readonly discount: Float32Array;
}

/**
 * One step of the model for all roots at once: actions [B], each in 0..A−1. The arguments are overwritten after the
 * promise is kept, and what it gives is copied. Random numbers come from `rng`: every edge of a tree is asked for
 * once, so a stochastic model is sampled once an edge.
 */
export type Recurrent = (embedding: Embedding, actions: Int32Array, rng: Rng) => Promise<RecurrentOutput>;

/** Everything that search knows of a world, learned or true. `Input` is whatever the B roots are made from. */
export interface SearchModel<Input> {
  root(input: Input, rng: Rng): Promise<RootOutput>;
  readonly recurrent: Recurrent;
}
