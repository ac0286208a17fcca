/** MuZero's search policy (Schrittwieser et al. 2020): PUCT everywhere, Dirichlet noise at the root. */
import { muzeroActionSelection } from './action-selection.ts';
import { plantTree, setRootPriors } from './plant-tree.ts';
import { qtransformByParentAndSiblings, type Qtransform } from './qtransforms.ts';
import { addDirichletNoise, sampleActions } from './root-noise.ts';
import { search } from './search.ts';
import { rootRows, summarize } from './tree.ts';
import type { PolicyOutput, SearchInput } from './types.ts';

export interface MuzeroOptions {
  readonly qtransform?: Qtransform;
  /** How much of the root's prior is noise, 0..1. */
  readonly dirichletFraction?: number;
  /** Below one, the noise favours few actions. */
  readonly dirichletAlpha?: number;
  readonly pbCInit?: number;
  readonly pbCBase?: number;
  /** Actions are drawn ∝ visits^(1 / temperature); 0 takes the most visited. */
  readonly temperature?: number;
}

/** Large enough to decide between equals, and too small for anything else. */
const TIE_BREAK = 1e-7;

/** Search, then act in proportion to the visits; `actionWeights` are the shares of visits. */
export async function muzeroPolicy(
  input: SearchInput,
  {
    qtransform = qtransformByParentAndSiblings(),
    dirichletFraction = 0.25,
    dirichletAlpha = 0.3,
    pbCInit = 1.25,
    pbCBase = 19652,
    temperature = 1,
  }: MuzeroOptions = {},
): Promise<PolicyOutput> {
  const { rng } = input;
  const tree = plantTree(input);
  const { numActions } = tree;
  if (dirichletFraction > 0) {
    const probs = rootRows(tree, tree.childrenPriorProbs);
    const noise = { alpha: dirichletAlpha, fraction: dirichletFraction, rng };
    setRootPriors(tree, addDirichletNoise(probs, numActions, noise));
  }
  const tieBreak = new Float32Array(tree.batch * numActions);
  rng.fillUniform(tieBreak);
  tieBreak.forEach((uniform, i) => (tieBreak[i] = TIE_BREAK * uniform));
  const select = muzeroActionSelection(numActions, { pbCInit, pbCBase, qtransform, tieBreak });
  await search(tree, { ...input, selectRootAction: select, selectInteriorAction: select });
  const actionWeights = summarize(tree).visitProbs;
  return { action: sampleActions(actionWeights, numActions, temperature, rng), actionWeights, searchTree: tree };
}
