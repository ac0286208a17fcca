import { describe, expect, it } from 'vitest';
import cartpole from '../../envs/cartpole.ts';
import pendulum from '../../envs/pendulum.ts';
import catchWorld from '../../envs/catch.ts';
import { createRng } from '../../src/random.ts';
import { verifyRecording } from '../../src/world/verify.ts';

/** A recording of this cartpole itself: two episodes of always pushing right. */
function record(steps: number) {
  const rng = createRng(0);
  const episodes = [0, 1].map((e) => {
    let state = cartpole.reset(rng.split(e));
    const initialState = cartpole.recording!.toVector(state);
    const moves = Array.from({ length: steps }, () => {
      const next = cartpole.step(state, 1, rng);
      state = next.state;
      return { ...next, vector: [...cartpole.recording!.toVector(state)] };
    });
    return {
      seed: e,
      initialState,
      actions: moves.map((): number => 1),
      states: moves.map(({ vector }) => vector),
      rewards: moves.map(({ reward }) => reward),
      terminated: moves.map(({ terminated }) => terminated),
      truncated: moves.map(() => false),
    };
  });
  return { source: 'this world', episodes };
}

describe('verifyRecording', () => {
  it('counts steps and reports the largest error', () => {
    const recording = record(5);
    expect(verifyRecording(cartpole, recording)).toEqual({ steps: 10, maxError: 0 });
    recording.episodes[1].states[4][2] += 5e-7;
    expect(verifyRecording(cartpole, recording).maxError).toBeCloseTo(5e-7, 10);
  });

  it('stops at the first difference and says where it is', () => {
    const recording = record(5);
    const right = recording.episodes[1].states[3][2];
    recording.episodes[1].states[3][2] += 2e-6;
    recording.episodes[1].rewards[4] = 7;
    const difference = { name: 'WorldDifference', place: { episode: 1, step: 3 }, quantity: 'state[2]', got: right };
    expect(() => verifyRecording(cartpole, recording)).toThrow(expect.objectContaining(difference));
    expect(() => verifyRecording(cartpole, recording)).toThrow("'cartpole' differs from the recording in episode 1,");
  });

  it('compares rewards, ends and time limits', () => {
    const recording = record(5);
    recording.episodes[0].rewards[1] = 0;
    expect(() => verifyRecording(cartpole, recording)).toThrow('step 1: expected reward 0, got 1');
    recording.episodes[0].rewards[1] = 1;
    recording.episodes[0].truncated[4] = true;
    expect(() => verifyRecording(cartpole, recording)).toThrow('step 4: expected truncated true, got false');
    recording.episodes[0].truncated[4] = false;
    recording.episodes[0].terminated[4] = true;
    expect(() => verifyRecording(cartpole, recording)).toThrow('step 4: expected terminated true, got false');
    const limited = { ...cartpole, maxSteps: 5 };
    expect(() => verifyRecording(limited, record(5))).toThrow('step 4: expected truncated false, got true');
  });

  it('names the key at fault in a file that makes no sense', () => {
    const [episode] = record(5).episodes;
    const check = (change: object) => () => {
      verifyRecording(cartpole, { episodes: [episode, { ...episode, ...change }] });
    };
    expect(() => verifyRecording(cartpole, 3)).toThrow('the file: ');
    expect(() => verifyRecording(cartpole, {})).toThrow('episodes: ');
    expect(() => verifyRecording(cartpole, { episodes: [] })).toThrow('episodes: ');
    expect(check({ rewards: undefined })).toThrow('episodes[1].rewards: ');
    expect(check({ states: [[0, 'x', 0, 0]] })).toThrow('episodes[1].states[0][1]: ');
    expect(check({ rewards: [1] })).toThrow('episodes[1].rewards: expected 5, one for each action, got 1');
    expect(check({ initialState: [0] })).toThrow('episodes[1].initialState: expected 4 numbers');
    expect(check({ states: episode.states.map(() => [0]) })).toThrow('states[0]: expected 4 numbers, got 1');
    expect(check({ actions: [1, 1, 2, 1, 1] })).toThrow('actions[2]: expected an action from 0 to 1, got 2');
    expect(check({ truncated: [false, true, false, false, false] })).toThrow('end at step 1, got 5 steps');
    expect(check({ rewards: [1] })).toThrow(expect.objectContaining({ key: 'episodes[1].rewards' }));
  });

  it('refuses a recording of another world, and a world that cannot be compared', () => {
    expect(() => verifyRecording(pendulum, record(2))).toThrow('episodes[0].initialState: expected 2 numbers');
    expect(() => verifyRecording(catchWorld, record(2))).toThrow("world 'catch' has nothing to compare");
  });
});
