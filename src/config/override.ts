/** One `key=value` of the command line as a layer of a configuration. What is written there may be anything. */
import { parseYaml } from '../data/read-yaml.ts';
import { UserError } from '../user-error.ts';
import { shown } from './keys.ts';
import { isLayer, type ConfigLayer } from './layer.ts';

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** Longer values than this are no mistake that a message could show, and no key takes them. */
const LONGEST = 10_000;

/** @throws UserError where a part of a key would reach what all objects share */
export function requireHarmless(key: string): void {
  if (key.split('.').some((part) => FORBIDDEN.has(part))) throw new UserError(`the key '${shown(key)}' is refused`);
}

/**
 * `model.deter=256` as `{ model: { deter: 256 } }`. Values are YAML of one document, without references and tags.
 * @param requireKey throws where nothing reads a key
 * @throws UserError, in one sentence, on what is no key=value, or no such YAML
 */
export function parseOverride(override: string, requireKey: (key: string) => void): ConfigLayer {
  const equals = override.indexOf('=');
  if (equals < 1) throw new UserError(`--set: expected key=value, got '${shown(override)}'`);
  const key = override.slice(0, equals).trim();
  requireHarmless(key);
  requireKey(key);
  const value = parseValue(key, override.slice(equals + 1));
  requireHarmlessKeys(value);
  return key.split('.').reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as ConfigLayer;
}

function parseValue(key: string, text: string): unknown {
  if (text.length > LONGEST) throw new UserError(`${key}: expected a value of at most ${LONGEST} letters, got ${text.length}`);
  try {
    return parseYaml(text, key);
  } catch (cause) {
    throw new UserError(`${key}: expected a plain value in YAML, got '${shown(text)}'`, { cause });
  }
}

function requireHarmlessKeys(value: unknown): void {
  if (Array.isArray(value)) value.forEach(requireHarmlessKeys);
  if (!isLayer(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    requireHarmless(name);
    requireHarmlessKeys(inner);
  }
}
