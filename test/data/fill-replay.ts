/** A program for a test: append to a replay until it cannot be written, and say what `append` and `flush` say. */
import { setImmediate } from 'node:timers/promises';
import { openReplay } from '../../src/data/replay.ts';
import { numberedStep } from './numbered-steps.ts';

process.on('SIGXFSZ', () => {}); // a write beyond the limit is an error, not the end
const [directory, mark] = process.argv.slice(2);
const options = {
  lanes: 2,
  imageShape: [1, 2, 1],
  actionSize: 1,
  contextShapes: { deter: [2], stoch: [1] },
  capacityBytes: 2 * 300 * 18,
  segmentBytes: 100_000,
  directory,
};
const replay = await openReplay(options, JSON.parse(mark));
try {
  for (let index = 100; index < 100_000; index++) {
    for (const lane of [0, 1]) replay.append(lane, numberedStep(lane, index));
    await setImmediate();
  }
} catch (error) {
  console.log(`append: ${(error as Error).message}`);
}
await replay.flush().catch((error: Error) => console.log(`flush: ${error.message}`));
