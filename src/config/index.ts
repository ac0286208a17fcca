/** Configuration: options beside the components that read them, presets, overrides. */
export { compose } from './component.ts';
export type { Broken, Component, Options, OptionsOf, PresetsOf } from './component.ts';
export { coreOptions } from './core.ts';
export type { Config, CoreConfig } from './core.ts';
export { keysOf } from './keys.ts';
export type { ConfigKey } from './keys.ts';
export * from './kinds.ts';
export { isLayer as isConfigLayer, mergeLayers } from './layer.ts';
export type { ConfigLayer } from './layer.ts';
export { presets, worldPresets } from './presets.ts';
export type { PresetName } from './presets.ts';
export { defineAgent, defineBehavior, defineModel, ownPolicy } from './variants.ts';
export type { AgentVariant, Behavior, BehaviorVariant, HeadShape, ModelVariant } from './variants.ts';
export { optionsOf, resolveConfig, schemaOf } from './resolve.ts';
export type { ConfigRequest, NamedComponent } from './resolve.ts';
