/**
 * A search whose roots are shared by threads: each of them, the caller too, searches a part of the roots from beginning
 * to end with a model of its own. They meet once a search, where the threads of one model would meet at every operation.
 */
import type { Program } from '../engine/program.ts';
import { concatRows, copyRows, mapGroup } from '../nd-array.ts';
import { openProgram, type PortableProgram } from '../engine/traced-program.ts';
import { restoreRng } from '../random.ts';
import { startThread } from '../thread.ts';
import type { Group, NdArray, RngState } from '../types.ts';
import type { TreeSearch } from './policy-variant.ts';
import { searchWith, type LatentSearch, type Roots, type SearchPlan, type SearchResult } from './program-search.ts';
import { searchSettings } from './search-options.ts';

/** With fewer roots than this for each of them, threads do not gain what each call of the model costs. */
const LEAST_ROOTS = { wasm: 4, onnx: 16 } as const;
/** With fewer simulations than this for each of them, all roots together, they do not gain what their meeting costs. */
const LEAST_SIMULATIONS = 200;

export interface Division {
  readonly parts: number;
  /** A step of the model for the roots of one part. */
  readonly program: PortableProgram;
}

/** Divide a search into equal parts, at most `threads` and only as many as are worth it; `trace` is given a part's roots. */
export function divide(
  { roots, options }: Pick<SearchPlan, 'roots' | 'options'>,
  threads: number,
  trace: (roots: number) => PortableProgram,
): Division {
  const { simulations } = searchSettings(options);
  for (let parts = threads; parts > 1; parts--) {
    const size = roots / parts;
    if (roots % parts !== 0 || size < LEAST_ROOTS.wasm || size * simulations < LEAST_SIMULATIONS) continue;
    const program = trace(size);
    if (size >= LEAST_ROOTS[program.traced.model.kind]) return { parts, program };
  }
  return { parts: 1, program: trace(roots) };
}

export interface SearchRequest {
  readonly roots: Roots;
  readonly illegal?: Uint8Array;
  readonly rng: RngState;
}

/** What the threads are asked, by name. */
export interface SearchCalls {
  start(program: PortableProgram, plan: SearchPlan): void;
  search(request: SearchRequest): Omit<SearchResult, 'tree'>;
}

/**
 * Search `plan.roots` roots in equal parts, with a program that has its parameters baked in. The other threads load the
 * search from its file.
 * @param model that program as the caller has opened it already
 */
export async function shareSearch(
  { parts, program }: Division,
  search: TreeSearch,
  plan: SearchPlan,
  model?: Program,
): Promise<LatentSearch> {
  const size = plan.roots / parts;
  const part = { ...plan, roots: size };
  const own = searchWith(model ?? (await openProgram(program, { lent: true })), search, part);
  const helpers = await Promise.all(Array.from({ length: parts - 1 }, async () => {
    const thread = startThread<SearchCalls>('a thread that shares a search', new URL('./search-thread.ts', import.meta.url));
    await thread.ask('start', [program, part]);
    return thread;
  }));
  return {
    async run(params, { latent, root }, rng, illegal) {
      const streams = rng.split(rng.int(2 ** 31));
      const request = (index: number): SearchRequest => {
        const rowsOf = (group: Group<NdArray>) => mapGroup(group, (array) => copyRows(array, index * size, size));
        const [first, end] = [index * size * plan.actionSize, (index + 1) * size * plan.actionSize];
        return {
          roots: { latent: rowsOf(latent), root: rowsOf(root) }, rng: streams.split(index).state(),
          ...(illegal ? { illegal: illegal.slice(first, end) } : {}),
        };
      };
      const others = helpers.map((thread, i) => thread.ask('search', [request(i + 1)]));
      const { roots, rng: stream, illegal: mine } = request(0);
      const results = await Promise.all([own.run(params, roots, restoreRng(stream), mine), ...others]);
      return {
        action: concatRows(results.map(({ action }) => action)),
        targets: mapGroup(results[0].targets, (_, name) => concatRows(results.map(({ targets }) => targets[name]))),
      };
    },
    async dispose() {
      await Promise.all([own.dispose(), ...helpers.map((thread) => thread.close())]);
    },
  };
}
