/**
 * Plain data: what may stand in a checkpoint beside its arrays. null, booleans, numbers, strings, typed arrays of
 * numbers, lists, and records of these; never anything that runs.
 */

export type Plain = Readonly<Record<string, unknown>>;

/** Deeper than that nobody nests what somebody is to read, and a circle has no end. */
export const MAX_DEPTH = 50;

/** What a file may hold, and what a list that holds another one twice, and so on, must not become. */
const MOST_VALUES = 2_000_000;
let visited = 0;

/** Say where `value`, called `name`, holds something that is not plain data; undefined where it is plain throughout. */
export function findNotPlain(value: unknown, name: string, depth = 0): string | undefined {
  visited = depth === 0 ? 0 : visited + 1;
  if (visited > MOST_VALUES) return `${name} is one of more than ${MOST_VALUES} values`;
  switch (typeof value) {
    case 'number': case 'boolean': case 'undefined': return undefined;
    case 'string': return value.isWellFormed() ? undefined : `${name} is a text with half a surrogate pair`;
    case 'object': break;
    default: return `${name} is a ${typeof value}`;
  }
  if (value === null) return undefined;
  if (depth > MAX_DEPTH) return `${name} is nested more than ${MAX_DEPTH} deep, or holds itself`;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (typeof item === 'number') continue;
      if (item === undefined && !(i in value)) return `${name}.${i} is a hole in a list`;
      const found = findNotPlain(item, `${name}.${i}`, depth + 1);
      if (found) return found;
    }
    // A list may have been given more than its items.
    return Object.keys(value).length === value.length ? undefined : `${name} is a list with other keys than its items`;
  }
  if (ArrayBuffer.isView(value)) return viewProblem(value, name);
  if (!isRecord(value)) return `${name} is a ${value.constructor.name}`;
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return `${name} has a key __proto__`;
    if (!key.isWellFormed()) return `${name} has a key with half a surrogate pair`;
    const item: unknown = (value as Record<string, unknown>)[key];
    if (typeof item === 'number') continue;
    const found = findNotPlain(item, `${name}.${key}`, depth + 1);
    if (found) return found;
  }
  return undefined;
}

function viewProblem(view: ArrayBufferView, name: string): string | undefined {
  if (view instanceof DataView || view instanceof BigInt64Array || view instanceof BigUint64Array) return `${name} is a ${view.constructor.name}`;
  // Such as a Buffer, which would come back as what it is made of.
  const kind = Object.getPrototypeOf(Object.getPrototypeOf(view)) as object;
  return kind === TYPED_ARRAY ? undefined : `${name} is a ${view.constructor.name}`;
}

const TYPED_ARRAY: unknown = Object.getPrototypeOf(Uint8Array.prototype);

function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** −0 in plain data, where a format would make 0 of it. */
export class NegativeZero {}

/** The same plain data with every −0 as an object that can be packed. */
export function markZeros(value: unknown): unknown {
  if (typeof value === 'number') return Object.is(value, -0) ? new NegativeZero() : value;
  if (Array.isArray(value)) return value.map(markZeros);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, markZeros(item)]));
}

/** Records out of the Maps that a decoder gave. Throws where anything is not plain, naming it. */
export function fromMaps(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown, i) => fromMaps(item, `${name}.${i}`));
  if (value instanceof Map) {
    const record: Record<string, unknown> = {};
    for (const [key, item] of value as Map<unknown, unknown>) {
      if (typeof key !== 'string') throw new Error(`${name} has a key that is not a string`);
      if (key === '__proto__') throw new Error(`${name} has a key __proto__`);
      record[key] = fromMaps(item, `${name}.${key}`);
    }
    return record;
  }
  // Maps are the only records that the decoder was told to give, so any other object came in by a side door.
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    throw new Error(`${name} is an object of an unknown kind`);
  }
  const found = ArrayBuffer.isView(value) ? undefined : findNotPlain(value, name);
  if (found) throw new Error(found);
  return value;
}
