/** Worlds in a Python process, played through the same interfaces as our own. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadWorld } from '../../../src/open/open.ts';
import { createRng } from '../../../src/random.ts';
import type { NdArray, Policy, Step } from '../../../src/types.ts';
import { UserError } from '../../../src/user-error.ts';
import { configureWorld } from '../../../src/world/configured.ts';
import type { WorldSettings } from '../../../src/world/world-settings.ts';
import { ExternalWorldError, openDriver, playWorld } from '../../../src/world/external.ts';
import type { OpenDriver } from '../../../src/world/external.ts';
import { loadGymWorld } from '../../../src/world/gym/gym-world.ts';
import { counterWorld } from '../counter-world.ts';
import { STAND_IN, actions, hasGymnasium, hasPython, here } from './python.ts';

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'gym-'))));
afterAll(() => rm(folder, { recursive: true }));

const open: OpenDriver[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(open.splice(0).map((driver) => driver.close()));
});

const plain: WorldSettings = {
  size: 2, actionRepeat: 1, stickyActions: 0, timeLimit: 0,
  greyscale: false, distract: 'none', camera: 'fixed', distractStrength: 0,
};

async function drive(lanes: number, settings: Partial<WorldSettings> = {}, name = STAND_IN): Promise<OpenDriver> {
  const world = configureWorld(await loadWorld(name), { ...plain, ...settings });
  const driver = await openDriver({ ...world, lanes, rng: createRng(0) });
  open.push(driver);
  return driver;
}

type Doing = keyof typeof actions;

/** One-hot actions of the stand-in, one a lane. */
function act(...doings: readonly Doing[]): NdArray {
  const data = new Float32Array(9 * doings.length);
  doings.forEach((doing, lane) => (data[9 * lane + actions[doing]] = 1));
  return { data, shape: [doings.length, 9], dtype: 'float32' };
}

/** What a record says about time, in a word. */
const kind = ({ isFirst, isLast, isTerminal }: Step): string =>
  [isFirst && 'first', isLast && 'last', isTerminal && 'terminal'].filter(Boolean).join(' ');
/** Red, green and blue of the bottom right pixel: ten times the steps, the action, the seed's last byte. */
const corner = ({ image }: Step): number[] => [...image.subarray(9, 12)];
const blue = (step: Step): number => corner(step)[2];

async function writePython(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return `gym:${file}`;
}

/** A world that only has an action space. */
const withSpace = (definition: string): string => `
class World:
    ${definition}
    def reset(self, seed=None): self.total = 0; return None, {}
    def step(self, action): self.total = round(10 * action[0] + action[1]); return None, action[0], False, False, {}
    def render(self): return [[[self.total + 20, 0, 0]]]
make = World
`;

