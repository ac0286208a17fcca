/** A thread that searches its part of the roots: the other side of shared-search.ts. */
import { openProgram } from '../engine/traced-program.ts';
import { restoreRng } from '../random.ts';
import { answer } from '../thread.ts';
import { searchWith, type LatentSearch } from './program-search.ts';
import type { SearchCalls } from './shared-search.ts';

let search: LatentSearch | undefined;

answer<SearchCalls>({
  async start(program, plan) {
    search = searchWith(await openProgram(program, { lent: true }), plan);
  },

  async search({ roots, illegal, rng }) {
    if (!search) throw new Error('the thread was asked before it was started');
    // The parameters are in the program.
    const { action, targets } = await search.run({}, roots, restoreRng(rng), illegal);
    return { action, targets };
  },
});
