/** Names of plain data, to find again what was painted for the same. */

/**
 * A function that names plain data: the same for the same contents. An object is written down once, since that takes as
 * long as to draw a disc: states and palettes are never changed, and come again picture after picture.
 */
export function createNames(): (value: unknown) => string {
  const names = new WeakMap<object, string>();
  return (value) => {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    let name = names.get(value);
    if (name === undefined) names.set(value, (name = JSON.stringify(value)));
    return name;
  };
}
