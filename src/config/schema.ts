/**
 * Everything that can be set, in one schema: each key with its range, its default and one sentence.
 * A key without a default is a size that every preset must state (presets.ts).
 * Unless another source is named, defaults are those of DreamerV3 (Hafner et al., 2023; `dreamerv3/configs.yaml`).
 */
import { z } from 'zod';

const count = z.int().min(1);
const natural = z.int().min(0);
const positive = z.number().positive();
const weight = z.number().min(0);
const fraction = z.number().min(0).max(1);

/** What an agent's name on the command line stands for: a model and a behaviour. */
export const agents = {
  dreamer: 'an RSSM world model, and an actor and a critic that learn in its imagination (DreamerV3)',
  'dreamer-mcts': 'the same, acting by tree search over the latents of the RSSM',
  muzero: 'a representation, dynamics and prediction trio that learns from PUCT tree search (MuZero)',
  'gumbel-muzero': 'the trio with Gumbel search: improves with few simulations (Gumbel MuZero)',
  'sampled-muzero': 'the trio with search over sampled actions, for continuous ones (Sampled MuZero)',
  efficientzero: 'Gumbel MuZero with a consistency loss and a value prefix (EfficientZero)',
  'muzero-ac': "an actor and a critic that learn in the trio's imagination",
} as const;

const env = z
  .strictObject({
    size: count.describe('Side of the square frame, in pixels.'),
    lanes: count.default(8).describe('Worlds that are stepped side by side.'),
    actionRepeat: count
      .default(1)
      .describe('How often each action is applied; it still counts as one step, with the sum of its rewards.'),
    stickyActions: fraction.default(0).describe('Probability that the last action is applied once more instead.'),
    timeLimit: natural.default(0).describe("Steps of the world in an episode; 0 means the world's own limit."),
    frameStack: count.max(16).default(1).describe('Pictures that are seen at once: the newest and those before it.'),
    greyscale: z.boolean().default(false).describe('Grey pictures, still of three channels.'),
    distract: z
      .enum(['none', 'noise', 'shapes', 'film', 'colors'])
      .default('none')
      .describe('Television static, drifting shapes or a film behind the scene, or other colours in every episode.'),
    camera: z.enum(['fixed', 'jitter']).default('fixed').describe('Whether the scene shakes a little at every step.'),
    distractStrength: fraction.default(0.5).describe('How strong distract and camera are; 1 hides the background.'),
  })
  .readonly();

const modelScales = z
  .strictObject({
    image: weight.default(1).describe('Weight of the squared error of the decoded picture.'),
    reward: weight.default(1).describe('Weight of the reward loss.'),
    continue: weight.default(1).describe('Weight of the loss of the continue head.'),
    dynamics: weight.default(1).describe('Weight of the KL that moves the prior towards the posterior.'),
    representation: weight.default(0.1).describe('Weight of the KL that moves the posterior towards the prior.'),
    consistency: weight.default(0).describe('Weight of the loss that keeps imagined states near observed ones (trio).'),
  })
  .readonly();

const model = z
  .strictObject({
    decoder: z
      .enum(['recon', 'probe', 'none'])
      .default('recon')
      .describe('The decoder shapes the latent, or only looks at it (no gradient reaches the latent), or is left out.'),
    deter: count.describe("Width of the deterministic, recurrent part of the latent; of the trio's whole latent."),
    hidden: count.describe('Width of the layers inside the dynamics.'),
    stoch: count.describe('Number of categorical variables in the latent.'),
    classes: z.int().min(2).describe('Classes of each categorical variable.'),
    units: count.describe('Width of the reward and continue heads.'),
    blocks: count.describe('Blocks of the block-diagonal recurrence; they divide deter.'),
    depth: count.describe('Base number of channels of encoder and decoder.'),
    minResolution: count.default(4).describe('Side of the feature map at which encoder and decoder meet the latent.'),
    stem: count.default(4).describe('Stride of the first patch convolution; later stages halve the side.'),
    dynLayers: count.default(1).describe('Block-linear layers before the gates of the recurrence.'),
    priorLayers: count.default(2).describe('Layers from the deterministic part to the prior.'),
    posteriorLayers: count.default(1).describe('Layers from the deterministic part and the tokens to the posterior.'),
    rewardLayers: count.default(1).describe('Hidden layers of the reward head.'),
    continueLayers: count.default(1).describe('Hidden layers of the continue head.'),
    bins: z.int().min(3).default(255).describe('Bins of the symexp two-hot heads; odd, so that one is zero.'),
    unimix: fraction.default(0.01).describe('Share of the uniform distribution mixed into every categorical latent.'),
    freeNats: weight.default(1).describe('KL below which the dynamics and representation losses rest, in nats.'),
    horizonDiscount: z
      .number()
      .gt(1)
      .default(333)
      .describe('Steps to which the discount looks ahead: discount = 1 − 1/horizonDiscount.'),
    frames: count.default(4).describe('Pictures that the trio makes its latent from: the newest and those before it.'),
    unroll: count.default(5).describe('Steps that the trio is unrolled for from every start.'),
    valuePrefix: z.boolean().default(false).describe('Predict sums of rewards since the root instead of each one (trio).'),
    support: positive.default(300).describe('Largest reward and value that the heads of the trio can say.'),
    scales: modelScales.prefault({}),
  })
  .readonly();

