/** The contract of ways to act: every file in src/policies keeps it, whatever the agent and the world. */
import { describe, expect, it } from 'vitest';
import { loadPolicy, requireFits } from '../../src/acting/load-policy.ts';
import type { ActingSetting } from '../../src/acting/policy-variant.ts';
import { float32, mapGroup, uint8 } from '../../src/nd-array.ts';
import { POLICIES, variantNames } from '../../src/listing.ts';
import { initParameters } from '../../src/nn/parameters.ts';
import { searchTargetShapes } from '../../src/nn/search-targets.ts';
import { createRng } from '../../src/random.ts';
import { buildAgent, configure } from '../../src/train/configure.ts';
import type { ActionSpace, Agent, Choice, Group, NdArray, Observation, ParamArrays, Rng, RunningPolicy } from '../../src/types.ts';
import { valuesOf } from '../acting/values-of.ts';
import { normals, onnx, uniforms } from '../engine/parity.ts';
import { ensembleAgent, plannedAgent, reflexAgent } from './small-agents.ts';

const variants = await Promise.all((await variantNames(POLICIES)).map(async (name) => [name, await loadPolicy(name)] as const));

const LANES = 3;
const SIDE = 16;
const SEARCH = { simulations: 4, samples: 4 };
const DISCRETE: ActionSpace = { kind: 'discrete', n: 3 };
const CONTINUOUS: ActionSpace = { kind: 'continuous', low: [-2, 0], high: [2, 1] };

interface Setting {
  readonly actions: ActionSpace;
  readonly size: number;
  readonly options: Omit<ActingSetting, 'explore'>;
  /** Other parameters of the same agent. */
  readonly others: ParamArrays;
}

const sizeOf = (actions: ActionSpace): number => (actions.kind === 'discrete' ? actions.n : actions.low.length);

function settingOf(actions: ActionSpace, agent: Agent): Setting {
  const size = sizeOf(actions);
  // Heads that begin at zero would find all actions equal.
  const paramsOf = (seed: number) => mapGroup(initParameters(agent.parameters, createRng(seed)), (array, name) =>
    (/(logits|actor\/out)\/kernel/.test(name) ? normals(array.shape, seed + 10) : array));
  const options = {
    agent, actions, params: paramsOf(0), lanes: LANES, actionSize: size, engine: onnx, imageShape: [SIDE, SIDE, 3],
  };
  return { actions, size, options, others: paramsOf(1) };
}

async function listedAgent(name: string, actions: ActionSpace, { overrides = [], forbids = false }: {
  readonly overrides?: readonly string[];
  readonly forbids?: boolean;
} = {}): Promise<Setting> {
  const { config, agent } = await configure({
    world: 'catch', preset: 'debug', agent: name, overrides: [`env.size=${SIDE}`, ...overrides],
  });
  const world = { actions, actionSize: sizeOf(actions), image: { size: SIDE, channels: 3 }, forbids };
  return settingOf(actions, buildAgent(agent, config, world));
}

