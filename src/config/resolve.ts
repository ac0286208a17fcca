/**
 * From a preset, a world's wishes and `--set key=value` to one whole, frozen configuration. Layers, later ones on top:
 * defaults, the preset, the world's own layer, the agent's, `base`, the overrides. What presets and worlds wish for and
 * the agent does not read is left out; what a user writes down and the agent does not read is an error.
 */
import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { didYouMean, nearest } from '../listing.ts';
import { UserError } from '../user-error.ts';
import { compose, type Component, type OptionsOf, type Options } from './component.ts';
import { coreRules } from './core-rules.ts';
import { coreOptions, headOptions, type Config } from './core.ts';
import { keysOf, shown, valueInWords, type ConfigKey } from './keys.ts';
import type { Shape } from './kinds.ts';
import { isLayer, mergeLayers, type ConfigLayer } from './layer.ts';
import { parseOverride, requireHarmless } from './override.ts';
import { presets, worldPresets } from './presets.ts';

/** Keys that stand for a choice of layers, which `--set` comes too late for. */
const CHOSEN_ELSEWHERE: Readonly<Record<string, string>> = {
  agent: '--agent', preset: '--preset', world: 'the first argument', policy: '--policy', 'search.policy': '--policy',
};

/** A component by the name it has on the command line. */
export interface NamedComponent {
  readonly name: string;
  readonly component: Component;
}

export interface ConfigRequest {
  /** A world's name or file; may be left out where `base` has one. */
  readonly world?: string;
  /** Whose keys there are; `layer` lies over preset and world. */
  readonly agent: NamedComponent & { readonly layer?: ConfigLayer };
  /** The way of acting that was chosen instead of the agent's own. */
  readonly policy?: string;
  /** Ways of acting whose keys there are as well. */
  readonly policies?: readonly NamedComponent[];
  /** Where it is left out, the world's own layer says which, or it is `tiny`. */
  readonly preset?: string;
  /** Laid over the preset where the user named none; `worldPresets[world]` where it is left out. */
  readonly worldDefaults?: ConfigLayer;
  /** `key=value` with dotted keys; values are YAML, so `1e-4`, `true`, `[1, 2]` are what they look like. */
  readonly overrides?: readonly string[];
  /** A configuration to start from, for example a run's own. What it has and nothing reads is left out. */
  readonly base?: ConfigLayer;
  /** Who else there is, to say who reads a key that is not read here. */
  readonly others?: { readonly agents: readonly NamedComponent[]; readonly policies: readonly NamedComponent[] };
}

/** By components, one after the other: a configuration is resolved many times, and making a schema takes longer than using it. */
interface KnownSchemas {
  schema?: ReturnType<typeof makeSchema>;
  readonly with: WeakMap<Component, KnownSchemas>;
}
const knownSchemas: KnownSchemas = { with: new WeakMap() };

/** The schema of a configuration for these components. */
export function schemaOf(...components: readonly Component[]): ReturnType<typeof makeSchema> {
  let known = knownSchemas;
  for (const component of components) {
    const next = known.with.get(component) ?? { with: new WeakMap() };
    known.with.set(component, next);
    known = next;
  }
  return (known.schema ??= makeSchema(components));
}

function makeSchema(components: readonly Component[]) {
  const { options } = compose({ options: coreOptions }, ...components);
  // A key that is missing is asked for by its name, not by its section's.
  const sections = Object.entries(options).map(([name, shape]) => [name, z.strictObject(shape).prefault({} as never)]);
  return z.strictObject({ ...headOptions, ...(Object.fromEntries(sections) as Record<string, z.ZodType>) });
}

const knownSections = new WeakMap<Shape, z.ZodObject>();

/**
 * The values of a component's own options; defaults where the configuration was made for others.
 * @throws UserError where a value that was made for others is none of this component's
 */
