/**
 * What a file in `models`, `behavior` and `agents` exports by default. A user's own agent is a file whose default export
 * is an `AgentVariant`; `define…` only lets TypeScript see which options belong to it.
 */
import type {
  ActionSpace, Agent, Group, Largest, LatentModel, Model, ModelLoss, ParamArrays, Prediction, StageInput, StageLoss, WorldShape,
} from '../types.ts';
import type { Component, Options, OptionsOf } from './component.ts';
import type { ConfigLayer } from './layer.ts';

/** A world model: h and g, and what they learn from. */
export interface ModelVariant<O extends Options = Options> extends Component<O> {
  /** One sentence. */
  readonly description: string;
  build(options: OptionsOf<O>, world: WorldShape): LatentModel;
}

/** What heads are told of the latents and rewards that they stand on. */
export interface HeadShape extends WorldShape {
  readonly featureSize: number;
  /** Bins of the heads for values. */
  readonly bins: number;
  /** Largest value that can be said; where bins are not spaced by symexp. */
  readonly support?: number;
  /** Steps to which the discount looks ahead. */
  readonly horizonDiscount: number;
}

export interface BehaviorInput extends Omit<StageInput, 'earlier'> {
  readonly model: Model;
  /** What the model's own loss came to on this batch. */
  readonly world: Pick<ModelLoss, 'latents' | 'unrolled'>;
}

/** Learning to act on a model's latents: f, and what it learns from. */
export interface Behavior {
  readonly prediction: Prediction;
  /** Largest value that it can say. */
  readonly largest?: Largest;
  /** Parameters of which slowly following copies are kept, by what their names begin with; '' means all of them. */
  readonly slow: { readonly prefixes: readonly string[]; readonly rate: number };
  /** What it learns from search: leaves of `batch.targets` without batch and time; none where it does not. */
  readonly targetShapes: Group<readonly number[]>;
  /** Running statistics, as they are at first. */
  readonly statistics: ParamArrays;
  /** Part of the same backward pass as the model's own loss. */
  loss(input: BehaviorInput): Omit<StageLoss, 'context'>;
  /** What learns apart from all that, with an optimiser of its own; the latents come from the same batch, and no gradient reaches them. */
  readonly apart?: {
    readonly name: string;
    /** What the names of its parameters begin with: `loss` above never steps them. */
    readonly trains: readonly string[];
    readonly statistics: ParamArrays;
    loss(input: BehaviorInput): Omit<StageLoss, 'context'>;
  };
}

export interface BehaviorVariant<O extends Options = Options> extends Component<O> {
  /** One sentence. */
  readonly description: string;
  /** Why it cannot learn such actions; undefined where it can, and absent where it learns all. */
  refuses?(actions: ActionSpace): string | undefined;
  build(options: OptionsOf<O>, shape: HeadShape): Behavior;
}

export interface AgentVariant<O extends Options = Options> extends Component<O> {
  /** One sentence for `dreamtree list`. */
  readonly description: string;
  /** Laid over preset and world. */
  readonly layer?: ConfigLayer;
  /** The way it acts while it learns: a file in `policies`. */
  readonly acts: string | Readonly<Record<ActionSpace['kind'], string>>;
  /** Why it cannot learn such a world; undefined where it can. */
  refuses(world: WorldShape): string | undefined;
  build(options: OptionsOf<O>, world: WorldShape): Agent;
}

export const defineModel = <O extends Options>(variant: ModelVariant<O>): ModelVariant<O> => variant;
export const defineBehavior = <O extends Options>(variant: BehaviorVariant<O>): BehaviorVariant<O> => variant;
export const defineAgent = <O extends Options>(variant: AgentVariant<O>): AgentVariant<O> => variant;

/** The policy by which an agent acts where the user names none. */
export const ownPolicy = ({ acts }: Pick<AgentVariant, 'acts'>, { kind }: ActionSpace): string =>
  (typeof acts === 'string' ? acts : acts[kind]);
