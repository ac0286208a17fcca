/**
 * A disk that fills up while an agent is trained: small file systems, mounted for a process alone, which are full at the
 * start, after a while, or at a random moment. One sentence, and what was saved goes on elsewhere as if nothing had happened.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Rng } from '../../src/types.ts';
import { BIN, dreamtree, isClear, run } from './command.ts';
import { count, newTally, type Tally } from './tally.ts';

/** Whether this system lets us mount something of our own. */
export const canMount = (): boolean => spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp']).status === 0;

/** [folder to mount at, its size, seconds until it is filled up or '', folder to keep what is left, command …] */
const SCRIPT = `
mount -t tmpfs -o size="$2" tmpfs "$1" || exit 99
[ -n "$3" ] && { sleep "$3"; cat /dev/zero > "$1/filler"; } 2>/dev/null &
folder=$1 keep=$4; shift 4
"$@"; code=$?
rm -f "$folder/filler"; cp -a "$folder/run" "$keep" 2>/dev/null
exit $code
`;

export async function fullDisks(trials: number, rng: Rng, say: (text: string) => void = () => {}): Promise<Tally> {
  const tally = newTally();
  const folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-disk-'));
  const argsOf = (logdir: string) => [
    'train', 'catch', '--preset', 'debug', '--threads', '1', '--steps', '400', '--logdir', logdir, '--set', 'train.checkpointEvery=40', 'train.evalEpisodes=1',
  ];
  const metrics = (logdir: string) => readFileSync(path.join(folder, logdir, 'metrics.jsonl'), 'utf8');
  try {
    const startedMs = performance.now();
    const whole = await dreamtree(argsOf('whole'), { cwd: folder });
    const seconds = (performance.now() - startedMs) / 1000;
    if (whole.code !== 0) throw new Error(`the run that was left alone failed\n${whole.stderr}`);
    const expected = metrics('whole');
    for (let trial = 0; trial < trials; trial++) {
      const draw = rng.split(trial);
      const [small, mount, kept] = [trial % 2 === 0, path.join(folder, 'mount'), `kept${trial}`];
      const size = small ? `${Math.round(4 * 2 ** (9 * draw.uniform()))}k` : '16m';
      const filled = small ? '' : (draw.uniform() * seconds).toFixed(2);
      const what = small ? `a disk of ${size}` : `a disk that is full after ${filled} s`;
      const ended = await run('unshare', [
        '-rm', 'sh', '-c', `mkdir -p "$1"; ${SCRIPT}`, 'sh', mount, size, filled, path.join(folder, kept), process.execPath, BIN, ...argsOf(path.join(mount, 'run')),
      ], { cwd: folder });
      say(`${what}: ${ended.code === 0 ? 'enough' : ended.stderr.split('\n').find((line) => line.startsWith('error:')) ?? 'no sentence'}`);
      if (ended.hung) count(tally, 'hung', what);
      else if (ended.code !== 0 && !isClear(ended)) count(tally, 'wrong', `${what}: exit ${ended.code}, ${ended.stderr.slice(-300)}`);
      else {
        const last = await dreamtree(argsOf(kept), { cwd: folder });
        if (last.code !== 0) count(tally, 'wrong', `${what}: with room it does not go on: ${last.stderr.slice(-300)}`);
        else count(tally, metrics(kept) === expected ? 'identical' : 'wrong', `${what}: went on to another end`);
      }
      if (existsSync(path.join(folder, kept))) rmSync(path.join(folder, kept), { recursive: true });
    }
    return tally;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
