/**
 * dreamtree as a library. The first part is for files that dreamtree reads (a world, an agent or a way to act of one's
 * own), the second for programs that train, load, act, dream and search.
 */

import './home.ts';

// ---------------------------------------------------------------- writing worlds, agents and policies

export type * from './types.ts';
export { createRng, restoreRng } from './random.ts';
/** The copies that dreamtree traces programs with and reads options with; another copy would not do. */
export * as tf from '@tensorflow/tfjs';
export { z } from 'zod';

export {
  compose, count, defineAgent, defineBehavior, defineModel, fraction, mergeLayers, natural, positive, section, weight,
} from './config/index.ts';
export type { AgentVariant, Behavior, BehaviorVariant, Component, HeadShape, ModelVariant, Options, OptionsOf } from './config/index.ts';

export { default as dreamer } from './agents/dreamer.ts';
export { default as gumbelMuzero } from './agents/gumbel-muzero.ts';
export { behaviorStage } from './agents/parts/behavior-stage.ts';
export { curious, doubting } from './agents/parts/doubting.ts';
export { jointly } from './agents/parts/jointly.ts';
export { modelAlone } from './agents/parts/model-alone.ts';
export { trioFromSearch } from './agents/parts/trio-from-search.ts';
export { default as rssm, createRssm } from './models/rssm.ts';
export { default as muzero, createMuzero } from './models/muzero.ts';
export { default as tdmpc2, createTdmpc2 } from './models/tdmpc2.ts';
export { ensemble, withEnsemble } from './models/parts/ensemble.ts';
export { default as actorCritic, createActorCritic } from './behavior/actor-critic.ts';
export { default as tdLearning, createTdLearning } from './behavior/td-learning.ts';
export { default as searchDistillation, createSearchDistillation } from './behavior/search-distillation.ts';

export { scaleGradient, stopGradient, stopGradients } from './engine/gradients.ts';
export { bernoulli, boundedNormal, categorical, certain, contractedTwoHot, symexpTwoHot } from './nn/distributions.ts';
export { createLaprop, laprop } from './nn/laprop.ts';
export { blockLinear, chain, dense, linear, mlp, normAct, parametersOf } from './nn/layers.ts';
export type { Layer } from './nn/layers.ts';
export { members } from './nn/members.ts';
export { lambdaReturns, nStepReturns } from './nn/returns.ts';
export { rollout } from './nn/rollout.ts';

export { definePolicy } from './acting/policy-variant.ts';
export type { ActingSetting, PolicyVariant, TreeSearch } from './acting/policy-variant.ts';
export { programPolicy } from './acting/program-policy.ts';
export { loadPolicy } from './acting/load-policy.ts';
export { searchPolicy } from './acting/search-policy.ts';
export { searchOptions } from './acting/search-options.ts';
export { gumbelMuzeroPolicy } from './planning/gumbel-muzero-policy.ts';
export { muzeroPolicy } from './planning/muzero-policy.ts';
export { sampledMuzeroPolicy } from './planning/sampled-muzero-policy.ts';

// ---------------------------------------------------------------- programs

/** Train: `configure` names, `openRun` a folder, `trainSession` in it, and close it. */
export { configure, openPolicy } from './train/configure.ts';
export { openRun } from './train/run.ts';
export type { Run } from './train/run.ts';
export { trainSession } from './train/session.ts';
export type { Moment } from './train/loop.ts';
/** Load a world, or an agent from a run or a checkpoint, and act with it. */
export { listWorlds } from './open/worlds.ts';
export { loadWorld } from './open/open.ts';
export { actBy, openAgent } from './open/open.ts';
export type { OpenedAgent } from './open/open.ts';
/** Play it, dream with it, see what its search sees. */
export { createDriver } from './world/driver.ts';
export { evaluateControl } from '../eval/control.ts';
export { createDreamer } from '../eval/dream.ts';
export { seeSearchTree } from '../eval/search-tree.ts';
/** Measure it: files of one's own are of these types, for `--measures ./my-measure.ts` and `study ./my-study.ts`. */
export { takeMeasures } from '../eval/measure.ts';
export type { Measure, MeasureSetting, NamedMeasure, Quantity } from '../eval/measure.ts';
export { dreamsOf, meansAlong, quantitiesAlong, ratiosAlong, refusesDreams, refusesPictures } from '../eval/imagination.ts';
export type { Study, StudyArms } from '../eval/study.ts';
export { intervalsByArm, scatterOfRuns } from '../eval/study-plots.ts';
/** Programs in TensorFlow.js operations, compiled. */
export { compile } from './engine/compile.ts';
export { resolveEngine } from './engine/resolve-engine.ts';
