/** The table of the keys that can be set, read out of a schema: what is expected, the default, one sentence. */
import { z } from 'zod';
import { isLayer } from './layer.ts';

export interface ConfigKey {
  /** Dotted, for example `model.scales.image`. */
  readonly key: string;
  /** What a value must be, in words: `an integer ≥ 1`. */
  readonly expected: string;
  /** Absent where every preset states its own. */
  readonly default?: unknown;
  readonly description: string;
}

type JsonSchema = z.core.JSONSchema.JSONSchema;

const BOUNDS = { minimum: '≥', exclusiveMinimum: '>', maximum: '≤', exclusiveMaximum: '<' } as const;

/** 1000000 is hard to tell from 10000000: `1e6`, and 1234567 as it stands. */
export function numberInWords(value: number): string {
  const short = value.toExponential().replace('+', '');
  return Math.abs(value) >= 1e5 && short.length < 6 ? short : String(value).replace('e+', 'e');
}

function inWords(schema: JsonSchema): string {
  if (schema.enum) return `one of ${schema.enum.join(', ')}`;
  if (schema.type === 'string') return 'a text';
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'object') return 'a section of keys';
  const bounds = Object.entries(BOUNDS).flatMap(([name, sign]) => {
    const bound = schema[name as keyof typeof BOUNDS];
    return typeof bound !== 'number' ? [] : [`${sign} ${numberInWords(bound)}`];
  });
  return [schema.type === 'integer' ? 'an integer' : 'a number', bounds.join(' and ')].filter(Boolean).join(' ');
}

function leaves(schema: JsonSchema, prefix: string): ConfigKey[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    if (typeof child === 'boolean') return [];
    const key = prefix + name;
    if (child.properties) return leaves(child, `${key}.`);
    return [{ key, expected: inWords(child), default: child.default, description: child.description ?? '' }];
  });
}

/** All keys in the order of the schema. */
export function keysOf(schema: z.ZodType): readonly ConfigKey[] {
  const keys = knownKeys.get(schema) ?? leaves(z.toJSONSchema(schema, { io: 'input' }), '');
  knownKeys.set(schema, keys);
  return keys;
}

const knownKeys = new WeakMap<z.ZodType, readonly ConfigKey[]>();

const MOST_SHOWN = 60;

/** What came, short enough to be read in a sentence: one line, of which the end is left out. */
export function shown(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= MOST_SHOWN ? line : `${line.slice(0, MOST_SHOWN)}…`;
}

/** A value as it would be written in JSON, or by its kind where it could not be. */
export function valueInWords(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isLayer(value)) return 'an object of another kind';
  try {
    return shown(JSON.stringify(value) ?? typeof value);
  } catch {
    return `a ${typeof value}`;
  }
}
