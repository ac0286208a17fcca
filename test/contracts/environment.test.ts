/** The contract of worlds: every listed one keeps it, and every way of breaking it is caught and said in words. */
import { describe, expect, it } from 'vitest';
import { listWorlds } from '../../src/open/worlds.ts';
import { createRng } from '../../src/random.ts';
import type { Environment, Transition } from '../../src/types.ts';
import { checkEnvironment } from '../../src/world/contract.ts';

interface Walk {
  readonly at: number;
}

/** A sound world: a walk from 0 to 9, one step back or on; it comes with everything a world may have. */
const walk: Environment<Walk> = {
  name: 'walk',
  description: 'Walk to the right.',
  actions: { kind: 'discrete', n: 2 },
  maxSteps: 40,
  reference: { random: 0.33, expert: 1 },
  reset: (rng) => ({ at: rng.int(3) }),
  step({ at }, action) {
    const state = { at: Math.max(at + (action === 1 ? 1 : -1), 0) };
    return { state, reward: state.at === 9 ? 1 : 0, terminated: state.at === 9 };
  },
  draw(ctx, { at }, palette) {
    ctx.save();
    ctx.scale(0.1, 1);
    ctx.fillStyle = palette.agent;
    ctx.fillRect(at, 0, 1, 1);
    ctx.restore();
  },
  legal: ({ at }) => [at > 0, true],
  expert: () => 1,
  transitions(state, action) {
    return [{ ...walk.step(state, action, createRng(0)), probability: 1 }];
  },
  recording: { toVector: ({ at }) => [at], fromVector: ([at]) => ({ at }) },
};

class Place {
  readonly at: number;
  constructor(at: number) {
    this.at = at;
  }
}

let hidden = 0;

/** What each broken world changes, the check that must catch it, and what the message must say. */
const broken: readonly (readonly [string, object, string, string])[] = [
  ['no name', { name: '' }, 'shape', "expected name to be a text that is not empty, got ''"],
  ['a name that clears the screen', { name: 'a\u001b[2J' }, 'shape', 'expected name to be a text without control characters, got "a␛[2J"'],
  ['a name of two lines', { name: 'a\nb' }, 'shape', 'expected name to be a text without control characters'],
  ['a description that turns text around', { description: 'a\u202eb' }, 'shape', 'expected description to be a text without control characters'],
  ['an action whose name clears the screen', { actions: { kind: 'discrete', n: 2, names: ['a', '\u001b[2J'] } }, 'shape', 'expected actions.names to name'],
  ['no actions', { actions: { kind: 'discrete', n: 0 } }, 'shape', 'actions.n to be a whole number ≥ 1, got 0'],
  ['an unknown kind of action', { actions: { kind: 'box' } }, 'shape', "got the kind 'box'"],
  [
    'inverted bounds',
    { actions: { kind: 'continuous', low: [0, 1], high: [1, 1] } },
    'shape',
    'expected actions.low to be below actions.high, got 1 and 1 at index 1',
  ],
  ['half a step of time', { maxSteps: 0.5 }, 'shape', 'to be a whole number ≥ 1, got 0.5'],
  ['no draw', { draw: undefined }, 'shape', 'expected a function draw(), got nothing'],
  ['half a reference', { reference: { random: 1 } }, 'shape', 'expected reference to be { random, expert }'],
  [
    'a first state out of nowhere',
    { reset: () => ({ at: hidden++ % 3 }) },
    'reset and step follow the rng alone',
    'draw every random number from the rng argument',
  ],
  [
    'rewards out of nowhere',
    { step: (state: Walk, action: number) => ({ ...walk.step(state, action, createRng(0)), reward: hidden++ }) },
    'reset and step follow the rng alone',
    'got a difference at action 1',
  ],
  [
    'a state changed in place',
    {
      step(state: { at: number }, action: number): Transition<unknown> {
        state.at = walk.step(state, action, createRng(0)).state.at;
        return { state: { ...state }, reward: 0, terminated: state.at === 9 };
      },
    },
    'step is pure',
    'expected step() to leave the state it was given alone',
  ],
  [
    'a position outside the state',
    {
      reset() {
        hidden = 0;
        return { at: 0 };
      },
      step: () => ({ state: { at: ++hidden }, reward: 0, terminated: hidden === 9 }),
    },
    'step is pure',
    'keep everything in the state',
  ],
  [
    'a state of a class',
    {
      reset: () => new Place(0),
      step: ({ at }: Place) => ({ state: new Place(at + 1), reward: 0, terminated: at === 8 }),
      recording: undefined,
    },
    'state is plain data',
    'because it is written into checkpoints',
  ],
  [
    'a function in the state',
    { reset: () => ({ at: 0, next: () => 1 }), step: walk.step },
    'state is plain data',
    'could not be cloned',
  ],
  [
    'a reward that is no number',
    { step: (state: Walk) => ({ state, reward: 0 / 0, terminated: true }) },
    'outcomes make sense',
    'expected step() to give a finite number as reward, got NaN',
  ],
  [
    'an end that is no boolean',
    { step: (state: Walk) => ({ state, reward: 0, terminated: 1 }) },
    'outcomes make sense',
    'expected step() to give terminated as true or false, got 1',
  ],
  ['a step that forgets', { step: () => undefined }, 'outcomes make sense', 'reward, terminated }, got undefined'],
  [
    'an async step',
    { step: () => Promise.reject(new Error('late')) },
    'outcomes make sense',
    'got a promise; it must not be async',
  ],
  [
    'a step that throws',
    {
      step(): never {
        throw new TypeError('no such cell');
      },
    },
    'outcomes make sense',
    'the world threw TypeError: no such cell (at ',
  ],
  ['a wrong reference', { reference: { random: 0.9, expert: 1 } }, 'reference returns', 'measure it again'],
  ['nothing drawn', { draw: () => undefined }, 'draw shows something', 'got one plain colour at moment 0'],
  [
    'a picture that stays',
    { draw: (...[ctx, , palette]: Parameters<typeof walk.draw>) => walk.draw(ctx, { at: 1 }, palette) },
    'draw shows something',
    'expected the picture to change within an episode',
  ],
  [
    'a picture with a memory',
    { draw: (...[ctx, , palette]: Parameters<typeof walk.draw>) => walk.draw(ctx, { at: hidden++ % 10 }, palette) },
    'draw depends on the state alone',
    'got another one after other states were drawn',
  ],
  [
    'a picture that changes the state',
    {
      draw(...[ctx, state, palette]: Parameters<typeof walk.draw>) {
        walk.draw(ctx, state, palette);
        Object.assign(state, { seen: true });
      },
    },
    'draw depends on the state alone',
    'expected draw() to leave the state alone',
  ],
  [
    'a canvas left scaled',
    {
      draw(...[ctx, state, palette]: Parameters<typeof walk.draw>) {
        ctx.scale(0.5, 0.5);
        walk.draw(ctx, state, palette);
      },
    },
    'draw puts the canvas back',
    'ctx.save() and end with ctx.restore()',
  ],
  ['an async draw', { draw: () => Promise.reject(new Error('late')) }, 'draw shows something', 'must not be async'],
  ['nothing legal', { legal: () => [false, false] }, 'legal actions', 'at least one legal action'],
  ['too few legal', { legal: () => [true] }, 'legal actions', 'expected legal() to give 2 times true or false'],
  ['an expert of another world', { expert: () => 7 }, 'expert', 'expert(): expected an action from 0 to 1, got 7'],
  ['an illegal expert', { expert: () => 0 }, 'expert', 'expected a legal action, got 0, which legal() forbids'],
  [
    'a bad expert',
    { expert: ({ at }: Walk) => (at === 0 ? 1 : 0) },
    'expert',
    'expected expert() to beat reference.random = 0.33, got a mean return of 0',
  ],
  [
    'probabilities that leak',
    { transitions: (state: Walk, action: number) => [{ ...walk.step(state, action, createRng(0)), probability: 0.9 }] },
    'transitions',
    'expected probabilities of transitions() that sum to 1, got 0.9',
  ],
  [
    'a table of another world',
    { transitions: (state: Walk) => [{ state, reward: 0, terminated: false, probability: 1 }] },
    'transitions',
    'expected transitions() to list what step() does',
  ],
  [
    'vectors that lose something',
    { recording: { toVector: ({ at }: Walk) => [at], fromVector: () => ({ at: 100 }) } },
    'recording',
    'expected recording.fromVector() to undo toVector()',
  ],
];