describe.skipIf(!hasPython)('the driver of a Python world', () => {
  it('begins with first records, steps, and begins anew where an episode ends', async () => {
    const driver = await drive(2);
    expect([driver.lanes, driver.size, driver.imageShape, driver.actionSize]).toEqual([2, 2, [2, 2, 3], 9]);
    expect(() => driver.observation()).toThrow('expected start() or restore()');
    const begun = await driver.start();
    expect(begun.map((lane) => lane.map(kind))).toEqual([['first'], ['first']]);
    expect(begun.map(([step]) => corner(step).slice(0, 2))).toEqual([[0, 0], [0, 0]]);
    expect(blue(begun[0][0])).not.toBe(blue(begun[1][0]));
    expect([...driver.observation().isFirst.data]).toEqual([1, 1]);
    await expect(driver.start()).rejects.toThrow('start() is for once');

    const one = await driver.step(act('gain', 'terminate'));
    expect(one.steps.map((lane) => lane.map(kind))).toEqual([[''], ['last terminal', 'first']]);
    expect(one.steps[0][0]).toMatchObject({ reward: 1, action: act('gain').data });
    expect(one.steps[1][0]).toMatchObject({ reward: 2.5, action: act('terminate').data });
    // A block of 2 × 3 pixels a quarter: at the top left four of six are black, so 11 · 2 / 6 = 3.67.
    expect([...one.steps[0][0].image.subarray(0, 2)]).toEqual([3, 4]);
    expect([...one.steps[0][0].image.subarray(9, 11)]).toEqual([10, 11]);
    expect(one.finished).toEqual([{ lane: 1, return: 2.5, length: 1 }]);
    const { image, previousAction, isFirst } = driver.observation();
    expect([...isFirst.data]).toEqual([0, 1]);
    expect([...previousAction.data]).toEqual([...act('gain').data, ...new Float32Array(9)]);
    expect([...image.data.subarray(12)]).toEqual([...one.steps[1][1].image]);

    const two = await driver.step(act('truncate', 'wait'));
    expect(two.steps.map((lane) => lane.map(kind))).toEqual([['last', 'first'], ['']]);
    expect(two.finished).toEqual([{ lane: 0, return: 1, length: 2 }]);
    expect(corner(two.steps[1][0]).slice(0, 2)).toEqual([10, 10]);
  });

  it('seeds an episode by its lane and number alone, and goes on with the numbers when it is restored', async () => {
    const driver = await drive(2);
    const [[first]] = await driver.start();
    const { steps: [[, second]] } = await driver.step(act('terminate', 'wait'));
    await driver.step(act('wait', 'wait'));
    const snapshot = await driver.snapshot();
    const { steps: [[, third]] } = await driver.step(act('truncate', 'wait'));

    const restored = await drive(2);
    const begun = await restored.restore(snapshot);
    expect(begun.map((lane) => lane.map(kind))).toEqual([['first'], ['first']]);
    expect(blue(begun[0][0])).toBe(blue(third)); // its second episode was broken off
    expect(new Set([first, second, third].map(blue)).size).toBe(3);
    expect([...restored.observation().isFirst.data]).toEqual([1, 1]);
    const { steps, finished } = await restored.step(act('gain', 'terminate'));
    expect(steps.map((lane) => lane.map(kind))).toEqual([[''], ['last terminal', 'first']]);
    expect(finished).toEqual([{ lane: 1, return: 2.5, length: 1 }]);
    await expect(restored.start()).rejects.toThrow('not after restore()');
    expect(() => restored.states()).toThrow('lives in Python');
    const other = await drive(1);
    await expect(other.restore(snapshot)).rejects.toThrow('expected a snapshot of 1 lanes, got 2');
  });

  it('is not disturbed by what the world prints or reads, nor by Ctrl-C', async () => {
    const driver = await drive(1);
    await driver.start();
    await driver.step(act('disturb'));
    const { steps: [[step]] } = await driver.step(act('gain'));
    expect([step.reward, corner(step)[0]]).toEqual([1, 20]);
  });

  it('repeats actions, and cuts episodes at the time limit in steps of the world', async () => {
    const driver = await drive(2, { actionRepeat: 2, timeLimit: 3 });
    await driver.start();
    const one = await driver.step(act('gain', 'gain'));
    expect(one.steps.map(([step]) => [step.reward, corner(step)[0], kind(step)])).toEqual([[2, 20, ''], [2, 20, '']]);
    const two = await driver.step(act('gain', 'terminate'));
    expect(two.steps.map(([step]) => [step.reward, corner(step)[0], kind(step)]))
      .toEqual([[1, 30, 'last'], [2.5, 30, 'last terminal']]);
    expect(two.finished).toEqual([{ lane: 0, return: 3, length: 2 }, { lane: 1, return: 4.5, length: 2 }]);
    // Ended by its first action, the second is not taken any more.
    const three = await driver.step(act('terminate', 'truncate'));
    expect(three.steps.map(([step]) => [step.reward, corner(step)[0]])).toEqual([[2.5, 10], [0, 10]]);
  });

  it('applies the last action again where actions stick, and records the chosen one', async () => {
    const driver = await drive(1, { stickyActions: 1 });
    await driver.start();
    await driver.step(act('gain'));
    const { steps: [[step]] } = await driver.step(act('terminate'));
    expect(step).toMatchObject({ reward: 1, isLast: false, action: act('terminate').data });
    expect(corner(step)[1]).toBe(11);
  });

  it('shows grey pictures and several moments', async () => {
    const driver = await drive(1, { size: 1, greyscale: true, frameStack: 2 });
    expect(driver.imageShape).toEqual([1, 1, 6]);
    const [[first]] = await driver.start();
    const [oldest, , , newest] = first.image;
    expect(newest).toBe(oldest); // the first moment stands in for the one before
    const { steps: [[step]] } = await driver.step(act('gain'));
    expect([...step.image.subarray(0, 3)]).toEqual([newest, newest, newest]);
    expect(step.image[3]).not.toBe(newest);
    expect([...step.image.subarray(4)]).toEqual([step.image[3], step.image[3]]);
    expect([...driver.observation().image.data]).toEqual([...step.image]);
  });

  it('stretches actions from [-1, 1] to the bounds of a Box', async () => {
    const name = await writePython('box.py', withSpace(`
    action_space = type("Box", (), {"low": [-2.0, 0.0], "high": [2.0, 8.0], "dtype": "float32"})()`));
    const world = await loadWorld(name);
    expect(world.actions).toEqual({ kind: 'continuous', low: [-2, 0], high: [2, 8] });
    const driver = await drive(1, { size: 1 }, name);
    await driver.start();
    const { steps: [[step]] } = await driver.step({ data: Float32Array.of(0.5, -3), shape: [1, 2], dtype: 'float32' });
    // (1, 0): half of the way from 0 to 2, and -3 clipped to the lower bound; the picture shows 20 + 10 · 1 + 0.
    expect([step.reward, step.image[0], [...step.action]]).toEqual([1, 30, [0.5, -1]]);
    const nan = { data: Float32Array.of(Number.NaN, 0), shape: [1, 2], dtype: 'float32' as const };
    await expect(driver.step(nan)).rejects.toThrow('action 2 of an episode: expected finite numbers, got [NaN,0]');
  });

  it('takes a reward that is an array of one', async () => {
    const name = await writePython('array-reward.py', `
class One:
    size = 1
    def item(self): return 1.5
class World:
    action_space = type("Discrete", (), {"n": 1})()
    def reset(self, seed=None): return None, {}
    def step(self, action): return None, One(), False, False, {}
    def render(self): return [[[0, 0, 0]]]
make = World
`);
    const driver = await drive(1, { size: 1 }, name);
    await driver.start();
    const { steps: [[step]] } = await driver.step({ data: Float32Array.of(1), shape: [1, 1], dtype: 'float32' });
    expect(step.reward).toBe(1.5);
  });
});

