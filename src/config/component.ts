/**
 * Options stand beside the component that reads them: a model, a behaviour, an optimiser, a way to act. This file says
 * what a component brings, and puts several together; an agent is configured by what its components bring.
 */
import type { z } from 'zod';
import type { CoreConfig } from './core.ts';
import type { Shape } from './kinds.ts';
import { mergeLayers, type ConfigLayer } from './layer.ts';
import type { PresetName } from './presets.ts';

/** Sections by name; components may share a section, and keys in it that mean the same. */
export type Options = Readonly<Record<string, Shape>>;
/** The values of such options. */
export type OptionsOf<O extends Options> = {
  readonly [Section in keyof O]: { readonly [Key in keyof O[Section]]: z.output<O[Section][Key]> };
};

/** A value that does not go with the others. */
export interface Broken {
  /** Dotted, for example `model.blocks`. */
  readonly key: string;
  /** What was expected of it, as the end of a sentence. */
  readonly expected: string;
}

export interface Component<O extends Options = Options> {
  readonly options: O;
  /** What the presets set of them; a size without a default stands in each. */
  readonly presets?: Readonly<Partial<Record<PresetName, ConfigLayer>>>;
  /** What must hold between keys. */
  rules?(options: OptionsOf<O>, core: CoreConfig): readonly Broken[];
}

/** The sizes that every preset states for a component: a forgotten one does not compile. */
export type PresetsOf<O extends Options> = Readonly<Record<PresetName, {
  readonly [Section in keyof O]: z.input<z.ZodObject<{ -readonly [Key in keyof O[Section]]: O[Section][Key] }>>;
}>>;

type Merged<A extends Options, B extends Options> = {
  readonly [Section in keyof A | keyof B]:
    & (Section extends keyof A ? A[Section] : unknown)
    & (Section extends keyof B ? B[Section] : unknown);
};

type AllOf<Parts extends readonly Component[]> =
  Parts extends readonly [Component<infer First>, ...infer Rest extends readonly Component[]]
    ? Rest extends readonly [] ? First : Merged<First, AllOf<Rest>>
    : Options;

/** Several components as one. */
export function compose<const Parts extends readonly Component[]>(...parts: Parts): Component<AllOf<Parts>> {
  const options: Record<string, Shape> = {};
  let presets: ConfigLayer = {};
  for (const part of parts) {
    for (const [section, shape] of Object.entries(part.options)) options[section] = { ...options[section], ...shape };
    presets = mergeLayers(presets, part.presets ?? {});
  }
  return {
    options: options as AllOf<Parts>,
    presets,
    rules: (values, core) => parts.flatMap((part) => part.rules?.(values as OptionsOf<Options>, core) ?? []),
  };
}