const behaviorScales = z
  .strictObject({
    policy: weight.default(1).describe('Weight of the policy loss.'),
    value: weight.default(1).describe('Weight of the critic loss in imagination.'),
  })
  .readonly();

const behavior = z
  .strictObject({
    units: count.describe('Width of actor and critic.'),
    actorLayers: count.default(3).describe('Hidden layers of the actor.'),
    criticLayers: count.default(3).describe('Hidden layers of the critic.'),
    imaginationHorizon: count.describe('Imagined steps from every start.'),
    imaginationStarts: natural.default(0).describe('Posterior states of a batch imagined from; 0 means all of them.'),
    lambda: fraction.default(0.95).describe('λ of the λ-returns.'),
    entropy: weight.default(3e-4).describe('Weight of the entropy of the policy.'),
    slowRate: fraction.default(0.02).describe('Share of the critic mixed into its slow copy at every update.'),
    slowRegularizer: weight.default(1).describe('Weight of the loss that keeps the critic near its slow copy.'),
    replayCritic: weight.default(0.3).describe('Weight of the critic loss on replayed sequences.'),
    returnRate: fraction.default(0.01).describe('Rate of the moving percentiles that returns are scaled by.'),
    returnLow: fraction.default(0.05).describe('Lower percentile of returns, as a fraction.'),
    returnHigh: fraction.default(0.95).describe('Upper percentile of returns, as a fraction.'),
    returnLimit: positive.default(1).describe('Smallest scale that returns are divided by.'),
    minStd: positive.default(0.1).describe('Smallest standard deviation of a continuous action.'),
    maxStd: positive.default(1).describe('Largest standard deviation of a continuous action.'),
    greedy: z
      .boolean()
      .default(true)
      .describe('Take the most probable action at evaluation; otherwise draw from the policy, as while learning.'),
    scales: behaviorScales.prefault({}),
  })
  .readonly();

const search = z
  .strictObject({
    policy: z
      .enum(['actor', 'auto', 'puct', 'gumbel', 'sampled'])
      .default('actor')
      .describe('How the agent acts while it learns; auto: gumbel for discrete actions, sampled for continuous ones.'),
    simulations: count.default(16).describe('Simulations of a search.'),
    depth: natural.default(0).describe('Steps from the root to the deepest node; 0 means no limit.'),
    considered: count.default(16).describe('Actions that Sequential Halving begins with, at most.'),
    samples: count.default(16).describe('Actions that are sampled at every node of a search over continuous ones.'),
    prior: z.enum(['sample', 'mode']).default('sample').describe('What an edge of the tree takes of a stochastic model.'),
    gumbelScale: weight.default(1).describe('Randomness of Gumbel search while learning; it has none at evaluation.'),
    dirichletFraction: fraction.default(0.25).describe("Noise in the root's prior of PUCT while learning."),
    dirichletAlpha: positive.default(0.3).describe('Below 1 that noise favours few actions.'),
    temperature: weight.default(1).describe('Actions are drawn ∝ visits^(1/temperature) while learning; 0: the most visited.'),
    distill: z.boolean().default(false).describe('Whether the actor of a Dreamer also learns what search found.'),
    reanalyse: fraction.default(1).describe('Share of the replayed sequences that are searched anew before every update.'),
    valueTarget: z
      .enum(['returns', 'search'])
      .default('returns')
      .describe('What values learn: returns of returnSteps steps that end in a searched value, or the searched value itself.'),
    returnSteps: count.default(5).describe('Steps of those returns.'),
  })
  .readonly();

const optimizer = z
  .strictObject({
    learningRate: positive.default(4e-5).describe('Step size of LaProp.'),
    warmup: natural.default(1000).describe('Updates over which the learning rate rises from zero.'),
    agc: weight.default(0.3).describe('Adaptive gradient clipping: largest gradient norm over parameter norm.'),
    agcMin: positive.default(1e-3).describe('Parameter norm below which the clipping stops shrinking.'),
    beta1: fraction.default(0.9).describe('Decay of the momentum.'),
    beta2: fraction.default(0.999).describe('Decay of the squared gradients.'),
    epsilon: positive.default(1e-20).describe('Added to the root of the squared gradients.'),
  })
  .readonly();