export function optionsOf<O extends Options>(config: Config, { options }: Pick<Component<O>, 'options'>): OptionsOf<O> {
  const values = Object.entries(options).map(([name, shape]): [string, unknown] => {
    const section = knownSections.get(shape) ?? z.object(shape);
    knownSections.set(shape, section);
    const schema = z.object({ [name]: section });
    const tree = { [name]: config[name] ?? {} };
    const result = schema.safeParse(tree);
    if (!result.success) throw wrongValue(result.error.issues[0], tree, keysOf(schema));
    return [name, result.data[name]];
  });
  return Object.fromEntries(values) as OptionsOf<O>;
}

/**
 * Resolve a configuration; every key is present in what is returned, and nothing in it can be changed.
 * @throws UserError, in one sentence, on an unknown preset, an unknown key (naming the nearest), a key that is read by
 * others alone (naming them), or a value of the wrong type or out of range (naming the key, what was expected and came).
 */
export function resolveConfig(request: ConfigRequest): Config {
  const { agent, policy, policies = [], base, overrides = [] } = request;
  const components = [agent.component, ...policies.map(({ component }) => component)];
  const schema = schemaOf(...components);
  const keys = keysOf(schema);
  const world = request.world ?? (typeof base?.world === 'string' ? base.world : undefined);
  const own = request.worldDefaults ?? (world !== undefined && Object.hasOwn(worldPresets, world) ? worldPresets[world] : {});
  const preset = request.preset ?? (base ? presetOf(base) : presetOf(own) ?? 'tiny');
  const wishes = [
    ...(preset === undefined ? [] : [presetLayer(preset, components)]),
    ...(request.preset === undefined && (!base || presetOf(own) === preset) ? [own] : []),
    agent.layer ?? {}, ...(base ? [base] : []),
  ].map((layer) => onlyKnown(layer, keys));
  const chosen = {
    ...(world === undefined ? {} : { world }), ...(preset === undefined ? {} : { preset }), agent: agent.name,
    ...(policy === undefined ? {} : { policy }),
  };
  const typed = overrides.map((override) => parseOverride(override, (key) => {
    requireNotChosen(key);
    requireRead(key, keys, request);
  }));
  const tree = [...wishes, chosen, ...typed].reduce(mergeLayers, {});
  return validate(tree, { schema, keys, components, request });
}

const presetOf = ({ preset }: ConfigLayer): string | undefined => (typeof preset === 'string' ? preset : undefined);

function presetLayer(name: string, components: readonly Component[]): ConfigLayer {
  if (!Object.hasOwn(presets, name)) {
    const names = Object.keys(presets);
    throw new UserError(`unknown preset '${shown(name)}'${didYouMean(name, names)} Known: ${names.join(', ')}`);
  }
  const known = name as keyof typeof presets;
  return [presets[known], ...components.map((component) => component.presets?.[known] ?? {})].reduce(mergeLayers, {});
}

/** Without the keys that are not in the schema. @throws UserError where a section is none */
function onlyKnown(layer: ConfigLayer, keys: readonly ConfigKey[], prefix = ''): ConfigLayer {
  return Object.fromEntries(Object.entries(layer).flatMap(([name, value]): [string, unknown][] => {
    requireHarmless(name);
    const key = prefix + name;
    if (keys.some((known) => known.key === key)) return [[name, value]];
    const within = keys.some((known) => known.key.startsWith(`${key}.`));
    if (!within) return [];
    if (isLayer(value)) return [[name, onlyKnown(value, keys, `${key}.`)]];
    throw new UserError(`${key}: expected a section of keys, got ${valueInWords(value)}`);
  }));
}

function requireNotChosen(key: string): void {
  if (!Object.hasOwn(CHOSEN_ELSEWHERE, key)) return;
  throw new UserError(`'${key}' is not for --set; choose it with ${CHOSEN_ELSEWHERE[key]}`);
}

