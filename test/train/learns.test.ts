/** The test of everything: an agent that starts knowing nothing learns, from pixels, to do better than chance. */
import { expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { controlLanes, evaluateControl } from '../../eval/control.ts';
import { actBy } from '../../src/open/open.ts';
import { createRng } from '../../src/random.ts';
import { configure } from '../../src/train/configure.ts';
import { openRun } from '../../src/train/run.ts';
import { trainSession } from '../../src/train/session.ts';
import type { Environment } from '../../src/types.ts';

/** A light shines on the left or on the right; its side has to be named, three times an episode. */
const signal: Environment<{ side: number; time: number }> = {
  name: 'signal',
  description: 'Name the side on which the light is.',
  actions: { kind: 'discrete', n: 2 },
  maxSteps: 10,
  reset: (rng) => ({ side: rng.int(2), time: 0 }),
  step({ side, time }, action, rng) {
    return { state: { side: rng.int(2), time: time + 1 }, reward: action === side ? 1 : -1, terminated: time === 2 };
  },
  draw(ctx, { side }, palette) {
    ctx.fillStyle = palette.goal;
    ctx.fillRect(side * 0.5, 0, 0.5, 1);
  },
};

it('sees, predicts and acts: from returns of 0 to at least 2.4 of 3', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'dreamtree-learns-'));
  const configured = await configure({
    world: 'signal', preset: 'debug',
    overrides: [
      'env.lanes=8', 'model.deter=32', 'model.hidden=32', 'model.stoch=4', 'model.units=32', 'model.depth=4', 'model.bins=41',
      'behavior.units=32', 'behavior.imaginationHorizon=4', 'behavior.entropy=0.03', 'optimizer.learningRate=2e-3',
      'train.batchSize=8', 'train.batchLength=8', 'train.trainRatio=12', 'train.prefill=200', 'train.steps=2600',
      'train.blockUpdates=8', 'replay.bytes=10000000',
    ],
  });
  const run = await openRun({ directory, ...configured, environment: signal as Environment, command: 'test' });
  try {
    await trainSession(run);
    const policy = await actBy({ ...run, params: await run.learner.params() }, { lanes: controlLanes(100) });
    const { returnMean } = await evaluateControl({ ...run.world, policy, episodes: 100, rng: createRng(7) });
    await policy.dispose();
    expect(returnMean).toBeGreaterThanOrEqual(2.4);
  } finally {
    await run.close();
    rmSync(directory, { recursive: true });
  }
}, 120_000);
