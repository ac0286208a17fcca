/** Dreams as worlds: whoever plays them finds the model's own rewards, ends and pictures, to the bit again. */
import * as tf from '@tensorflow/tfjs';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveEngine } from '../../src/engine/resolve-engine.ts';
import { float32 } from '../../src/nd-array.ts';
import { dreamWorld, type Dreaming } from '../../src/open/dream-world.ts';
import { actBy, inWorld, loadWorld, openAgent } from '../../src/open/open.ts';
import { createRng } from '../../src/random.ts';
import { configure } from '../../src/train/configure.ts';
import { openRun } from '../../src/train/run.ts';
import { trainSession } from '../../src/train/session.ts';
import { evaluateControl } from '../../eval/control.ts';
import type { Action, Distribution, Dynamics, Environment, Representation } from '../../src/types.ts';
import { configureWorld } from '../../src/world/configured.ts';
import { createDriver } from '../../src/world/driver.ts';
import { createFrames } from '../../src/world/frames.ts';
import { packMessage, readMessages, type Request } from '../../src/world/gym/protocol.ts';
import { serveWorld } from '../../src/world/gym/serve-world.ts';
import { plainLook } from '../../src/world/view.ts';

const CATCH = fileURLToPath(new URL('../../checkpoints/catch.dream', import.meta.url));
const TIC_TAC_TOE = fileURLToPath(new URL('../../checkpoints/tic-tac-toe.dream', import.meta.url));
const temporary = mkdtempSync(path.join(tmpdir(), 'dreamtree-dreams-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const SIZE = 4;
const HORIZON = 10;
const certain = (value: tf.Tensor): Distribution => ({ predict: () => value, sample: () => value, logProb: tf.zerosLike, entropy: () => tf.zerosLike(value) });

/** A model by hand: it sees a grey, and imagines a level that every action raises by a tenth, with a little noise. */
const representation: Representation = {
  parameters: {}, carryShapes: {}, contextShapes: {}, blindSteps: 0, featureSize: 1,
  encode: (_params, image) => tf.mean(image, [1, 2, 3]),
  observe: (_params, carry, { tokens }) => ({ carry, latent: { level: tokens } }),
  filter: () => ({}),
  features: ({ level }) => tf.expandDims(level, -1),
};
const dynamics: Dynamics = {
  parameters: {}, latentShapes: { level: [] },
  imagine: (_params, { level }, action, noise) => {
    const raised = tf.add(level, tf.mul(tf.squeeze(tf.slice(action, [0, 1], [-1, 1]), [1]), 0.1));
    return { level: noise ? tf.add(raised, tf.mul(noise.uniform(level.shape), 0.01)) : raised };
  },
  outcome: (_params, { level }) => ({ reward: certain(tf.mul(level, 10)), discount: certain(tf.mul(tf.sub(1, level), 1 - 1 / HORIZON)) }),
  decode: (_params, { level }) => tf.mul(tf.ones([level.shape[0], SIZE, SIZE, 3]), tf.reshape(level, [-1, 1, 1, 1])),
};

/** A world of one grey, whose level 0.2 the model sees in the first picture. */
const grey: Environment<number> = {
  name: 'grey', description: 'A grey.', actions: { kind: 'discrete', n: 2 }, maxSteps: 30,
  reset: () => 51, step: (state) => ({ state, reward: 0, terminated: false }),
  draw(ctx, level) {
    ctx.fillStyle = `rgb(${level}, ${level}, ${level})`;
    ctx.fillRect(0, 0, 1, 1);
  },
};

async function dreamOf(environment: Environment, seeing = dynamics): Promise<Environment> {
  const { config } = await configure({ world: 'any', preset: 'debug', overrides: [`model.horizonDiscount=${HORIZON}`] });
  const world = configureWorld(environment, { ...config.env, size: SIZE });
  const dreaming: Dreaming = {
    config, world, environment: world.environment, params: {}, engine: await resolveEngine('onnx'),
    shape: { actions: environment.actions, actionSize: 2, image: { size: SIZE, channels: 3 } },
    agent: { parameters: {}, representation, dynamics: seeing, stages: [], targetShapes: {} },
  };
  return dreamWorld('dream:grey', dreaming) as Environment;
}

const actions = (lanes: number, action: Action) => float32(Array.from({ length: lanes }, () => [0, 1].map((index) => Number(index === action))).flat(), [lanes, 2]);

describe('a dream by hand', () => {
  it('begins with the true picture, and goes on with rewards, pictures and an end of the model', async () => {
    const driver = createDriver({ environment: await dreamOf(grey), lanes: 1, size: SIZE, rng: createRng(0) });
    const [[first]] = await driver.start();
    expect([...first.image]).toEqual(Array(SIZE * SIZE * 3).fill(51));
    const rewards: number[] = [];
    let level = 51 / 255;
    for (;;) {
      const { steps: [[step]], finished: [finished] } = await driver.step(actions(1, 1));
      rewards.push(step.reward);
      // A tenth for the action and up to a hundredth of noise.
      const next = step.reward / 10;
      expect(next - level).toBeGreaterThanOrEqual(0.1 - 1e-6);
      expect(next - level).toBeLessThan(0.11);
      expect(step.image[0]).toBe(Math.round(255 * next));
      level = next;
      if (!finished) continue;
      // Going on has less than half a chance beyond a level of 0.5: after three steps, or four where noise was small.
      expect([step.isTerminal, finished.length, finished.return]).toEqual([true, rewards.length, rewards.reduce((sum, reward) => sum + reward)]);
      expect(level).toBeGreaterThan(0.5);
      expect(rewards.at(-2)).toBeLessThanOrEqual(5);
      return;
    }
  });

  it('is as long as the true world allows where the model sees no end', async () => {
    const driver = createDriver({ environment: await dreamOf({ ...grey, maxSteps: 6 }), lanes: 1, size: SIZE, rng: createRng(0) });
    await driver.start();
    for (let step = 1; step <= 6; step++) {
      const { steps: [[record]], finished } = await driver.step(actions(1, 0));
      expect([record.isLast, record.isTerminal, finished.length]).toEqual([step === 6, false, step === 6 ? 1 : 0]);
    }
  });

  it('gives every lane a dream of its own, whatever other lanes there are', async () => {
    const story = async (lanes: number) => {
      const driver = createDriver({ environment: await dreamOf(grey), lanes, size: SIZE, rng: createRng(3) });
      await driver.start();
      const rewards: number[][] = [];
      for (let step = 0; step < 12; step++) rewards.push((await driver.step(actions(lanes, step % 2))).steps.map(([{ reward }]) => reward));
      return rewards;
    };
    const [one, three] = [await story(1), await story(3)];
    expect(three.map(([first]) => first)).toEqual(one.map(([first]) => first));
    expect(three.some(([first, second]) => first !== second)).toBe(true);
  });

  it('can be put back to the bit', async () => {
    const environment = await dreamOf(grey);
    const open = () => createDriver({ environment, lanes: 2, size: SIZE, rng: createRng(5) });
    const driver = open();
    await driver.start();
    for (let step = 0; step < 3; step++) await driver.step(actions(2, 1));
    const other = open();
    other.restore(structuredClone(driver.snapshot()));
    for (let step = 0; step < 5; step++) {
      const [one, two] = [await driver.step(actions(2, 1)), await other.step(actions(2, 1))];
      expect(two.steps.flat().map(({ reward, isFirst }) => [reward, isFirst])).toEqual(one.steps.flat().map(({ reward, isFirst }) => [reward, isFirst]));
    }
  });

  it('is served to other programs like any world', async () => {
    const served = async function* (...requests: readonly Request[]) {
      yield* requests.map(packMessage);
    };
    const answers: Uint8Array[] = [];
    const move = { actions: [1], seed: null, cut: false };
    await serveWorld({ environment: await dreamOf(grey), size: SIZE, look: plainLook }, served(
      { type: 'open', protocol: 1, lanes: 2, size: SIZE, greyscale: false }, { type: 'reset', seeds: [1, 2] },
      { type: 'step', moves: [move, move] }, { type: 'step', moves: [null, { ...move, actions: [1, 1] }] },
    ), (answer) => answers.push(answer));
    const stepped: { readonly lanes: readonly ({ readonly reward: number } | null)[] }[] = [];
    for await (const answer of readMessages((async function* () { yield* answers.slice(2); })())) stepped.push(answer as typeof stepped[number]);
    // Rewards are ten times the level: 0.2 at first, and 0.1 to 0.11 more after every action.
    const [[one, two], [none, both]] = stepped.map(({ lanes }) => lanes.map((lane) => lane?.reward));
    for (const reward of [one, two]) expect(Math.abs((reward ?? 0) - 3.05)).toBeLessThan(0.051);
    expect(none).toBeUndefined();
    expect(Math.abs((both ?? 0) - (4.1 + 5.15))).toBeLessThan(0.26);
  });

  it('is drawn larger, pixel by pixel, for whoever looks at it in another size', async () => {
    const environment = await dreamOf({ ...grey, draw(ctx) {
      ctx.fillStyle = 'rgb(200, 100, 50)';
      ctx.fillRect(0.25, 0.5, 0.25, 0.25);
    } });
    const state = environment.reset(createRng(0)) as { readonly image: Uint8Array };
    expect([...state.image.slice(3 * 9, 3 * 10)]).toEqual([200, 100, 50]);
    expect(createFrames(SIZE).render(environment, state)).toEqual(state.image);
    const large = createFrames(4 * SIZE).render(environment, state);
    for (let y = 0; y < 4 * SIZE; y++) {
      for (let x = 0; x < 4 * SIZE; x++) {
        const [from, to] = [3 * (SIZE * (y >> 2) + (x >> 2)), 3 * (4 * SIZE * y + x)];
        expect(large.slice(to, to + 3)).toEqual(state.image.slice(from, from + 3));
      }
    }
  });

  it('says what it needs', async () => {
    const environment = await dreamOf(grey);
    expect(() => environment.step(environment.reset(createRng(0)), 1, createRng(0))).toThrow(/expected this action to be announced/);
    const { config } = await configure({ world: 'any', preset: 'debug', overrides: ['env.stickyActions=0.25'] });
    expect(() => configureWorld(environment, config.env)).toThrow('env.stickyActions = 0.25: expected 0, since dream:grey is computed one chosen action ahead');
    await expect(loadWorld(`dream:${TIC_TAC_TOE}`)).rejects.toThrow(/the rules of tic-tac-toe are known to the true game alone/);
    await expect(loadWorld('dream:nowhere')).rejects.toThrow(/nowhere/);
    const { decode: _, ...blind } = dynamics;
    await expect(dreamOf(grey, blind)).rejects.toThrow('dream:grey: this agent has no decoder, so its dreams cannot be seen');
    await expect(dreamOf(environment)).rejects.toThrow('dream:grey: a dream begins with the true first picture, and dream:grey is a dream itself');
  });
});

describe('the dream of an agent that comes along', () => {
  it('is played like the world that it was learned from', async () => {
    const own = await openAgent(CATCH);
    const opened = await inWorld(own, `dream:${CATCH}`);
    const episodes = 24;
    const policy = await actBy(opened, { lanes: episodes });
    const { returnMean, lengthMean } = await evaluateControl({ ...opened.world, policy, episodes, rng: createRng(1) });
    await policy.dispose();
    expect(lengthMean).toBeCloseTo(9, 0);
    expect(returnMean).toBeGreaterThan(0.7);
    await expect(inWorld(own, 'cartpole')).rejects.toThrow(/its actions or its rules are not those of catch/);
  });

  it('is the same to the bit whatever else was played in it before', async () => {
    const [fresh, used] = [await loadWorld(`dream:${CATCH}`), await loadWorld(`dream:${CATCH}`)];
    await used.ahead?.(Array.from({ length: 9 }, (_, lane) => ({ state: used.reset(createRng(lane)), action: 1, rng: createRng(lane) })));
    const [one, two] = [fresh, used].map((environment) => createDriver({ environment, lanes: 1, size: 32, rng: createRng(8) }));
    const right = float32([0, 0, 1], [1, 3]);
    expect(await two.start()).toEqual(await one.start());
    for (let step = 0; step < 12; step++) expect(await two.step(right)).toEqual(await one.step(right));
    expect(two.snapshot()).toEqual(one.snapshot());
  });

  it('has in it already what was done to the true world', async () => {
    const own = await openAgent(CATCH, { overrides: ['env.actionRepeat=2', 'env.timeLimit=4', 'env.frameStack=1'] });
    const { environment, config: { env } } = await inWorld(own, `dream:${CATCH}`);
    expect([own.environment.maxSteps, environment.maxSteps, env.actionRepeat]).toEqual([2, 10, 1]);
  });

  it('can be trained in, and a run that was stopped there goes on to the bit', async () => {
    const { config, agent } = await configure({
      world: `dream:${CATCH}`, preset: 'debug', overrides: ['train.steps=100', 'train.threads=1', 'train.logEvery=20', 'env.frameStack=2'],
    });
    const train = async (directory: string, until = Infinity) => {
      const environment = await loadWorld(`dream:${CATCH}`); // as another process would
      const run = await openRun({ directory: path.join(temporary, directory), config, agent, environment, command: 'test' });
      let step = 0;
      await trainSession(run, { watch: (moment) => void ({ step } = moment.state), stopped: () => step >= until });
      await run.close();
      return readFileSync(path.join(temporary, directory, 'metrics.jsonl'), 'utf8');
    };
    const whole = await train('whole');
    await train('parts', 50);
    expect(await train('parts')).toBe(whole);
    expect(whole).toContain('episode/return');
  }, 60_000);
});
