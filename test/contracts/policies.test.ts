/** The contract of ways to act: every file in src/policies keeps it, whatever the agent and the world. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { searchTargetShapes } from '../../src/behavior/search-targets.ts';
import { resolveConfig } from '../../src/config/index.ts';
import { float32, mapGroup, uint8 } from '../../src/nd-array.ts';
import type { ActingOptions, Actor, PolicyVariant } from '../../src/planning/acting.ts';
import { createRng } from '../../src/random.ts';
import { createAgent, loadPolicy } from '../../src/train/agent.ts';
import { initLearner } from '../../src/train/update.ts';
import type { ActionSpace, Choice, Group, NdArray, Observation, ParamArrays, Rng } from '../../src/types.ts';
import { normals, onnx, uniforms } from '../engine/parity.ts';

const FOLDER = new URL('../../src/policies/', import.meta.url);
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.ts')).sort();
const variants = await Promise.all(files.map(async (file) => {
  const { default: variant }: { readonly default: PolicyVariant } = await import(new URL(file, FOLDER).href);
  return [file.slice(0, -'.ts'.length), variant] as const;
}));

const LANES = 3;

interface Setting {
  readonly actions: ActionSpace;
  readonly size: number;
  readonly options: Omit<ActingOptions, 'explore'>;
  /** Other parameters of the same agent. */
  readonly others: ParamArrays;
}

function settingOf(agentName: string, actions: ActionSpace, forbids = false): Setting {
  const overrides = ['model.frames=2', 'search.simulations=4', 'search.samples=4'];
  const config = resolveConfig({ world: 'catch', preset: 'debug', agent: agentName, overrides });
  const size = actions.kind === 'discrete' ? actions.n : actions.low.length;
  const agent = createAgent(config, { actions, actionSize: size, forbids });
  // Heads that begin at zero would find all actions equal.
  const paramsOf = (seed: number) => mapGroup(initLearner(agent, createRng(seed)).params, (array, name) =>
    (/(logits|actor\/out)\/kernel/.test(name) ? normals(array.shape, seed + 10) : array));
  const options = {
    agent, actions, search: config.search, params: paramsOf(0), lanes: LANES, actionSize: size, engine: onnx,
    imageShape: [config.env.size, config.env.size, 3],
  };
  return { actions, size, options, others: paramsOf(1) };
}

const SETTINGS: readonly (readonly [string, Setting])[] = [
  ['of MuZero, with discrete actions', settingOf('gumbel-muzero', { kind: 'discrete', n: 3 })],
  ['of Dreamer, with discrete actions', settingOf('dreamer', { kind: 'discrete', n: 3 })],
  [
    'of MuZero, with continuous actions', settingOf('sampled-muzero', { kind: 'continuous', low: [-2, 0], high: [2, 1] }),
  ],
];

/** What all lanes show at moment `t`; an episode begins at the first, and in lane 1 at the second, too. */
function observe({ size, actions, options: { imageShape } }: Setting, t: number): Observation {
  const taken = actions.kind === 'discrete'
    ? Float32Array.from({ length: LANES * size }, (_, i) => Number(i % size === (t + Math.floor(i / size)) % size))
    : Float32Array.from(uniforms([LANES * size], -1, 1, 20 + t).data);
  const isFirst = t === 0 ? [1, 1, 1] : t === 1 ? [0, 1, 0] : [0, 0, 0];
  return {
    image: uint8(Uint8Array.from(uniforms([LANES, ...imageShape], 0, 256, 30 + t).data), [LANES, ...imageShape]),
    previousAction: float32(taken.map((value, i) => (isFirst[Math.floor(i / size)] ? 0 : value)), [LANES, size]),
    isFirst: float32(isFirst, [LANES]),
  };
}

/** Three moments, one after the other. */
async function act(setting: Setting, actor: Actor, rng: Rng): Promise<Choice[]> {
  const choices: Choice[] = [];
  let carry = actor.initial(LANES);
  for (let t = 0; t < 3; t++) {
    const choice = await actor.act(carry, observe(setting, t), rng);
    choices.push(choice);
    carry = choice.carry;
  }
  return choices;
}

const shapesOf = (group: Group<NdArray>) => mapGroup(group, ({ shape, dtype }) => [dtype, ...shape]);

function expectClose(actual: Group<NdArray>, expected: Group<NdArray>): void {
  expect(shapesOf(actual)).toEqual(shapesOf(expected));
  for (const [leaf, { data }] of Object.entries(expected)) {
    data.forEach((value, i) => {
      expect(Math.abs(actual[leaf].data[i] - value), leaf).toBeLessThanOrEqual(1e-3 * Math.max(1, Math.abs(value)));
    });
  }
}

