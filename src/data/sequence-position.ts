/** Where a sampled sequence starts. */
export interface SequencePosition {
  readonly lane: number;
  /** Index of its first step, counted from the first one that the lane ever appended. */
  readonly start: number;
}
