/** Whole trees recorded from mctx, and what happens to a recording that is changed or makes no sense. */
import { readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { verifyTree } from '../../src/planning/golden.ts';

const FOLDER = new URL('../data/mctx/', import.meta.url);
const read = (file: string): Recording =>
  JSON.parse(gunzipSync(readFileSync(new URL(file, FOLDER))).toString('utf8')) as Recording;

describe('trees recorded from mctx', () => {
  it('are those that are in the folder', () => {
    expect(readdirSync(FOLDER).filter((name) => name.endsWith('.json.gz')).length).toBe(3);
  });

  it.each([
    ['muzero_qtransform_tree.json.gz', 51, 'a search by PUCT'],
    ['gumbel_muzero_reward_tree.json.gz', 51, 'a search by Sequential Halving, with rewards'],
    ['gumbel_muzero_tree.json.gz', 201, 'the same over more actions, in a game for two without rewards'],
  ])('%s is reproduced in all its %i nodes: %s', async (file, nodes) => {
    const recording = read(file);
    expect(recording.tree.visit).toBe(nodes);
    expect(await verifyTree(recording)).toEqual({ nodes, mismatches: 0 });
  });

  it('are not reproduced where one number of them is another', async () => {
    // The first action that was expanded gave a little more.
    const recording = read('gumbel_muzero_reward_tree.json.gz');
    const child = recording.tree.child_stats.find(({ reward }) => reward !== undefined);
    child!.reward! += 0.001;
    await expect(verifyTree(recording)).rejects.toThrow(expect.objectContaining({ name: 'TreeMismatch' }));
  });
});

interface Node {
  prior: number;
  action?: number;
  visit?: number;
  evaluation_index?: number;
  value_view?: number;
  raw_value_view?: number;
  reward?: number;
  child_stats: Node[];
}

type Config = Record<string, unknown>;

interface Recording {
  algorithm: string;
  algorithm_config: Config;
  env_config: object;
  tree: Node;
}

/**
 * Two actions, three simulations of PUCT, worked out by hand with discount ½. First the larger prior: action 1 gives
 * 1 + ½ · 2 = 2, so the root is worth (0 + 2) / 2 = 1. Then Q of action 1 is scaled to 1 and wins; below it, action 0
 * has the larger prior and gives 2 + ½ · 0 = 2, so the node is worth 2, and the return is 2 again. Then at N = 3 it is
 * 1 + √3 · 1.25 · 0.6 / 3 = 1.43 for action 1 against √3 · 1.25 · 0.4 = 0.87 for action 0. The node has Q 2 and value
 * 2, so nothing to scale: √2 · 1.25 · 0.7 / 2 = 0.62 against √2 · 1.25 · 0.3 = 0.53, and action 0 is followed again.
 */
function recording(): Recording {
  const bare = (action: number, prior: number): Node => ({ action, prior, child_stats: [] });
  const deepest: Node = {
    action: 1, prior: 0.75, visit: 1, evaluation_index: 3, value_view: -4, raw_value_view: -4, reward: 0,
    child_stats: [bare(0, 0.5), bare(1, 0.5)],
  };
  const deep: Node = {
    // Its own 0, then 0 + ½ · −4 = −2.
    action: 0, prior: 0.7, visit: 2, evaluation_index: 2, value_view: -1, raw_value_view: 0, reward: 2,
    child_stats: [bare(0, 0.25), deepest],
  };
  const child: Node = {
    // Returns 2, then 2 + ½ · 0 = 2, then 2 + ½ · −2 = 1.
    action: 1, prior: 0.6, visit: 3, evaluation_index: 1, value_view: 5 / 3, raw_value_view: 2, reward: 1,
    child_stats: [deep, bare(1, 0.3)],
  };
  return {
    algorithm: 'muzero',
    algorithm_config: { qtransform: 'qtransform_by_parent_and_siblings' },
    env_config: { discount: 0.5, zero_reward: false },
    tree: {
      // 0, then 1 + ½ · 2, 1 + ½ · 2 and 1 + ½ · 1.
      prior: 1, visit: 4, evaluation_index: 0, value_view: 5.5 / 4, raw_value_view: 0,
      child_stats: [bare(0, 0.4), child],
    },
  };
}

/** The recording with one thing changed. */
function changed(change: (tree: Node, config: Config) => void) {
  const copy = recording();
  change(copy.tree, copy.algorithm_config);
  return verifyTree(copy);
}

describe('verifyTree', () => {
  it('follows a tree worked out by hand', async () => {
    expect(await verifyTree(recording())).toEqual({ nodes: 4, mismatches: 0 });
  });

  it.each<[string, (child: Node, root: Node) => void, string]>([
    ['a value', (child) => (child.value_view = 1.6667), 'tree.child_stats.1: expected 1.6667, got 1.66666'],
    ['a count', (child) => (child.visit = 2), 'visits of action 1 of tree: expected 2, got 3'],
    ['an index', (child) => (child.evaluation_index = 2), 'index of tree.child_stats.1: expected 2, got 1'],
    ['a reward', (child) => (child.reward = 0.9), 'the value of tree: expected 1.375, got 1.2999'],
    ['a prior', (child) => (child.child_stats[1].prior = 0.2), 'of tree.child_stats.1: expected 0.7, got 0.777'],
    ['a longer search', (_, root) => (root.visit = 9), 'which was never expanded'],
  ])('stops at the first mismatch: %s', async (_, change, sentence) => {
    const verify = () => changed((tree) => change(tree.child_stats[1], tree));
    await expect(verify()).rejects.toThrow(expect.objectContaining({ name: 'TreeMismatch' }));
    await expect(verify()).rejects.toThrow(sentence);
  });

  it('takes the settings from the file', async () => {
    await expect(changed((_, config) => (config.pb_c_init = 40))).rejects.toThrow('action 0 of tree, which was never');
    await expect(changed((_, config) => (config.max_depth = 1))).rejects.toThrow('of tree: expected 1.375, got 1.5');
    const rewardless = { ...recording(), env_config: { discount: 0.5, zero_reward: true } };
    await expect(verifyTree(rewardless)).rejects.toThrow('the value of tree: expected 1.375, got');
  });

  it.each<[string, (child: Node, config: Config, root: Node) => void, string]>([
    ['an unknown setting', (_, config) => (config.c_puct = 1), 'algorithm_config: '],
    ['an unknown transform', (_, config) => (config.qtransform = 'identity'), 'one of qtransform_by_min_max, '],
    ['an unknown keyword', (_, config) => (config.qtransform_kwargs = { scale: 1 }), 'config.qtransform_kwargs: '],
    ['a missing number', (child) => delete child.reward, 'tree.child_stats.1.reward: expected a number'],
    ['a missing action', (child) => child.child_stats.pop(), 'expected 2, one for each action, got 1'],
    ['actions out of order', (_, __, root) => root.child_stats.reverse(), 'child_stats.0.action: expected 0, got 1'],
    ['no simulation', (_, __, root) => (root.visit = 1), 'tree.visit: expected at least 2'],
    ['text for a number', (child) => Object.assign(child, { visit: 'many' }), 'tree.child_stats.1.visit: '],
  ])('refuses %s', async (_, change, sentence) => {
    const verify = () => changed((tree, config) => change(tree.child_stats[1], config, tree));
    await expect(verify()).rejects.toThrow(expect.objectContaining({ name: 'UserError' }));
    await expect(verify()).rejects.toThrow(sentence);
  });

  it('refuses what is no recording, and noise that it does not hold', async () => {
    await expect(verifyTree(3)).rejects.toThrow('the file: ');
    await expect(verifyTree({ ...recording(), algorithm: 'uct' })).rejects.toThrow('algorithm: ');
    const noisy = { ...recording(), algorithm: 'gumbel_muzero' };
    await expect(verifyTree(noisy)).rejects.toThrow('algorithm_config.gumbel_scale: expected 0');
  });
});
