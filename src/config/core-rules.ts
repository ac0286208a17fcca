/** What must hold between keys of the core, whatever the agent. */
import type { Broken } from './component.ts';
import type { CoreConfig } from './core.ts';

/** Nothing is shown, saved or stopped within a block: so many steps and updates it may have. */
const MOST_IN_BLOCK = { steps: 100_000, updates: 20_000 } as const;

export function coreRules({ env: { lanes }, train }: CoreConfig): Broken[] {
  const { batchSize, batchLength, blockUpdates, trainRatio, steps, collectSteps, dataset, givenSteps } = train;
  if (collectSteps > 0 && collectSteps < lanes * batchLength) {
    return [{ key: 'train.collectSteps', expected: `expected 0 or at least env.lanes × train.batchLength = ${lanes * batchLength}, a sequence of every lane` }];
  }
  if (givenSteps > steps) return [{ key: 'train.givenSteps', expected: `expected at most train.steps = ${steps}` }];
  if ((dataset === '') !== (givenSteps === 0)) {
    return [{ key: 'train.givenSteps', expected: dataset === '' ? 'expected 0 without a train.dataset' : 'expected the steps of train.dataset, which --dataset sets' }];
  }
  const replayed = batchSize * batchLength;
  const ticks = Math.max(1, Math.round((blockUpdates * replayed) / trainRatio / lanes));
  if (Math.min(steps, ticks * lanes) > MOST_IN_BLOCK.steps) {
    const least = Number(((blockUpdates * replayed) / MOST_IN_BLOCK.steps).toPrecision(2));
    return [{
      key: 'train.trainRatio',
      expected: `expected about ${least} or more, or fewer train.blockUpdates: a block of ${blockUpdates} updates would wait for ${ticks * lanes} steps`,
    }];
  }
  const updates = Math.ceil((ticks * lanes * trainRatio) / replayed);
  return updates <= MOST_IN_BLOCK.updates ? [] : [{
    key: 'train.trainRatio',
    expected: `expected less, or fewer env.lanes or larger batches: one step of ${lanes} lanes would be followed by ${updates} updates`,
  }];
}
