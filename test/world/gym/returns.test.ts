/** What Python worlds return: taken for what it plainly means, or refused in a sentence that names what came. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { PYTHON, hasPython, here } from './python.ts';

const hasNumpy = hasPython && spawnSync(PYTHON, ['-c', 'import numpy']).status === 0;

/** The outcome of every expression (evaluate.py) beside it, so that one look at a failure shows all. */
function evaluate(expressions: readonly string[]): [string, unknown][] {
  const { stdout, stderr } = spawnSync(PYTHON, ['-B', here('evaluate.py')], { input: JSON.stringify(expressions), encoding: 'utf8' });
  if (stderr) throw new Error(stderr);
  const outcomes = JSON.parse(stdout) as unknown[];
  return expressions.map((expression, i) => [expression, outcomes[i]]);
}

/** Check all at once: starting Python is what takes time. */
function expectAll(expected: readonly (readonly [expression: string, outcome: unknown])[]): void {
  expect(evaluate(expected.map(([expression]) => expression))).toEqual(expected.map(([expression, outcome]) => [
    expression, outcome instanceof RegExp ? expect.stringMatching(outcome) : outcome,
  ]));
}

const refused = (...parts: string[]): string => `refused: ${parts.join('')}`;
const number = 'expected a number as reward from step(), got ';
const range = 'expected values from 0 to 255 in what render() gives, got ';
const picture = 'expected a picture of uint8 [height, width, 3] from render(), got ';

