/** What other packages may import: the interfaces for writing worlds, models and policies, and random streams. */
export type * from './types.ts';
export { createRng, restoreRng } from './random.ts';
