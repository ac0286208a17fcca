/** What contract suites run over: the files of a folder, and their components at the sizes of a preset. */
import { readdirSync } from 'node:fs';
import { optionsOf, resolveConfig, type Component, type ConfigLayer, type Options, type OptionsOf, type PresetName } from '../../src/config/index.ts';
import { float32, int32, mapGroup, sizeOf } from '../../src/nd-array.ts';
import type { NdArray, ParamArrays, WorldShape } from '../../src/types.ts';
import { integers, normals, uniforms } from '../engine/parity.ts';

/** The name and default export of every file in a folder of `src` or `eval`. */
export async function listed<T>(folder: string): Promise<(readonly [string, T])[]> {
  const url = new URL(`../../${folder}/`, import.meta.url);
  const files = readdirSync(url).filter((file) => file.endsWith('.ts')).sort();
  return Promise.all(files.map(async (file) => {
    const { default: variant }: { readonly default: T } = await import(new URL(file, url).href);
    return [file.slice(0, -'.ts'.length), variant] as const;
  }));
}

/** One sentence, not too long for a table, without its full stop. */
export const SENTENCE = /^\S.{10,118}[^.]$/;

/** The values of a component's options in a preset; of what `layer` wishes for, those that it reads. */
export function valuesIn<O extends Options>(
  component: Component<O>,
  { preset = 'debug', layer = {} }: { readonly preset?: PresetName; readonly layer?: ConfigLayer } = {},
): OptionsOf<O> {
  const config = resolveConfig({ world: 'any', preset, agent: { name: 'component', component, layer } });
  return optionsOf(config, component);
}

export const WORLD: WorldShape = { actions: { kind: 'discrete', n: 3 }, actionSize: 3, image: { size: 16, channels: 3 } };
export const CONTINUOUS: WorldShape = {
  actions: { kind: 'continuous', low: [-2, 0], high: [2, 1] }, actionSize: 2, image: { size: 16, channels: 3 },
};

/** A batch [B, T] of sequences as a program takes it; an episode begins at index 0 of each, and where `firsts` says. */
export function sequences(
  { actionSize, image: { size, channels } }: WorldShape,
  { batch = 2, length = 8, seed = 1, firsts = [] }: { batch?: number; length?: number; seed?: number; firsts?: readonly number[] } = {},
) {
  const isFirst = Float32Array.from({ length: batch * length }, (_, i) => Number(i % length === 0 || firsts.includes(i)));
  return {
    image: integers([batch, length, size, size, channels], 256, seed), action: uniforms([batch, length, actionSize], 0, 1, seed),
    reward: normals([batch, length], seed), isFirst: float32(isFirst, [batch, length]),
    isTerminal: float32(new Float32Array(batch * length), [batch, length]),
  };
}

/** The same parameters, but heads that begin at zero, which would hide errors behind them, are awake. */
export const awake = (params: ParamArrays): ParamArrays => mapGroup(params, (array, name) =>
  (array.data.every((value) => value === 0) && /kernel$/.test(name) ? normals(array.shape, name.length) : array));

/** As the values of another array, in shape and dtype. */
export const like = ({ shape, dtype }: NdArray, value: number): NdArray =>
  (dtype === 'int32' ? int32(new Int32Array(sizeOf(shape)).fill(value), shape) : float32(new Float32Array(sizeOf(shape)).fill(value), shape));

export const distance = (a: NdArray, b: NdArray): number =>
  Math.max(0, ...Array.from(a.data, (value, i) => Math.abs(value - b.data[i])));
