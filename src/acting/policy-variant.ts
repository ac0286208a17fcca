/** What a way of acting is told, and what it is: one file in `policies`, or a user's own, is one `PolicyVariant`. */
import type { Component, Options, OptionsOf } from '../config/index.ts';
import type { PlanMethod } from '../planning/plans/decide.ts';
import type { PolicyOutput, SearchInput } from '../planning/types.ts';
import type { ActionSpace, Agent, EngineChoice, ParamArrays, RunningPolicy } from '../types.ts';

/** Who acts, where, and how much of it at once. */
export interface ActingSetting {
  readonly agent: Agent;
  readonly params: ParamArrays;
  readonly actions: ActionSpace;
  /** Worlds acted in at once. */
  readonly lanes: number;
  /** [H, W, C] */
  readonly imageShape: readonly number[];
  /** Length of an encoded action. */
  readonly actionSize: number;
  /** Act as in learning, with all the randomness that finds new things; or as well as it can. */
  readonly explore: boolean;
  /** The parameters will never change: they are baked into the programs, and `update` throws. */
  readonly frozen?: boolean;
  /** Threads that may share a search, where parameters are frozen; 1 where it is absent. */
  readonly threads?: number;
  /** What `auto` chooses where it is absent. */
  readonly engine?: EngineChoice;
}

export interface PolicyVariant<O extends Options = Options> extends Component<O> {
  /** One sentence for `dreamtree list`. */
  readonly description: string;
  /** Why it cannot act in a world with these actions, or for such an agent; undefined where it can. */
  refuses(actions: ActionSpace, agent?: Agent): string | undefined;
  create(setting: ActingSetting, options: OptionsOf<O>): Promise<RunningPolicy>;
  /** Where it searches a tree: how. */
  readonly search?: TreeSearch<O>;
  /** Where it plans sequences of actions: how. */
  readonly plans?: PlanSearch<O>;
}

/** Planning by sequences as an algorithm: it knows what plans are worth, and nothing of programs. */
export interface PlanSearch<O extends Options = Options> {
  /** The policy's, for errors. */
  readonly name: string;
  /** The actions that it plans. */
  readonly kinds: readonly ActionSpace['kind'][];
  /** It climbs: it asks how returns change with the actions. */
  readonly slopes?: boolean;
  /** Plans of its first round, of which the agent's own policy may make a share. */
  candidates(options: OptionsOf<O>): number;
  method(options: OptionsOf<O>, actions: { readonly kind: ActionSpace['kind']; readonly size: number }): PlanMethod;
}

/** A tree search as an algorithm: it knows roots and a model's step, and nothing of programs. */
export interface TreeSearch<O extends Options = Options> {
  /** The file that the policy is, for threads that share a search. */
  readonly file: string;
  /** The actions that it searches: all of a few, or some that are sampled at every node. */
  readonly actions: ActionSpace['kind'];
  /** Search with all the randomness of learning (`explore`), or for the best that there is. */
  decide(input: SearchInput, options: OptionsOf<O>, explore: boolean): Promise<PolicyOutput>;
}

export const definePolicy = <O extends Options>(variant: PolicyVariant<O>): PolicyVariant<O> => variant;
