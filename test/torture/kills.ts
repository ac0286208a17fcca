/** Runs that are killed with −9 at random moments and continued: they must end as if nothing had happened. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Rng } from '../../src/types.ts';
import { dreamtree } from './command.ts';
import { count, newTally, type Tally } from './tally.ts';

/** An agent in a world that suits it, and what else is set. */
export interface KilledRun {
  readonly agent: string;
  readonly world: string;
  readonly set?: readonly string[];
}

export interface Kills extends Tally {
  /** Times that a process was killed. */
  kills: number;
}

/** Each run `times` times, killed one to four times each. Long enough that kills fall into every phase. */
export async function killRuns(runs: readonly KilledRun[], times: number, rng: Rng, say: (text: string) => void = () => {}): Promise<Kills> {
  const tally: Kills = { ...newTally(), kills: 0 };
  const folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-kills-'));
  try {
    for (const [number, { agent, world, set = [] }] of runs.entries()) {
      const stream = rng.split(number);
      const argsOf = (logdir: string) => [
        'train', world, '--agent', agent, '--preset', 'debug', '--threads', '1', '--logdir', logdir,
        '--set', 'train.checkpointEvery=30', 'train.evalEpisodes=1', ...set,
      ];
      const metrics = (logdir: string) => readFileSync(path.join(folder, logdir, 'metrics.jsonl'), 'utf8');
      const startedMs = performance.now();
      const whole = await dreamtree(argsOf('whole'), { cwd: folder });
      const lengthMs = performance.now() - startedMs;
      if (whole.code !== 0) throw new Error(`${agent} in ${world}: the run that was left alone failed\n${whole.stderr}`);
      const expected = metrics('whole');
      for (let time = 0; time < times; time++) {
        const draw = stream.split(time);
        const kills = 1 + draw.int(4);
        for (let kill = 0; kill < kills; kill++) {
          const { signal } = await dreamtree(argsOf('parts'), { cwd: folder, killAfterMs: draw.uniform() * lengthMs });
          if (signal === 'SIGKILL') tally.kills++;
        }
        const last = await dreamtree(argsOf('parts'), { cwd: folder });
        const what = `${agent} in ${world}, killed ${kills} times (seed ${number}/${time})`;
        if (last.hung) count(tally, 'hung', what);
        else if (last.code !== 0) count(tally, 'wrong', `${what}: ${last.stderr.slice(-400)}`);
        else count(tally, metrics('parts') === expected ? 'identical' : 'wrong', what);
        rmSync(path.join(folder, 'parts'), { recursive: true, force: true });
      }
      if (existsSync(path.join(folder, 'whole'))) rmSync(path.join(folder, 'whole'), { recursive: true });
      say(`${agent} in ${world}: ${tally.identical} identical of ${tally.identical + tally.wrong + tally.hung}, ${tally.kills} kills`);
    }
    return tally;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