describe.skipIf(!hasPython)('without numpy', () => {
  it('rewards are numbers that 32 bits hold', () => {
    expectAll([
      ['values.reward_of(True)', 1],
      ['values.reward_of(-3)', -3],
      ["values.reward_of(__import__('fractions').Fraction(1, 4))", 0.25],
      ['values.reward_of(3.4e38)', 3.4e38],
      ['values.reward_of(None)', refused(number, 'None')],
      ["values.reward_of('1.5')", refused(number, "'1.5' (str)")],
      ['values.reward_of(1j)', refused(number, '1j (complex)')],
      ['values.reward_of([1.0])', refused(number, '[1.0] (list)')],
      ["values.reward_of(float('nan'))", refused('expected a finite reward from step(), got nan')],
      ['values.reward_of(-1e999)', refused('expected a finite reward from step(), got -inf')],
      ['values.reward_of(10**400)', /^refused: expected a finite reward from step\(\), got /],
      ['values.reward_of(1e39)', refused('expected a reward within ±3.4e38, the largest that 32 bits hold, got 1e+39 from step()')],
    ]);
  });

  it('the ends of episodes are True or False', () => {
    expectAll([
      ["values.flag_of(1, 'done')", true],
      ["values.flag_of(0.0, 'done')", false],
      ["values.flag_of(None, 'done')", refused('expected done from step() to be True or False, got None')],
      ["values.flag_of('False', 'done')", refused("expected done from step() to be True or False, got 'False' (str)")],
      ["values.flag_of(2, 'done')", refused('expected done from step() to be True or False, got 2 (int)')],
    ]);
  });

  it('steps give five values, or four as they did before', () => {
    const expected = 'expected (observation, reward, terminated, truncated, info) from step(), got ';
    expectAll([
      ['values.outcome_of((None, 2, False, True, {}))', [2, false, true]],
      ['values.outcome_of([None, 2, True, {}])', [2, true, false]],
      ["values.outcome_of((None, 2, True, {'TimeLimit.truncated': True}))", [2, false, true]],
      ["values.outcome_of((None, 2, False, {'TimeLimit.truncated': True}))", [2, false, false]],
      ['values.outcome_of((None, 2, False))', refused(expected, '3 values')],
      ['values.outcome_of(None)', refused(expected, 'None')],
      ["values.outcome_of('tuple')", refused(expected, "'tuple' (str)")],
    ]);
  });

  it('episodes begin with reset as worlds have it', () => {
    const made = (members: string) => `(lambda world: (worlds.begin(world, 7), world.was)[1])(type('W', (), {${members}})())`;
    expectAll([
      [made("'reset': lambda self, seed=None, options=None: setattr(self, 'was', seed)"), 7],
      [made("'reset': lambda self, **rest: setattr(self, 'was', rest)"), { seed: 7 }],
      [made("'seed': lambda self, seed: setattr(self, 'was', seed), 'reset': lambda self: None"), 7],
      [`[${made("'reset': lambda self: setattr(self, 'was', __import__('random').random())")} for _ in range(2)]`,
        [0.32383276483316237, 0.32383276483316237]],
    ]);
  });

  it('time limits are whole, or those of an emulator', () => {
    const limit = (members: string) => `worlds.time_limit(Space('World', spec=Space('Spec', ${members})))`;
    expectAll([
      ["worlds.time_limit(Space('World'))", null],
      [limit('max_episode_steps=None'), null],
      [limit('max_episode_steps=-1'), null],
      [limit('max_episode_steps=200'), 200],
      [limit('max_episode_steps=0'), /^refused: expected spec.max_episode_steps to be a whole number of at least 1, got 0/],
      [limit('max_episode_steps=1e999'), /^refused: .* got inf/],
      [limit("max_episode_steps=None, kwargs={'max_num_frames_per_episode': 108000, 'frameskip': 4}"), 27_000],
      [limit("max_episode_steps=None, kwargs={'max_num_frames_per_episode': 108000}"), 108_000],
    ]);
  });

  it('lists of numbers are pictures where a meaning is plain', () => {
    expectAll([
      ['pixels([[[1, 2, 3]]])', [1, 2, 3]],
      ['pixels([[[1, 2, 3, 9]]])', [1, 2, 3]],
      ['pixels([[[7]]])', [7, 7, 7]],
      ['pixels([[7, 8]], size=2)', [7, 7, 7, 8, 8, 8, 7, 7, 7, 8, 8, 8]],
      ['pixels([[[True, False, True]]])', [255, 0, 255]],
      ['pixels([[[0.0, 0.5, 1.0]]])', [0, 128, 255]],
      ['pixels([[[0.0, 127.4, 255.0]]])', [0, 127, 255]],
      // Once above 1, so dark ones are not brightened; and the other way round.
      ['pixels([[[0.0, 0.0, 200.0]]], [[[1.0, 0.0, 0.0]]])', [1, 0, 0]],
      ['pixels([[[0.0, 0.0, 0.0]]], [[[200.0, 1.0, 0.0]]])', [200, 1, 0]],
      ['pixels([[[0.5, 0.0, 0.0]]], [[[200.0, 1.0, 0.0]]])',
        refused('expected floats from 0 to 1 in what render() gives, as until now, got a list [1, 1, 3] of float up to 200.0')],
      ['pixels([[[0.0, 0.0, 1.4]]])', /^refused: expected floats from 0 to 1, or to 255, .* up to 1\.4$/],
      ['pixels([[[300, 0, -1]]])', refused(range, 'a list [1, 1, 3] of int from -1 to 300')],
      ['pixels([[[256, 0, 0]]])', refused(range, 'a list [1, 1, 3] of int from 0 to 256')],
      ["pixels([[[0.0, float('nan'), 0.0]]])", /^refused: expected finite numbers .* with nan$/],
      ['pixels([[[0, 0, 0]]], [[[0.5, 0, 0]]])', /^refused: expected pictures of whole numbers from render\(\) as until now, got /],
      ['pixels(None)', refused(picture, "None: make the world with render_mode='rgb_array'")],
      ['pixels([])', refused(picture, 'list')],
      ['pixels([5])', /got a list \[1\] of int, whose rows are not of one length$/],
      ['pixels([[[0, 0, 0]], [[0, 0, 0], [0, 0, 0]]])', /whose rows are not of one length$/],
      ['pixels([[[0, 0]]])', /got a list \[1, 1, 2\] of int, whose pixels are not all of three numbers$/],
      ['pixels([[[0, 0, 0], [0, 0]]])', /whose pixels are not all of three numbers$/],
      ["pixels([['red']])", refused(picture, 'a list [1, 1] of str')],
      ["pixels([[[0, 0, 'a']]])", refused(picture, 'a list [1, 1, 3] of int that holds str')],
      ["pixels('picture')", refused(picture, 'str')],
    ]);
  });

  it('spaces are choices or numbers within bounds', () => {
    const bounds = /^refused: its actions are Box; expected finite bounds, low below high/;
    expectAll([
      ["described('Discrete', n=3)", { kind: 'discrete', n: 3 }],
      ["act(2, 'Discrete', n=3, start=-1)", 1],
      ["act(3, 'Discrete', n=3)", refused('expected an action from 0 to 2, got 3')],
      ["described('Discrete', n=0)", /^refused: its actions are Discrete; expected a whole number n of at least 1/],
      ["described('Discrete', n=2.5)", /^refused: its actions are Discrete; expected a whole number n/],
      ["described('MultiBinary', n=3)", { kind: 'discrete', n: 8 }],
      ["act(5, 'MultiBinary', n=3)", [1, 0, 1]],
      ["described('MultiDiscrete', nvec=[2, 3])", { kind: 'discrete', n: 6 }],
      ["[act(i, 'MultiDiscrete', nvec=[2, 3], start=[0, 5]) for i in range(6)]", [[0, 5], [0, 6], [0, 7], [1, 5], [1, 6], [1, 7]]],
      ["described('MultiDiscrete', nvec=[100, 100])", /have 1e\+04 combinations, and at most 1024 can be learned$/],
      ["described('MultiBinary', n=5000)", /have inf combinations/],
      ["described('MultiDiscrete', nvec=[])", /^refused: /],
      ["described('Dict')", /^refused: its actions are Dict; expected Discrete, or Box with finite bounds, or a small/],
      ["described('Tuple')", /^refused: its actions are Tuple; expected Discrete/],
      ['spaces.action_space(None)', /^refused: its actions are None; expected Discrete/],
      ["described('Box', low=[-1e999], high=[1.0])", bounds],
      ["described('Box', low=[-3.4e38], high=[3.4e38])", bounds],
      ["described('Box', low=[-1e300], high=[1e300])", bounds],
      ["described('Box', low=[1], high=[1])", bounds],
      ["described('Box', low=[float('nan')], high=[1])", bounds],
      ["described('Box', low=[None], high=[1])", bounds],
      ["described('Box', low=[0, 0], high=[1])", /expected as many lower bounds as upper ones, got 2 and 1$/],
      ["described('Box', low=[], high=[])", /^refused: /],
      ["act([0.4], 'Box', low=0, high=1)", 0.4],
      ["act([2.6], 'Box', low=[0], high=[9], dtype='int8')", [3]],
      ["described('Box', low=[0], high=[1], dtype=float)", { kind: 'continuous', low: [0], high: [1] }],
    ]);
  });
});

