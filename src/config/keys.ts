/** The table of the keys that can be set, read out of a schema: what is expected, the default, one sentence. */
import { z } from 'zod';

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

function inWords(schema: JsonSchema): string {
  if (schema.enum) return `one of ${schema.enum.join(', ')}`;
  if (schema.type === 'string') return 'a text';
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'object') return 'a section of keys';
  const bounds: string[] = [];
  if (schema.minimum !== undefined && schema.minimum !== Number.MIN_SAFE_INTEGER) bounds.push(`≥ ${schema.minimum}`);
  if (schema.exclusiveMinimum !== undefined) bounds.push(`> ${schema.exclusiveMinimum}`);
  if (schema.maximum !== undefined && schema.maximum !== Number.MAX_SAFE_INTEGER) bounds.push(`≤ ${schema.maximum}`);
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
export const keysOf = (schema: z.ZodType): readonly ConfigKey[] => leaves(z.toJSONSchema(schema, { io: 'input' }), '');