const SETTINGS: readonly (readonly [string, Setting])[] = [
  ['of MuZero, with discrete actions', await listedAgent('gumbel-muzero', DISCRETE, { overrides: ['model.frames=2'] })],
  ['of Dreamer, with discrete actions', await listedAgent('dreamer', DISCRETE)],
  ['of MuZero, with continuous actions', await listedAgent('sampled-muzero', CONTINUOUS, { overrides: ['model.frames=2'] })],
  ['whose dynamics is an ensemble', settingOf(DISCRETE, ensembleAgent(3))],
  ['without dynamics', settingOf(DISCRETE, reflexAgent(3))],
  ['without a prediction', settingOf(DISCRETE, plannedAgent(3))],
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
async function act(setting: Setting, policy: RunningPolicy, rng: Rng): Promise<Choice[]> {
  const choices: Choice[] = [];
  let carry = policy.initial(LANES);
  for (let t = 0; t < 3; t++) {
    const choice = await policy.act(carry, observe(setting, t), rng);
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
  const values = valuesOf(variant, { search: SEARCH });

  it('says what it is, and each of its options, in one sentence', () => {
    expect(variant.description).toMatch(/^\S.{10,118}[^.]$/);
    const keys = Object.values(variant.options).flatMap((section) => Object.values(section));
    for (const { description } of keys) expect(description).toMatch(/^[A-Z].{10,118}\.$/);
  });

  it('is the file that threads load it from, where it searches', () => {
    if (variant.search) expect(variant.search.file).toBe(new URL(`${name}.ts`, POLICIES.url).href);
  });

  describe.each(SETTINGS)('for an agent %s', (_, setting) => {
    const { actions, size, options, others } = setting;
    const refusal = variant.refuses(actions, options.agent);

    if (refusal !== undefined) {
      it('refuses, in words, and cannot be made', async () => {
        const isWorld = variant.refuses(actions) !== undefined;
        expect(refusal).toMatch(new RegExp(`^${name} .*${isWorld ? ` ${actions.kind}` : ' has no [a-z]+'}$`));
        expect(() => requireFits(name, variant, actions, options.agent)).toThrow(
          `policy '${name}' does not go with this ${isWorld ? 'world' : 'agent'}: ${refusal}`,
        );
        await expect(variant.create({ ...options, explore: true }, values)).rejects.toThrow();
      });
      return;
    }

    it('acts in every lane, and hands on what it must remember', async () => {
      requireFits(name, variant, actions, options.agent);
      const policy = await variant.create({ ...options, explore: true }, values);
      expect(policy.name).toBe(name);
      for (const { action, carry, targets, stats } of await act(setting, policy, createRng(1))) {
        expect([action.dtype, ...action.shape]).toEqual(['float32', LANES, size]);
        const taken = [...action.data];
        if (actions.kind === 'discrete') {
          expect(taken.filter((value) => value === 1)).toHaveLength(LANES);
          for (let lane = 0; lane < LANES; lane++) {
            const row = taken.slice(lane * size, (lane + 1) * size);
            expect(row.reduce((sum, value) => sum + Math.abs(value), 0)).toBe(1);
          }
        } else {
          expect(taken.every((value) => Math.abs(value) <= 1)).toBe(true);
        }
        expect(shapesOf(carry)).toEqual(shapesOf(policy.initial(LANES)));
        expect(Object.values(stats).every(Number.isFinite)).toBe(true);
        if (!targets) continue;
        const shapes = searchTargetShapes(actions, SEARCH);
        expect(shapesOf(targets)).toEqual(mapGroup(shapes, (shape) => ['float32', LANES, ...shape]));
        const { data, shape: [, choices] } = targets.searchPolicy;
        for (let lane = 0; lane < LANES; lane++) {
          const row = [...data].slice(lane * choices, (lane + 1) * choices);
          expect(row.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
        }
        expect(targets.searchValue.data.every(Number.isFinite)).toBe(true);
      }
      await policy.dispose();
    });

    it('acts by its seed and its parameters alone, frozen or not', async () => {
      const [policy, frozen] = await Promise.all([false, true].map((fixed) =>
        variant.create({ ...options, explore: true, frozen: fixed }, values)));
      const choices = await act(setting, policy, createRng(1));
      expect(await act(setting, policy, createRng(1))).toEqual(choices);
      expect(await act(setting, policy, createRng(2))).not.toEqual(choices);
      const baked = await act(setting, frozen, createRng(1));
      choices.forEach(({ action, carry, targets = {} }, t) => {
        expectClose({ action: baked[t].action }, { action });
        expectClose(baked[t].carry, carry);
        expectClose(baked[t].targets ?? {}, targets);
      });
      if (name !== 'random') { // which has no parameters
        expect(() => frozen.update(others)).toThrow('the parameters of this policy are baked in');
        policy.update(others);
        expect(await act(setting, policy, createRng(1))).not.toEqual(choices);
        policy.update(options.params);
        expect(await act(setting, policy, createRng(1))).toEqual(choices);
      }
      await Promise.all([policy.dispose(), frozen.dispose()]);
    });

    it('draws anew at every decision while it learns', async () => {
      const policy = await variant.create({ ...options, explore: true }, values);
      const rng = createRng(1);
      const seen = new Set<string>();
      for (let t = 0; t < 24; t++) seen.add([...(await policy.act(policy.initial(LANES), observe(setting, 0), rng)).action.data].join());
      expect(seen.size).toBeGreaterThan(1);
      await policy.dispose();
    });

    it('remembers nothing from before an episode', async () => {
      const policy = await variant.create({ ...options, explore: false }, values);
      const used = (await act(setting, policy, createRng(1)))[2].carry;
      const first = observe(setting, 0);
      const fresh = await policy.act(policy.initial(LANES), first, createRng(4));
      expect(await policy.act(used, first, createRng(4))).toEqual(fresh);
      await policy.dispose();
    });
  });

  if (variant.refuses(DISCRETE) === undefined) it('takes legal actions alone, where the world forbids some', async () => {
    const searched = await listedAgent('gumbel-muzero', DISCRETE, { overrides: ['model.frames=2'], forbids: true });
    const forbidding = variant.refuses(DISCRETE, searched.options.agent) === undefined ? searched : await listedAgent('dyna-q', DISCRETE);
    const legal = float32([0, 0, 1, 0, 1, 0, 1, 0, 0], [LANES, forbidding.size]);
    for (const explore of [true, false]) {
      const policy = await variant.create({ ...forbidding.options, explore }, values);
      for (let t = 0; t < 3; t++) {
        const { action } = await policy.act(policy.initial(LANES), { ...observe(forbidding, t), legal }, createRng(t));
        expect([...action.data]).toEqual([...legal.data]);
      }
      await policy.dispose();
    }
  });
});