const check = (environment: unknown) => checkEnvironment(environment, { size: 16, rng: createRng(0) });

describe('the contract of worlds', async () => {
  it.each((await listWorlds()).map((world) => [world.name, world] as const))('is kept by %s', async (_, world) => {
    for (const size of [32, 64]) {
      const findings = await checkEnvironment(world, { size, rng: createRng(size) });
      expect(findings.filter(({ ok }) => !ok)).toEqual([]);
      expect(findings.length).toBeGreaterThan(8);
    }
  });

  it('runs every check on a sound world that has everything', async () => {
    const findings = await check(walk);
    expect(findings.filter(({ ok }) => !ok)).toEqual([]);
    expect(findings.map((finding) => finding.check)).toEqual([
      'shape',
      'reset and step follow the rng alone',
      'step is pure',
      'state is plain data',
      'nothing that training refuses',
      'outcomes make sense',
      'episodes end',
      'reference returns',
      'draw shows something',
      'draw depends on the state alone',
      'draw puts the canvas back',
      'legal actions',
      'expert',
      'transitions',
      'recording',
    ]);
  });

  it('says how episodes end', async () => {
    const endless = { ...walk, step: ({ at }: Walk) => ({ state: { at: at + 1 }, reward: 0, terminated: false }) };
    const messageOf = async (world: unknown) =>
      (await check(world)).find((finding) => finding.check === 'episodes end')?.message;
    expect(await messageOf(endless)).toBe('random episodes end at the time limit of 40 actions only');
    expect(await messageOf({ ...endless, maxSteps: 1e9 })).toContain('not waited for beyond 20000 actions');
    expect(await messageOf(walk)).toMatch(/of 5 random episodes ended by themselves, after \d+ to \d+ actions;/);
  });

  it.each(broken)('is broken by %s, and says so', async (_, change, name, message) => {
    const findings = await check({ ...walk, ...change });
    const found = findings.filter((finding) => finding.check === name && !finding.ok);
    expect(found.map((finding) => finding.message).join('\n')).toContain(message);
  });

  it.each([undefined, null, 3, 'catch', [], {}, () => walk])('survives %s in the place of a world', async (value) => {
    const findings = await check(value);
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.every(({ ok }) => !ok)).toBe(true);
  });
});
