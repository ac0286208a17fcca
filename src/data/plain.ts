/**
 * Plain data: what may stand in a checkpoint beside its arrays. null, booleans, numbers, strings, typed arrays of
 * numbers, lists, and records of these; never anything that runs.
 */

export type Plain = Readonly<Record<string, unknown>>;

/** Say where `value`, called `name`, holds something that is not plain data; undefined where it is plain throughout. */
export function findNotPlain(value: unknown, name: string): string | undefined {
  if (value === null || value === undefined || ['boolean', 'number', 'string'].includes(typeof value)) return undefined;
  if (ArrayBuffer.isView(value)) return value instanceof DataView ? `${name} is a DataView` : undefined;
  if (typeof value !== 'object') return `${name} is a ${typeof value}`;
  if (!Array.isArray(value) && !isRecord(value)) return `${name} is a ${value.constructor.name}`;
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') return `${name} has a key __proto__`;
    const found = findNotPlain(item, `${name}.${key}`);
    if (found) return found;
  }
  return undefined;
}

function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
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
  const found = findNotPlain(value, name);
  if (found) throw new Error(found);
  return value;
}