describe('a driver of our own world', () => {
  it('is put back where it was, and begins nothing', async () => {
    const options = { environment: counterWorld, lanes: 2, size: 2, rng: createRng(3) };
    const driver = await openDriver(options);
    await driver.start();
    const snapshot = await driver.snapshot();
    const actions: NdArray = { data: Float32Array.of(1, 0, 0, 1), shape: [2, 2], dtype: 'float32' };
    const expected = await driver.step(actions);
    const restored = await openDriver({ ...options, rng: createRng(4) });
    expect(await restored.restore(snapshot)).toEqual([[], []]);
    expect(await restored.step(actions)).toEqual(expected);
  });
});

describe.skipIf(!hasPython)('what goes wrong', () => {
  async function failure(doing: Doing): Promise<unknown> {
    const driver = await drive(1);
    await driver.start();
    const error = await driver.step(act(doing)).catch((caught: unknown) => caught);
    expect((await driver.snapshot()).lanes).toHaveLength(1); // a run can still be saved
    return error;
  }

  it('a crash is reported with its traceback', async () => {
    const error = await failure('crash');
    expect(error).toBeInstanceOf(ExternalWorldError);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(/stand_in\.py, lane 1, episode 1, action 1 failed in Python: ValueError: the stand-in crashed\nTraceback \(/);
    expect(String(error)).toMatch(/stand_in\.py", line \d+, in step/);
  });

  it('a death is reported with the last words', async () => {
    expect(String(await failure('die'))).toMatch(
      /stand_in\.py, lane 1, episode 1, action 1: its Python process ended with code 3 when it was asked to step\nlast words$/,
    );
  });

  it('rewards and pictures must make sense', async () => {
    expect(String(await failure('infinite'))).toMatch(/: expected a finite reward from step\(\), got inf$/);
    expect(String(await failure('blind'))).toMatch(/expected a picture of uint8 \[height, width, 3\] from .*, got None: make the world with render_mode=/);
  });

  it('a world that cannot be drawn is refused before a run is made', async () => {
    const lists = await writePython('lists.py', `
class World:
    action_space = type("Discrete", (), {"n": 2})()
    def reset(self, seed=None): pass
    def step(self, action): pass
    def render(self): return [5]
make = World
`);
    await expect(loadWorld(lists)).rejects.toThrow(
      'lists.py, its first episode: expected a picture of uint8 [height, width, 3] from render(), got a list [1] of int',
    );
  });

  it.each([
    ['Dict', '"__str__": lambda self: "Dict(a)"', 'its actions are Dict(a); expected Discrete, or Box with finite'],
    ['Box', '"low": [0.0], "high": [float("inf")]', 'expected finite bounds, low below high'],
    ['Box', '"low": [0], "high": [1], "dtype": "bool"', 'expected a Box of floats or whole numbers, not of bool'],
  ])('actions that do not suit are refused: %s {%s}', async (kind, members, message) => {
    const file = await writePython(`${kind}.py`, withSpace(`action_space = type("${kind}", (), {${members}})()`));
    await expect(loadWorld(file)).rejects.toThrow(message);
  });

  it('what is missing is said in one line', async () => {
    await expect(loadGymWorld('gym:')).rejects.toThrow("expected a Gymnasium id or a .py file after 'gym:'");
    await expect(loadGymWorld('gym:./nowhere.py')).rejects.toThrow(/^gym:\.\/nowhere\.py: no such file: .*\.py$/);
    const empty = await writePython('empty.py', '');
    await expect(loadGymWorld(empty)).rejects.toThrow('expected a function make()');

    vi.stubEnv('PYTHON', '/nowhere/python');
    await expect(loadGymWorld(STAND_IN)).rejects.toThrow(
      /needs Python 3, but '\/nowhere\/python' cannot be started \(.*ENOENT\): install it, or name it in .* PYTHON$/,
    );
  });

  it('a module that its file needs is said in one line', async () => {
    const file = await writePython('needs.py', 'import nowhere_to_be_found');
    await expect(loadGymWorld(file)).rejects.toThrow(/needs\.py: it needs the module 'nowhere_to_be_found', which \S+ does not have$/);
  });

  it('what make() gives must be a world, and another one for every lane', async () => {
    const none = await writePython('none.py', 'def make(): pass');
    await expect(loadGymWorld(none)).rejects.toThrow(
      'expected a world with reset, step, render, action_space from make(), got NoneType without reset, step, render',
    );
    const shared = await writePython('shared.py', `${withSpace('action_space = type("Discrete", (), {"n": 1})()')}
world = World()
make = lambda: world`);
    await expect(drive(2, {}, shared)).rejects.toThrow(
      /shared\.py: expected a world of its own for every lane from make\(\), got the same one again \(1 for 2 lanes\)$/,
    );
    const wrapped = await writePython('wrapped.py', `${withSpace('action_space = type("Discrete", (), {"n": 1})()')}
world = World()
class Wrapper(World):
    unwrapped = world
make = Wrapper`);
    await expect(drive(3, {}, wrapped)).rejects.toThrow('(1 for 3 lanes)');
  });

  it('a world whose actions have changed since it was loaded is refused', async () => {
    const text = (n: number) => withSpace(`action_space = type("Discrete", (), {"n": ${n}})()`);
    const file = await writePython('changing.py', text(2));
    const world = configureWorld(await loadWorld(file), plain);
    await writePython('changing.py', text(3));
    await expect(openDriver({ ...world, lanes: 1, rng: createRng(0) })).rejects.toThrow(
      /changing\.py: its actions are 3 to choose from now, and were 2 to choose from before: has it been changed\?$/,
    );
    const different = await writePython('different.py', `${withSpace('')}
lanes = []
def make():
    world = World()
    lanes.append(world)
    world.action_space = type("Discrete", (), {"n": len(lanes)})()
    return world`);
    await expect(drive(2, {}, different)).rejects.toThrow('expected worlds with the same actions from make(), got');
  });

  it('a world that hangs is given up after env.timeout, and the run can be saved', async () => {
    const file = await writePython('hangs.py', `${withSpace('action_space = type("Discrete", (), {"n": 1})()')}
import time
World.step = lambda self, action: time.sleep(100000)`);
    const settings: WorldSettings & { timeout: number } = { ...plain, size: 1, timeout: 0.5 };
    const world = configureWorld(await loadWorld(file), settings);
    const driver = await openDriver({ ...world, lanes: 1, rng: createRng(0) });
    open.push(driver);
    await driver.start();
    const action: NdArray = { data: Float32Array.of(1), shape: [1, 1], dtype: 'float32' };
    await expect(driver.step(action)).rejects.toThrow(
      /hangs\.py, lane 1, episode 1, action 1: step\(\) did not return for 0\.5 s \(it was in \S+hangs\.py, line \d+\), so its/,
    );
    expect((await driver.snapshot()).lanes).toHaveLength(1);
  });

  it('worlds of gym before 0.26 are played, and rewards must be numbers', async () => {
    const file = await writePython('old.py', `
class World:
    action_space = type("Discrete", (), {"n": 2})()
    def seed(self, seed): self.was = seed % 256
    def reset(self): self.t = 0; return None
    def step(self, action): self.t += 1; return None, "1" if action else 1, self.t == 2, {"TimeLimit.truncated": True}
    def render(self, mode="rgb_array"): return [[[self.was, 0, 0]]]
make = World`);
    const driver = await drive(1, { size: 1 }, file);
    await driver.start();
    const action = (index: number): NdArray => ({ data: Float32Array.of(1 - index, index), shape: [1, 2], dtype: 'float32' });
    await driver.step(action(0));
    const { steps: [records] } = await driver.step(action(0));
    expect(records.map(kind)).toEqual(['last', 'first']);
    await expect(driver.step(action(1))).rejects.toThrow(
      "old.py, lane 1, episode 2, action 1: expected a number as reward from step(), got '1' (str)",
    );
  });

  it('a package that is missing is said in one line', async () => {
    await writePython('gymnasium.py', 'raise ModuleNotFoundError("No module named gymnasium", name="gymnasium")');
    vi.stubEnv('PYTHONPATH', folder);
    await expect(loadGymWorld('gym:CartPole-v1')).rejects.toThrow(
      /^gym:CartPole-v1: this needs Gymnasium, which is not installed: .* -m pip install gymnasium$/,
    );
  });

  it('neither a window nor sound is opened, unless the user wants them', async () => {
    const file = await writePython('surroundings.py', `
import os
def make(): raise RuntimeError([os.environ.get(key) for key in ("SDL_VIDEODRIVER", "SDL_AUDIODRIVER", "MUJOCO_GL")])
`);
    for (const key of ['SDL_VIDEODRIVER', 'SDL_AUDIODRIVER', 'MUJOCO_GL', 'DISPLAY', 'WAYLAND_DISPLAY']) {
      vi.stubEnv(key, undefined);
    }
    const renderer = process.platform === 'linux' ? "'egl'" : 'None';
    await expect(loadWorld(file)).rejects.toThrow(`RuntimeError: ['dummy', 'dummy', ${renderer}]`);
    vi.stubEnv('SDL_AUDIODRIVER', 'alsa');
    vi.stubEnv('MUJOCO_GL', 'osmesa');
    await expect(loadWorld(file)).rejects.toThrow("RuntimeError: ['dummy', 'alsa', 'osmesa']");
  });

  it('a message that is too long is not read', async () => {
    const file = path.join(folder, 'babbler');
    await writeFile(file, "#!/bin/sh\nprintf '\\377\\377\\377\\377'\ncat\n");
    await chmod(file, 0o755);
    vi.stubEnv('PYTHON', file);
    await expect(loadGymWorld(STAND_IN)).rejects.toThrow(
      'cannot read what its Python process sent: a message of 4294967295 bytes is longer than 67108864',
    );
  });

  it('settings that pictures from elsewhere do not allow are refused', async () => {
    const world = await loadWorld(STAND_IN);
    expect(() => configureWorld(world, { ...plain, distract: 'noise' })).toThrow('env.distract = noise: expected none');
    expect(() => configureWorld(world, { ...plain, camera: 'jitter' })).toThrow('env.camera = jitter: expected fixed');
    expect(() => world.reset(createRng(0))).toThrow(/stand_in\.py lives in Python: .* not forked or drawn here$/);
  });
});

describe.skipIf(!hasPython)('with gymnasium', () => {
  it('is made by its id, to be rendered, with its time limit', async () => {
    vi.stubEnv('PYTHONPATH', here('stand_in_gymnasium'));
    const world = await loadWorld('gym:StandIn-v0');
    expect(world).toMatchObject({ name: 'gym:StandIn-v0', actions: { kind: 'discrete', n: 9 }, maxSteps: 5 });
    const tooLong = { ...plain, timeLimit: 6 };
    expect(() => configureWorld(world, tooLong)).toThrow('env.timeLimit = 6: gym:StandIn-v0 itself ends');
    const { environment } = configureWorld(world, { ...plain, actionRepeat: 2 });
    expect(environment.maxSteps).toBe(3);
    expect((await loadWorld(STAND_IN)).maxSteps).toBe(10_000);
    await expect(loadWorld('gym:No-v0')).rejects.toThrow(/^gym:No-v0: Environment `No` doesn't exist\.$/);
  });

  it.each([
    ['ALE/Pong-v5', /Namespace ALE not found\. .* name its module as well, for example gym:ale_py:ALE\/Breakout-v5$/],
    ['Package-v0', /^gym:Package-v0: \S+ says: No module named 'package'$/],
    ['NoMode-v0', /expected a world that draws with render_mode='rgb_array', and this one takes no render_mode$/],
    ['HumanOnly-v0', /expected a world that draws .*, and this one has the render modes \['human'\]$/],
    ['Broken-v0', /^gym:Broken-v0 failed in Python: TypeError: broken\nTraceback/],
  ])('says what is wrong with %s', async (id, message) => {
    vi.stubEnv('PYTHONPATH', here('stand_in_gymnasium'));
    await expect(loadWorld(`gym:${id}`)).rejects.toThrow(message);
  });

  it.skipIf(!hasGymnasium)('its own CartPole is driven', async () => {
    const driver = await drive(2, { size: 16 }, 'gym:CartPole-v1');
    const begun = await driver.start();
    expect(begun.map(([{ image }]) => new Set(image).size > 2)).toEqual([true, true]); // cart and pole are seen
    const apart: NdArray = { data: Float32Array.of(1, 0, 0, 1), shape: [2, 2], dtype: 'float32' };
    let ended = 0;
    for (let step = 0; step < 12; step++) {
      const { steps, finished } = await driver.step(apart);
      expect(steps.map(([{ reward }]) => reward)).toEqual([1, 1]);
      ended += finished.length;
    }
    expect(ended).toBe(2); // always pushed to one side, the pole falls within 8 to 11 steps
  });
});

describe.skipIf(!hasPython)('episodes of a Python world', () => {
  /** Ends episodes that begin with an odd seed at once, and gains in the others. */
  const policy: Policy = {
    name: 'by the seed',
    initial: () => ({}),
    async act(carry, { image }) {
      const [lanes, , , channels] = image.shape;
      const doings = Array.from({ length: lanes }, (_, lane): Doing =>
        image.data[(lane + 1) * 4 * channels - 1] % 2 === 1 ? 'terminate' : 'gain');
      return { action: act(...doings), carry, stats: {} };
    },
  };

  it('each count once, whatever the number of lanes', async () => {
    const world = configureWorld(await loadWorld(STAND_IN), { ...plain, timeLimit: 3 });
    const play = (lanes: number) => playWorld({ ...world, policy, episodes: 7, lanes, rng: createRng(1) });
    const played = await play(3);
    expect(new Set(played.returns)).toEqual(new Set([2.5, 3])); // ended at once, or three gains
    expect(played.lengths).toEqual(played.returns.map((total) => (total === 3 ? 3 : 1)));
    expect(played.decisions).toBe(played.lengths.reduce((sum, length) => sum + length, 0));
    expect(await play(1)).toEqual(played);
    expect(played.cut).toBeUndefined(); // nobody asked about a limit that was set
    const none = { ...world, policy, episodes: 0, lanes: 1, rng: createRng(1) };
    await expect(playWorld(none)).rejects.toThrow('expected episodes ≥ 1, got 0');
  });

  it('end at a limit that is said, where the world states none', async () => {
    const name = await writePython('endless.py', withSpace('action_space = type("Discrete", (), {"n": 1})()')
      .replace('action[0], False', '1, False').replace('round(10 * action[0] + action[1])', '0'));
    const world = configureWorld(await loadWorld(name), { ...plain, size: 1, actionRepeat: 1000 });
    const wait: Policy = {
      name: 'wait',
      initial: () => ({}),
      act: async (carry) => ({ action: { data: Float32Array.of(1, 1), shape: [2, 1], dtype: 'float32' }, carry, stats: {} }),
    };
    const played = await playWorld({ ...world, policy: wait, episodes: 2, lanes: 2, rng: createRng(1) });
    expect(played.lengths).toEqual([10, 10]);
    expect(played.returns).toEqual([10_000, 10_000]);
    expect(played.cut).toEqual({ episodes: 2, steps: 10_000 });
  });
});
