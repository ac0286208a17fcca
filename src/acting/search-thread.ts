/** A thread that searches its part of the roots: the other side of shared-search.ts. */
import { fileURLToPath } from 'node:url';
import { openProgram } from '../engine/traced-program.ts';
import { restoreRng } from '../random.ts';
import { answer } from '../thread.ts';
import { loadPolicy } from './load-policy.ts';
import { searchWith, type LatentSearch } from './program-search.ts';
import type { SearchCalls } from './shared-search.ts';

let search: LatentSearch | undefined;

answer<SearchCalls>({
  async start(program, plan) {
    const { search: tree } = await loadPolicy(fileURLToPath(plan.file));
    if (!tree) throw new Error(`expected a policy that searches, got ${plan.file}`);
    search = searchWith(await openProgram(program, { lent: true }), tree, plan);
  },

  async search({ roots, illegal, rng }) {
    if (!search) throw new Error('the thread was asked before it was started');
    // The parameters are in the program.
    const { action, targets } = await search.run({}, roots, restoreRng(rng), illegal);
    return { action, targets };
  },
});
