/** Truth beside dream while training goes on: one short dream after the other, a frame at a time. */
import { createDreamer, type Dream } from '../../eval/dream.ts';
import { rowOf } from '../nd-array.ts';
import { createRng } from '../random.ts';
import type { Learner } from '../train/learner.ts';
import type { Progress } from './progress.ts';
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