/** @throws UserError where nothing here reads `key`, saying who does or which key was probably meant. */
function requireRead(key: string, keys: readonly ConfigKey[], { agent, policies = [], others }: ConfigRequest): void {
  const has = (known: readonly ConfigKey[]) => known.some((one) => one.key === key || one.key.startsWith(`${key}.`));
  if (has(keys)) return;
  const readers = (all: readonly NamedComponent[] = []) =>
    all.filter(({ component }) => has(keysOf(schemaOf(component)))).map(({ name }) => name);
  const [agents, ways] = [readers(others?.agents), readers(others?.policies)];
  if (agents.length + ways.length === 0) throw unknownKey(key, [keys, ...allKeys(others)].flat());
  const here = [agent.name, ...policies.map(({ name }) => `acting by ${name}`)].join(' ');
  const who = [
    ...(agents.length > 0 ? [agents.join(', ')] : []),
    ...(ways.length > 0 ? [`the ${ways.length > 1 ? 'policies' : 'policy'} ${ways.join(', ')}`] : []),
  ].join(' and by ');
  throw new UserError(`${key} is read by ${who}, not by ${here}`);
}

const allKeys = (others: ConfigRequest['others']): (readonly ConfigKey[])[] =>
  [...(others?.agents ?? []), ...(others?.policies ?? [])].map(({ component }) => keysOf(schemaOf(component)));

/** The known key that was probably meant, as a whole or by its last part; undefined where none is near. */
function nearestKey(key: string, keys: readonly ConfigKey[]): string | undefined {
  const tail = (dotted: string): string => dotted.slice(dotted.lastIndexOf('.') + 1);
  const names = keys.map((known) => known.key);
  // One that goes on where the other ends.
  const within = names.find((name) => key.startsWith(`${name}.`) || name.startsWith(key));
  if (within !== undefined) return within;
  const meant = nearest(key, names);
  const tails = nearest(tail(key), names.map(tail));
  if (tails === undefined || meant !== undefined && tail(meant) === tails) return meant;
  // Of those that end alike, the one that begins most alike.
  const alike = names.filter((name) => tail(name) === tails).reduce((best, name) => (distance(key, name) < distance(key, best) ? name : best));
  return meant !== undefined && distance(key, meant) <= distance(key, alike) ? meant : alike;
}

function unknownKey(key: string, keys: readonly ConfigKey[]): UserError {
  const meant = nearestKey(key, keys);
  return new UserError(
    `unknown key '${shown(key)}'${meant === undefined ? '.' : `; did you mean '${meant}'?`} All keys: dreamtree list --keys`,
  );
}

interface Validation {
  readonly schema: ReturnType<typeof schemaOf>;
  readonly keys: readonly ConfigKey[];
  readonly components: readonly Component[];
  readonly request: ConfigRequest;
}

function validate(tree: ConfigLayer, { schema, keys, components, request }: Validation): Config {
  const result = schema.safeParse(tree);
  if (result.success) {
    const config = freeze(result.data) as Config;
    const [broken] = [
      ...coreRules(config), ...components.flatMap((component) => component.rules?.(optionsOf(config, component), config) ?? []),
    ];
    if (!broken) return config;
    throw new UserError(`${broken.key}: ${broken.expected}, got ${valueInWords(valueAt(config, broken.key.split('.')))}`);
  }
  const [issue] = result.error.issues;
  if (issue.code === 'unrecognized_keys') requireRead([...issue.path, issue.keys[0]].join('.'), keys, request);
  throw wrongValue(issue, tree, keys);
}

/** The sentence about a value that is not what its key takes. */
function wrongValue(issue: z.core.$ZodIssue, tree: ConfigLayer, keys: readonly ConfigKey[]): UserError {
  const key = issue.path.join('.');
  const got = valueAt(tree, issue.path);
  const expected = keys.find((known) => known.key === key)?.expected ?? 'a section of keys';
  return new UserError(`${key}: expected ${expected}, got ${valueInWords(got)}${nearestChoice(issue, got)}`);
}

function valueAt(tree: ConfigLayer, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => (isLayer(value) ? value[String(part)] : undefined), tree);
}

/** Where a key takes one of some names and another came, the one that was probably meant. */
function nearestChoice(issue: z.core.$ZodIssue, got: unknown): string {
  if (issue.code !== 'invalid_value' || typeof got !== 'string') return '';
  const meant = nearest(got, issue.values.map(String));
  return meant === undefined ? '' : `; did you mean '${meant}'?`;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}
