/**
 * From a preset, a world's wishes and `--set key=value` to one whole, frozen configuration.
 * Layers, later ones on top: the schema's defaults, `base`, the preset, the world's own layer, the overrides.
 */
import { closest, distance } from 'fastest-levenshtein';
import { parse } from 'yaml';
import type { z } from 'zod';
import { UserError } from '../user-error.ts';
import { configKeys } from './keys.ts';
import { agentLayers, presets, worldPresets } from './presets.ts';
import type { ConfigLayer } from './presets.ts';
import { configSchema } from './schema.ts';
import type { Config } from './schema.ts';

type Tree = Readonly<Record<string, unknown>>;

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
/** Keys that stand for a choice of layers, which `--set` comes too late for. */
const CHOSEN_ELSEWHERE: Readonly<Record<string, string>> = {
  agent: '--agent',
  preset: '--preset',
  world: 'the first argument',
};

export interface ConfigRequest {
  /** A world's name or file; may be left out where `base` has one. */
  readonly world?: string;
  readonly agent?: string;
  /** Where it is left out, the world's own layer says which, or it is `tiny`. */
  readonly preset?: string;
  /** Laid over the preset where the user named none; `worldPresets[world]` where it is left out. */
  readonly worldDefaults?: ConfigLayer;
  /** `key=value` with dotted keys; values are YAML, so `1e-4`, `true`, `[1, 2]` are what they look like. */
  readonly overrides?: readonly string[];
  /** A configuration to start from, for example a run's own; then no preset is laid over it unless one is named. */
  readonly base?: object;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `layer` over `below`; sections are merged, everything else is replaced. */
function merge(below: Tree, layer: Tree): Tree {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(layer)) {
    if (FORBIDDEN.has(key)) throw new UserError(`the key '${key}' is refused`);
    const under = merged[key];
    merged[key] = isTree(value) && isTree(under) ? merge(under, value) : value;
  }
  return merged;
}

/** The known key that was probably meant: the nearest as a whole, or by its last part, which counts a little less. */
function nearestKey(key: string): string {
  const share = (a: string, b: string): number => distance(a, b) / Math.max(a.length, b.length);
  const tail = (dotted: string): string => dotted.slice(dotted.lastIndexOf('.') + 1);
  const far = (known: string): number => Math.min(share(key, known), share(tail(key), tail(known)) + 0.05);
  return configKeys()
    .map((known) => known.key)
    .reduce((best, known) => (far(known) < far(best) ? known : best));
}

function unknownKey(key: string): UserError {
  return new UserError(`unknown key '${key}'; did you mean '${nearestKey(key)}'? All keys: dreamtree list --keys`);
}

/** `model.deter=256` as `{ model: { deter: 256 } }`. */
function parseOverride(override: string): Tree {
  const equals = override.indexOf('=');
  if (equals < 1) throw new UserError(`--set: expected key=value, got '${override}'`);
  const key = override.slice(0, equals).trim();
  const path = key.split('.');
  for (const part of path) if (FORBIDDEN.has(part)) throw new UserError(`the key '${key}' is refused`);
  if (Object.hasOwn(CHOSEN_ELSEWHERE, key)) {
    throw new UserError(`'${key}' is not for --set; choose it with ${CHOSEN_ELSEWHERE[key]}`);
  }
  if (!configKeys().some((known) => known.key === key || known.key.startsWith(`${key}.`))) throw unknownKey(key);
  let value: unknown;
  try {
    value = parse(override.slice(equals + 1));
  } catch (error) {
    throw new UserError(`${key}: expected a value in YAML, got '${override.slice(equals + 1)}'`, { cause: error });
  }
  return path.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as Tree;
}

function valueAt(tree: Tree, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => (isTree(value) ? value[String(part)] : undefined), tree);
}

/** Where a key takes one of some names and another came, the one that was probably meant. */
function nearestChoice(issue: z.core.$ZodIssue, got: unknown): string {
  if (issue.code !== 'invalid_value' || typeof got !== 'string') return '';
  return `; did you mean '${closest(got, issue.values.map(String))}'?`;
}

function validate(tree: Tree): Config {
  const result = configSchema.safeParse(tree);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const key = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') throw unknownKey([...issue.path, issue.keys[0]].join('.'));
  const got = JSON.stringify(valueAt(tree, issue.path)) ?? 'nothing';
  if (issue.code === 'custom') throw new UserError(`${key}: ${issue.message}, got ${got}`);
  const expected = configKeys().find((known) => known.key === key)?.expected ?? 'a section of keys';
  throw new UserError(`${key}: expected ${expected}, got ${got}${nearestChoice(issue, valueAt(tree, issue.path))}`);
}

function presetLayer(name: string): Tree {
  if (Object.hasOwn(presets, name)) return { ...presets[name as keyof typeof presets], preset: name };
  const names = Object.keys(presets);
  throw new UserError(`unknown preset '${name}'; did you mean '${closest(name, names)}'? Known: ${names.join(', ')}`);
}

/**
 * Resolve a configuration; every key is present in what is returned, and nothing in it can be changed.
 * Throws UserError, in one sentence, on an unknown preset, an unknown key (naming the nearest), or a value
 * of the wrong type or out of range (naming the key, what was expected and what came).
 */
export function resolveConfig(request: ConfigRequest): Config {
  const { world, agent, base, overrides = [] } = request;
  const own = request.worldDefaults ?? (world && Object.hasOwn(worldPresets, world) ? worldPresets[world] : {});
  const layers: Tree[] = [];
  if (base) layers.push({ ...base });
  if (request.preset !== undefined) layers.push(presetLayer(request.preset));
  else if (!base) layers.push(presetLayer(own.preset ?? 'tiny'), own);
  if (agent !== undefined && Object.hasOwn(agentLayers, agent)) layers.push(agentLayers[agent as keyof typeof agentLayers]);
  layers.push({ ...(world !== undefined && { world }), ...(agent !== undefined && { agent }) });
  layers.push(...overrides.map(parseOverride));
  return validate(layers.reduce(merge, {}));
}
