/** A program for a test: write one checkpoint over another, a thousand times unless it is killed. */
import { writeCheckpoint } from '../../src/data/checkpoint.ts';

const [path] = process.argv.slice(2);
for (let round = 1; round <= 1000; round++) {
  const data = new Float32Array(2_000_000).fill(round);
  await writeCheckpoint(path, {
    kind: 'run',
    config: {},
    counters: { round },
    arrays: { params: { kernel: { data, shape: [2_000_000], dtype: 'float32' } } },
    extra: {},
    command: '',
  });
  console.log(round);
}
