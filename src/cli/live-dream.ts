/** Truth beside dream while training goes on: one short dream after the other, a frame at a time. */
import { Writable } from 'node:stream';
import { createDreamer, type Dream } from '../../eval/dream.ts';
import { rowOf } from '../nd-array.ts';
import { createRng } from '../random.ts';
import type { Learner } from '../train/learner.ts';
import type { Moment } from '../train/loop.ts';
import { createProgress, type Progress } from './progress.ts';
import type { Run } from '../train/run.ts';
import { halfBlocks } from '../viz/terminal.ts';
import { whyNoTruth } from '../world/external.ts';

export interface LiveDream {
  /** Draw the next frame, where the progress wants a picture now. */
  show(learner: Learner): Promise<void>;
  dispose(): Promise<void>;
}

/** Its random streams are its own: looking changes nothing. */
export async function createLiveDream(
  { world, agent, engine, config }: Run,
  progress: Progress,
): Promise<LiveDream> {
  const canDream = agent.dynamics?.decode && whyNoTruth(world.environment) === undefined;
  if (!progress.wantsPicture() || !canDream) return { async show() {}, async dispose() {} };
  const dreamer = await createDreamer({ ...world, agent, engine, context: 4, horizon: 16 });
  const rng = createRng(config.seed).split('live');
  let dream: Dream | undefined;
  let frame = 0;
  let count = 0;
  return {
    async show(learner) {
      if (!progress.wantsPicture()) return;
      if (!dream || frame >= dream.model.shape[0]) {
        dream = await dreamer.dream(await learner.params(), 'policy', rng.split(count++));
        frame = 0;
      }
      const label = frame < dream.context ? 'reconstruction' : 'dream';
      const pictures = [
        { label: 'truth', frame: rowOf(dream.truth, frame) }, { label, frame: rowOf(dream.model, frame) },
      ];
      progress.show(halfBlocks(pictures, { columns: process.stderr.columns ?? 80 }));
      frame++;
    },
    dispose: () => dreamer.dispose(),
  };
}

/** What a terminal would be shown, drawn and dropped: for whoever measures what showing costs. */
export async function showNowhere(run: Run): Promise<{ watch(moment: Moment): Promise<void>; close(): Promise<void> }> {
  const terminal = Object.assign(new Writable({ write: (_, __, done) => done() }), { isTTY: true, columns: 120, rows: 40 });
  const progress = createProgress({ total: run.config.train.steps, stream: terminal, picture: true, clock: run.clock });
  const dream = await createLiveDream(run, progress);
  return {
    async watch({ state: { step, update } }) {
      progress.update({ step, update });
      await dream.show(run.learner);
    },
    async close() {
      progress.stop();
      await dream.dispose();
    },
  };
}