const train = z
  .strictObject({
    steps: count.describe('Environment steps in all, over all lanes.'),
    minutes: weight.default(0).describe('Minutes after which training stops; 0 means no limit.'),
    batchSize: count.describe('Sequences in a batch.'),
    batchLength: z.int().min(2).describe('Steps in a replayed sequence.'),
    trainRatio: positive.describe('Replayed steps learned from per environment step.'),
    prefill: natural.default(1024).describe('Environment steps taken at random before learning begins.'),
    explore: fraction
      .default(0)
      .describe('Chance at each step that a random action begins which is kept up for a while, for rewards that are far off.'),
    blockUpdates: count.default(16).describe('Updates in a block: what acts meanwhile uses the block before.'),
    logEvery: count.default(500).describe('Environment steps between two lines of metrics.'),
    evalEpisodes: count.default(100).describe('Episodes of an evaluation.'),
    checkpointEvery: count.default(5000).describe('Environment steps between two checkpoints.'),
    threads: count.default(2).describe('Threads of the numeric engine.'),
  })
  .readonly();

const replay = z
  .strictObject({
    bytes: count.default(1e9).describe('Capacity of the replay in bytes; the oldest segments go first.'),
    priority: fraction.default(0).describe('Exponent of the priority by value error; 0 replays uniformly (trio).'),
    correction: fraction.default(1).describe('How much of that preference the weights of the losses take back.'),
  })
  .readonly();

const engine = z
  .strictObject({
    name: z
      .enum(['auto', 'onnx', 'tensorflow', 'reference'])
      .default('auto')
      .describe('What runs compiled programs; auto: ONNX Runtime, and WebAssembly for small ones that only act or search.'),
    provider: z
      .enum(['cpu', 'webgpu', 'cuda', 'tensorrt', 'dml', 'coreml'])
      .default('cpu')
      .describe('Execution provider of ONNX Runtime.'),
  })
  .readonly();

export const configSchema = z
  .strictObject({
    agent: z
      .enum(Object.keys(agents) as (keyof typeof agents)[])
      .default('dreamer')
      .describe('The agent that learns.'),
    preset: z.string().describe('The preset this configuration began from.'),
    world: z.string().describe('The world, by name or as the file that holds it.'),
    seed: z.int().default(0).describe('The seed of every random stream.'),
    env,
    model,
    behavior,
    search: search.prefault({}),
    optimizer: optimizer.prefault({}),
    train,
    replay: replay.prefault({}),
    engine: engine.prefault({}),
  })
  .readonly()
  .check(({ value, issues }) => {
    const refuse = (key: string, message: string): void => {
      issues.push({ code: 'custom', input: value, path: key.split('.'), message });
    };
    const { env, model, behavior, train } = value;
    const stages = Math.log2(env.size / (model.stem * model.minResolution));
    if (!Number.isInteger(stages) || stages < 0) {
      const smallest = model.stem * model.minResolution;
      refuse('env.size', `expected model.stem × model.minResolution × 2ⁿ = ${smallest}, ${2 * smallest}, …`);
    }
    if (model.deter % model.blocks > 0) refuse('model.blocks', `expected a divisor of model.deter = ${model.deter}`);
    if (model.bins % 2 === 0) refuse('model.bins', 'expected an odd number');
    if (behavior.returnLow >= behavior.returnHigh) {
      refuse('behavior.returnLow', `expected less than behavior.returnHigh = ${behavior.returnHigh}`);
    }
    if (isTrio(value.agent) && train.batchLength < model.frames + model.unroll) {
      refuse('train.batchLength', `expected at least model.frames + model.unroll = ${model.frames + model.unroll}`);
    }
    if (value.replay.priority > 0 && !(isTrio(value.agent) && learnsFromSearch(value))) {
      refuse('replay.priority', 'expected 0 for all agents but those of MuZero that learn from search');
    }
    if (learnsFromSearch(value) && value.search.policy === 'actor' && value.search.reanalyse === 0) {
      refuse('search.reanalyse', 'expected more than 0 where the agent learns from search but does not act by it');
    }
    if (behavior.minStd > behavior.maxStd) {
      refuse('behavior.minStd', `expected at most behavior.maxStd = ${behavior.maxStd}`);
    }
  });

/** Does this agent have MuZero's model, or an RSSM? */
export const isTrio = (agent: keyof typeof agents): boolean => !agent.startsWith('dreamer');

/** Does its policy learn what search found? */
export const learnsFromSearch = ({ agent, search }: Pick<Config, 'agent' | 'search'>): boolean =>
  isTrio(agent) ? agent !== 'muzero-ac' : search.distill;

/** A whole configuration, resolved and frozen. */
export type Config = z.output<typeof configSchema>;
/** What must be written down to make one: defaults may be left out. */
export type ConfigInput = z.input<typeof configSchema>;
