/** Layers of a configuration: plain trees that are laid over one another. */

/** Any part of a configuration. Plain data. */
export type ConfigLayer = { readonly [key: string]: unknown };

/** A set, a date or a map is no section, though it is an object. */
export function isLayer(value: unknown): value is ConfigLayer {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** `layer` over `below`; sections are merged, everything else is replaced. */
export function mergeLayers(below: ConfigLayer, layer: ConfigLayer): ConfigLayer {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(layer)) {
    const under = merged[key];
    merged[key] = isLayer(value) && isLayer(under) ? mergeLayers(under, value) : value;
  }
  return merged;
}
