/**
 * `npm run torture`: what a run has to outlive, many times over; takes hours. What each part comes to is counted, and what
 * was wrong or hung is listed with the number that brings it back. Exit code 1 where anything was.
 *   npm run torture -- kills 3        each agent, killed with −9 one to four times and continued, three times over
 *   npm run torture -- files 100000   so many changed checkpoints, segments, contexts, marks and configurations
 *   npm run torture -- disk 40        so many disks that fill up while an agent is trained (Linux)
 *   npm run torture -- worlds         worlds that do what no world may, while an agent is trained in them
 *   npm run torture -- values         every agent in chains whose values are known, and a game whose best play is known
 *   npm run torture -- memory 1000000 a run of so many steps, whose memory must not grow
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRng } from '../../src/random.ts';
import { FOR_EVER, knownValues, TOLERANCE } from './chains.ts';
import { canMount, fullDisks } from './disk.ts';
import { killRuns, type KilledRun } from './kills.ts';
import { growthOver } from './memory.ts';
import { playNim } from './misere-nim.ts';
import { makeRunFolder, mutateFiles } from './mutate-files.ts';
import { inWords } from './tally.ts';
import { faultyWorlds } from './worlds.ts';

/** Every agent, in worlds that suit it, and what stages and searches may be set to besides. */
const RUNS: readonly KilledRun[] = [
  { agent: 'dreamer', world: 'catch' }, { agent: 'dreamer', world: 'pendulum' }, { agent: 'dreamer-mcts', world: 'catch' },
  { agent: 'muzero', world: 'catch' }, { agent: 'gumbel-muzero', world: 'tic-tac-toe' }, { agent: 'sampled-muzero', world: 'pendulum' },
  { agent: 'efficientzero', world: 'catch' }, { agent: 'muzero-ac', world: 'catch' },
  { agent: 'gumbel-muzero', world: 'catch', set: ['replay.priority=0.6'] }, { agent: 'dreamer', world: 'catch', set: ['env.frameStack=2', 'env.stickyActions=0.2'] },
];

const rng = createRng(0);
const say = (line: string): void => console.error(line);

interface Told {
  readonly lines: readonly string[];
  /** What was wrong or hung. */
  readonly faults: readonly string[];
}

/** By name, in the order in which all of them are done. */
const PARTS: Readonly<Record<string, (trials?: number) => Promise<Told>>> = {
  async worlds() {
    const tally = await faultyWorlds(undefined, say);
    return { lines: [inWords('worlds that misbehave', tally)], faults: tally.faults };
  },
  async files(trials = 100_000) {
    const folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-files-'));
    try {
      await makeRunFolder(folder);
      const { counts, faults } = await mutateFiles({ folder, mutations: trials, seed: 1, say });
      return {
        lines: [inWords('changed files', counts, counts.plausible)],
        faults: faults.map(({ index, outcome, detail }) => `file ${index}: ${outcome}, ${detail}`),
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  async kills(trials = 3) {
    const tally = await killRuns(RUNS, trials, rng, say);
    return { lines: [`${inWords('runs killed and continued', tally)} (${tally.kills} kills)`], faults: tally.faults };
  },
  async disk(trials = 40) {
    if (!canMount()) return { lines: ['disks that fill up: left out, since nothing can be mounted here (unshare -rm mount)'], faults: [] };
    const tally = await fullDisks(trials, rng.split('disk'), say);
    return { lines: [inWords('disks that fill up', tally)], faults: tally.faults };
  },
  async values() {
    const found = await knownValues(say);
    const worst = Math.max(...found.map(({ error }) => error));
    const { right, wrong } = await playNim();
    return {
      lines: [
        `${found.length} agents in chains: no value is further from the true one than ${worst.toFixed(2)}, where rewards for ever are worth ${FOR_EVER}`,
        `misère Nim, gumbel-muzero: the best move at ${right} of ${right + wrong.length} positions that are won`,
      ],
      faults: [
        ...found.filter(({ error }) => !(error < TOLERANCE)).map(({ name, error, at }) => `${name}: off by ${error.toFixed(2)}, ${at}`),
        ...wrong.map((position) => `misère Nim: another move than the best one in front of ${position}`),
      ],
    };
  },
  async memory(trials = 1_000_000) {
    const { slopeMbPer100kSteps, rssMb: [half, end] } = await growthOver(trials);
    const told = `${slopeMbPer100kSteps.toFixed(2)} MB per 100,000 steps (${half.toFixed(0)} MB at the half, ${end.toFixed(0)} MB at the end)`;
    return { lines: [`memory: ${told}`], faults: slopeMbPer100kSteps > MOST_GROWTH_MB ? [`memory grows by ${told}`] : [] };
  },
};

/** Of the memory of a long run, in 100,000 steps. */
const MOST_GROWTH_MB = 0.2;

const [asked, text] = process.argv.slice(2);
if (asked !== undefined && !Object.hasOwn(PARTS, asked)) throw new Error(`expected one of ${Object.keys(PARTS).join(', ')}, got ${asked}`);
const trials = text === undefined ? undefined : Number(text);
if (trials !== undefined && !(Number.isInteger(trials) && trials >= 1)) throw new Error(`expected a number of trials, got ${text}`);
for (const name of asked === undefined ? Object.keys(PARTS) : [asked]) {
  const { lines, faults } = await PARTS[name](trials);
  for (const line of [...lines, ...faults]) console.log(line);
  if (faults.length > 0) process.exitCode = 1;
}
