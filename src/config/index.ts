/** Configuration: one schema, presets, overrides. */
export { agents, configSchema, isTrio, learnsFromSearch } from './schema.ts';
export type { Config } from './schema.ts';
export { agentLayers, presets, worldPresets } from './presets.ts';
export type { ConfigLayer } from './presets.ts';
export { configKeys } from './keys.ts';
export type { ConfigKey } from './keys.ts';
export { resolveConfig } from './resolve.ts';
export type { ConfigRequest } from './resolve.ts';