describe.skipIf(!hasNumpy)('with numpy', () => {
  it('scalars and arrays of one are what they hold', () => {
    expectAll([
      ['values.reward_of(np.float32(0.5))', 0.5],
      ['values.reward_of(np.array(2))', 2],
      ['values.reward_of(np.array([[2.5]]))', 2.5],
      ['values.reward_of(np.bool_(True))', 1],
      ['values.reward_of(np.array([1.0, 2.0]))', refused(number, '[1. 2.] (ndarray)')],
      ['values.reward_of(np.complex64(1))', refused(number, '(1+0j) (complex64)')],
      ['values.reward_of(np.float64("inf"))', refused('expected a finite reward from step(), got inf')],
      ["values.flag_of(np.bool_(True), 'done')", true],
      ["values.flag_of(np.array([0]), 'done')", false],
      ["values.flag_of(np.array([True, False]), 'done')", /got \[ True False\] \(ndarray\)|got \[True False\] \(ndarray\)/],
    ]);
  });

  it('arrays are pictures where a meaning is plain', () => {
    expectAll([
      ['pixels(np.full((2, 2, 4), 9, np.uint8))', [9, 9, 9]],
      ['pixels(np.full((2, 2), 9, np.uint8))', [9, 9, 9]],
      ['pixels(np.full((2, 2, 1), 9, np.uint8))', [9, 9, 9]],
      ['pixels(np.full((600, 1, 3), 9, np.uint8))', [9, 9, 9]],
      ['pixels(np.array([[[1, 2, 3]]], np.int64))', [1, 2, 3]],
      ['pixels(np.array([[[1, 0, 1]]], bool))', [255, 0, 255]],
      ['pixels(np.array([[[0, 0.5, 1]]], np.float32))', [0, 128, 255]],
      ['pixels(np.array([[[0, 0.5, 1.0000001]]]))', [0, 128, 255]],
      ['pixels(np.array([[[0, 0.5, 200]]]))', [0, 1, 200]],
      // The same as without arrays: blocks are means, in lists and arrays alike.
      ['pixels(np.array([[[0, 0, 0], [1, 2, 4]]], np.uint8))', [1, 1, 2]],
      ['pixels([[[0, 0, 0], [1, 2, 4]]])', [1, 1, 2]],
      ['pixels([np.array([[1, 2, 3]], np.uint8)])', [1, 2, 3]],
      ['pixels([[[np.uint8(255)] * 3] * 2])', [255, 255, 255]],
      ['pixels(np.full((4, 6, 3), 9, np.uint8)[::-2, ::2])', [9, 9, 9]],
      ['pixels(np.broadcast_to(np.uint8(200), (6000, 4000, 3)))', [200, 200, 200]], // beyond 32 bits in sum
      // Opacity or grey may come later: there is one meaning.
      ['pixels(np.full((2, 2, 3), 9, np.uint8), np.full((4, 2, 4), 8, np.uint8))', [8, 8, 8]],
      ['pixels(np.full((2, 2, 3), 9, np.uint8), np.full((2, 2, 3), 0.5))',
        refused('expected pictures of whole numbers from render() as until now, got float64 [2, 2, 3]')],
      ['pixels(np.array([[[256, 0, -1]]]))', refused(range, 'int64 [1, 1, 3] from -1 to 256')],
      ['pixels(np.array([[[0, np.inf, 1]]]))', /^refused: expected finite numbers/],
      ['pixels(np.array([[[0, np.nan, 1]]]))', /^refused: expected finite numbers/],
      ['pixels([np.zeros((2, 2, 3), np.uint8)] * 2)', refused(picture, 'a list of 2, the first of which is uint8 [2, 2, 3]')],
      ['pixels(np.zeros((3, 8, 8), np.uint8))', refused(picture, 'uint8 [3, 8, 8]')],
      ['pixels(np.zeros((0, 8, 3), np.uint8))', refused(picture, 'uint8 [0, 8, 3]')],
      ['pixels(np.zeros((8,), np.uint8))', refused(picture, 'uint8 [8]')],
      ['pixels(np.array([[["a"] * 3]]))', refused(picture, '<U1 [1, 1, 3]')],
      ['pixels(np.array([[[1j] * 3]]))', refused(picture, 'complex128 [1, 1, 3]')],
      ['pixels([np.zeros((2, 3)), np.zeros((1, 3))])', /^refused: .*that is no array/],
    ]);
  });

  it('actions come in the arrays that spaces ask for', () => {
    const box = (low: string, high: string, dtype: string) =>
      `'Box', low=np.array(${low}, np.${dtype}), high=np.array(${high}, np.${dtype}), shape=np.shape(${low}), dtype=np.dtype('${dtype}')`;
    expectAll([
      [`act([0.25], ${box('0', '1', 'float32')})`, ['float32', 0.25]],
      [`act([1.5, 2.7, 99.0, 0.0], ${box('[[0, 0], [0, 0]]', '[[9, 9], [9, 9]]', 'int16')})`, ['int16', [[2, 3], [9, 0]]]],
      ["act(5, 'MultiBinary', n=np.array([3]), shape=(3,), dtype=np.int8)", ['int8', [1, 0, 1]]],
      ["act(5, 'MultiDiscrete', nvec=np.array([[2], [3]]), shape=(2, 1), dtype=np.int64)", ['int64', [[1], [2]]]],
      ["described('Discrete', n=np.int64(3), start=np.int64(5))", { kind: 'discrete', n: 3 }],
      ["act(1, 'Discrete', n=np.int64(3), start=np.int64(5))", 6],
      ["described('Box', low=np.array([0.0]), high=np.array([1.0]), dtype=np.float32)", { kind: 'continuous', low: [0], high: [1] }],
    ]);
  });
});