describe.each(variants)('the policy %s', (name, variant) => {
  it('says what it is in one sentence', () => {
    expect(variant.description).toMatch(/^\S.{10,118}[^.]$/);
  });

  describe.each(SETTINGS)('%s', (_, setting) => {
    const { actions, size, options, others } = setting;
    const refusal = variant.refuses(actions);

    if (refusal !== undefined) {
      it('refuses, in words, and cannot be made', async () => {
        expect(refusal).toMatch(new RegExp(`^${name} .* ${actions.kind}$`));
        await expect(loadPolicy(name, actions)).rejects.toThrow(
          `policy '${name}' does not go with this world: ${refusal}`,
        );
        await expect(variant.create({ ...options, explore: true })).rejects.toThrow();
      });
      return;
    }

    it('acts in every lane, and hands on what it must remember', async () => {
      expect(await loadPolicy(name, actions)).toBe(variant);
      const actor = await variant.create({ ...options, explore: true });
      expect(actor.name).toBe(name);
      for (const { action, carry, targets, stats } of await act(setting, actor, createRng(1))) {
        expect([action.dtype, ...action.shape]).toEqual(['float32', LANES, size]);
        const values = [...action.data];
        if (actions.kind === 'discrete') {
          expect(values.filter((value) => value === 1)).toHaveLength(LANES);
          for (let lane = 0; lane < LANES; lane++) {
            const row = values.slice(lane * size, (lane + 1) * size);
            expect(row.reduce((sum, value) => sum + Math.abs(value), 0)).toBe(1);
          }
        } else {
          expect(values.every((value) => Math.abs(value) <= 1)).toBe(true);
        }
        expect(shapesOf(carry)).toEqual(shapesOf(actor.initial(LANES)));
        expect(Object.values(stats).every(Number.isFinite)).toBe(true);
        if (!targets) continue;
        const shapes = searchTargetShapes(actions, options.search);
        expect(shapesOf(targets)).toEqual(mapGroup(shapes, (shape) => ['float32', LANES, ...shape]));
        const { data, shape: [, choices] } = targets.searchPolicy;
        for (let lane = 0; lane < LANES; lane++) {
          const row = [...data].slice(lane * choices, (lane + 1) * choices);
          expect(row.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
        }
        expect(targets.searchValue.data.every(Number.isFinite)).toBe(true);
      }
      await actor.dispose();
    });

    it('acts by its seed and its parameters alone, frozen or not', async () => {
      const [actor, frozen] = await Promise.all([false, true].map((fixed) =>
        variant.create({ ...options, explore: true, frozen: fixed })));
      const choices = await act(setting, actor, createRng(1));
      expect(await act(setting, actor, createRng(1))).toEqual(choices);
      expect(await act(setting, actor, createRng(2))).not.toEqual(choices);
      const baked = await act(setting, frozen, createRng(1));
      choices.forEach(({ action, carry, targets = {} }, t) => {
        expectClose({ action: baked[t].action }, { action });
        expectClose(baked[t].carry, carry);
        expectClose(baked[t].targets ?? {}, targets);
      });
      if (name !== 'random') { // which has no parameters
        expect(() => frozen.update(others)).toThrow('the parameters of this policy are baked in');
        actor.update(others);
        expect(await act(setting, actor, createRng(1))).not.toEqual(choices);
        actor.update(options.params);
        expect(await act(setting, actor, createRng(1))).toEqual(choices);
      }
      await Promise.all([actor.dispose(), frozen.dispose()]);
    });

    it('remembers nothing from before an episode', async () => {
      const actor = await variant.create({ ...options, explore: false });
      const used = (await act(setting, actor, createRng(1)))[2].carry;
      const first = observe(setting, 0);
      const fresh = await actor.act(actor.initial(LANES), first, createRng(4));
      expect(await actor.act(used, first, createRng(4))).toEqual(fresh);
      await actor.dispose();
    });
  });

  const forbidding = settingOf('gumbel-muzero', { kind: 'discrete', n: 3 }, true);
  if (variant.refuses(forbidding.actions) === undefined) it('takes legal actions alone, where the world forbids some', async () => {
    const legal = float32([0, 0, 1, 0, 1, 0, 1, 0, 0], [LANES, forbidding.size]);
    for (const explore of [true, false]) {
      const actor = await variant.create({ ...forbidding.options, explore });
      for (let t = 0; t < 3; t++) {
        const { action } = await actor.act(actor.initial(LANES), { ...observe(forbidding, t), legal }, createRng(t));
        expect([...action.data]).toEqual([...legal.data]);
      }
      await actor.dispose();
    }
  });
});
