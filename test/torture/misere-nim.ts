/**
 * A game whose mover loses: whoever takes the last stone is paid −1, which most games never do. Its best play is known,
 * and a search that learns by playing against itself has to find it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { actBy } from '../../src/open/open.ts';
import { createRng } from '../../src/random.ts';
import { configure } from '../../src/train/configure.ts';
import { openRun, type Run } from '../../src/train/run.ts';
import { trainSession } from '../../src/train/session.ts';
import type { Environment } from '../../src/types.ts';
import { createDriver } from '../../src/world/driver.ts';

interface Heap {
  readonly stones: number;
  readonly turn: 0 | 1;
}

const MOST = 8;
/** How many to take so that 1 or 5 are left; 0 in front of 1 or 5, which is lost. */
const best = (stones: number): number => (stones + 3) % 4;

const nim: Environment<Heap> = {
  name: 'misere-nim',
  description: 'Take one, two or three stones; whoever takes the last one loses.',
  actions: { kind: 'discrete', n: 3, names: ['one', 'two', 'three'] },
  maxSteps: MOST,
  reset: (rng) => ({ stones: 5 + rng.int(4), turn: 0 }),
  legal: ({ stones }) => [1, 2, 3].map((take) => take <= stones),
  toMove: ({ turn }) => turn,
  step({ stones, turn }, action) {
    const left = stones - (Number(action) + 1);
    return { state: { stones: left, turn: turn === 0 ? 1 : 0 }, reward: left === 0 ? -1 : 0, terminated: left === 0 };
  },
  draw(ctx, { stones, turn }, palette) {
    ctx.fillStyle = turn === 0 ? palette.agent : palette.danger;
    ctx.fillRect(0, 0, 1, 0.1);
    ctx.fillStyle = palette.goal;
    for (let i = 0; i < stones; i++) ctx.fillRect((i % 4) * 0.25 + 0.03, 0.2 + 0.4 * Math.floor(i / 4), 0.19, 0.3);
  },
};

/** Positions that are won, by how they were played: those where the best move was taken, and the others in words. */
export interface Played {
  readonly right: number;
  readonly wrong: readonly string[];
}

export async function playNim(steps = 6000): Promise<Played> {
  const directory = mkdtempSync(path.join(tmpdir(), 'dreamtree-nim-'));
  const environment = nim as Environment;
  const configured = await configure({ world: nim.name, agent: 'gumbel-muzero', preset: 'tiny', overrides: [`train.steps=${steps}`] });
  const run = await openRun({ directory, ...configured, environment, command: 'test' });
  try {
    await trainSession(run);
    return await askAtEveryPosition(run);
  } finally {
    await run.close();
    rmSync(directory, { recursive: true });
  }
}

/** Random games, in which the agent is asked what it would do. */
async function askAtEveryPosition(run: Run): Promise<Played> {
  const policy = await actBy({ ...run, params: await run.learner.params() }, { lanes: 1 });
  const rng = createRng(7);
  const said = new Map<string, boolean>();
  try {
    for (let game = 0; game < 100; game++) {
      const stream = rng.split(game);
      const driver = createDriver({ ...run.world, lanes: 1, rng: stream.split('world') });
      await driver.start();
      let carry = policy.initial(1);
      for (let over = false; !over; ) {
        const { stones, turn } = driver.states()[0] as Heap;
        const choice = await policy.act(carry, driver.observation(), stream);
        ({ carry } = choice);
        if (best(stones) > 0) said.set(`${stones} stones, player ${turn + 1}`, choice.action.data[best(stones) - 1] === 1);
        const data = new Float32Array(3);
        data[stream.int(Math.min(3, stones))] = 1;
        over = (await driver.step({ data, shape: [1, 3], dtype: 'float32' })).finished.length > 0;
      }
    }
    const wrong = [...said].filter(([, right]) => !right).map(([position]) => position);
    return { right: said.size - wrong.length, wrong };
  } finally {
    await policy.dispose();
  }
}
