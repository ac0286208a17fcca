/** Our own worlds served: message by message, and to the Python client. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../../src/random.ts';
import { plainLook } from '../../../src/world/view.ts';
import { packMessage, readMessages } from '../../../src/world/gym/protocol.ts';
import type { Request } from '../../../src/world/gym/protocol.ts';
import { serveWorld } from '../../../src/world/gym/serve-world.ts';
import { counterWorld } from '../counter-world.ts';
import { PYTHON, hasPython, here } from './python.ts';

async function serve(...requests: readonly Request[]): Promise<unknown[]> {
  const sent: Uint8Array[] = [];
  async function* input() {
    yield* requests.map(packMessage);
  }
  async function* output() {
    yield* sent;
  }
  await serveWorld({ environment: counterWorld, size: 8, look: plainLook }, input(), (answer) => sent.push(answer));
  const answers: unknown[] = [];
  for await (const answer of readMessages(output())) answers.push(answer);
  return answers;
}

const open: Request = { type: 'open', protocol: 1, lanes: 2, size: 2, greyscale: false };
/** A seed whose episode of the counter ends at `goal`; the world draws it first. */
const seedFor = (goal: number): number => {
  for (let seed = 0; ; seed++) if (counterWorld.reset(createRng(seed)).goal === goal) return seed;
};
/** Ten for each count: the red of the top left pixel. */
const red = (seen: unknown): number => (seen as { image: Uint8Array }).image[0];

describe('a served world', () => {
  it('says what it is, begins, steps, ends and begins anew', async () => {
    const two = seedFor(2);
    const five = seedFor(5);
    const move = (action: number, seed: number | null = null, cut = false) => ({ actions: [action], seed, cut });
    const [opened, begun, one, last, cut] = await serve(
      open,
      { type: 'reset', seeds: [two, five] },
      { type: 'step', moves: [move(1), null] },
      { type: 'step', moves: [move(0, five), { actions: [1, 1, 0], seed: null, cut: false }] },
      { type: 'step', moves: [move(0, null, true), move(0)] },
    ) as Record<'lanes', unknown[]>[];
    expect(opened).toEqual({ type: 'opened', protocol: 1, actions: { kind: 'discrete', n: 2 }, maxSteps: 4 });
    expect(begun.lanes.map(red)).toEqual([0, 0]);
    const goesOn = { terminated: false, truncated: false, first: null };
    expect(one).toMatchObject({ type: 'stepped', lanes: [{ reward: 1.5, ...goesOn }, null] });
    // Lane 0 reaches its goal and begins again; lane 1 takes three actions at once.
    expect(last.lanes).toMatchObject([{ reward: 0.5, terminated: true, truncated: false }, { reward: 3.5, ...goesOn }]);
    expect(last.lanes.map(red)).toEqual([20, 30]);
    expect(red((last.lanes[0] as { first: unknown }).first)).toBe(0);
    // Lane 0 is cut on demand, lane 1 by the time limit of four steps.
    const isCut = { terminated: false, truncated: true, first: null };
    expect(cut.lanes).toMatchObject([isCut, isCut]);
  });

  it('refuses what makes no sense, and ends', async () => {
    const refused = async (...requests: Request[]) => (await serve(...requests)).slice(-1);
    const error = (message: string) => [{ type: 'error', kind: 'refused', message, traceback: '' }];
    const step = (action: number): Request =>
      ({ type: 'step', moves: [{ actions: [action], seed: null, cut: false }, null] });
    const outdated = error('expected protocol 1, got 2: update dreamtree or its client');
    expect(await refused({ ...open, protocol: 2 })).toEqual(outdated);
    const large = error('4096 lanes of 4096 pixels do not fit into messages: use fewer or smaller ones');
    expect(await refused({ ...open, lanes: 4096, size: 4096 })).toEqual(large);
    expect(await refused(open, step(0))).toEqual(error('lane 0 has no episode to act in'));
    expect(await refused(open, { type: 'reset', seeds: [1] })).toEqual(error('expected 2 lanes, got 1'));
    const begun: Request[] = [open, { type: 'reset', seeds: [1, 1] }];
    expect(await serve(...begun, step(2), step(0))).toHaveLength(3);
    expect(await refused(...begun, step(2))).toEqual(error('expected an action from 0 to 1, got 2'));
    expect(await refused(...begun, step(-1))).toEqual(error('expected an action from 0 to 1, got -1'));
    const wrong: Request = { type: 'reset', seeds: [-1, 1] };
    const message = expect.stringMatching(/^not a message of protocol 1: /);
    expect(await refused(open, wrong)).toMatchObject([{ kind: 'refused', message }]);
  });
});

describe.skipIf(!hasPython)('the client in Python', () => {
  it('plays Catch through `dreamtree serve` and always catches', async () => {
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', NODE: process.execPath };
    const { stdout } = await promisify(execFile)(PYTHON, [here('catch_player.py')], { env });
    const report = JSON.parse(stdout) as { episodes: unknown[] };
    const episode = { rewards: [0, 0, 0, 0, 0, 0, 0, 0, 1], terminated: true, truncated: false, frames: 10 };
    expect(report.episodes).toEqual([episode, episode, episode, episode]);
    expect(report).toMatchObject({
      actions: { kind: 'discrete', n: 3 },
      sameSeedSamePicture: true,
      pictureBytes: 4800,
      wrongAction: 'expected an action from 0 to 2, got 3',
      afterwards: 'this world is closed',
    });
  });
});
