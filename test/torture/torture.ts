/**
 * `npm run torture`: what a run has to outlive, many times over; takes hours. What each part comes to is counted, and what
 * was wrong or hung is listed with the number that brings it back. Exit code 1 where anything was.
 *   npm run torture -- kills 3        each agent, killed with −9 one to four times and continued, three times over
 *   npm run torture -- files 100000   so many changed checkpoints, segments, contexts, marks and configurations
 *   npm run torture -- disk 40        so many disks that fill up while an agent is trained (Linux)
 *   npm run torture -- worlds         worlds that do what no world may, while an agent is trained in them
 *   npm run torture -- values         every agent in chains whose values are known
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

const [part, text] = process.argv.slice(2);
const number = (standard: number): number => {
  const value = text === undefined ? standard : Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`expected a number of trials, got ${text}`);
};
const rng = createRng(0);
const say = (line: string): void => console.error(line);
let faults: readonly string[] = [];

if (part === undefined || part === 'worlds') {
  const tally = await faultyWorlds(undefined, say);
  console.log(inWords('worlds that misbehave', tally));
  faults = [...faults, ...tally.faults];
}
if (part === undefined || part === 'files') {
  const folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-files-'));
  try {
    await makeRunFolder(folder);
    const { counts: { identical, clear, plausible, wrong, hung }, faults: found } = await mutateFiles({ folder, mutations: number(100_000), seed: 1 });
    console.log(`${inWords('changed files', { identical, clear, wrong, hung, faults: [] })}, ${plausible} in order as other files`);
    faults = [...faults, ...found.map(({ index, outcome, detail }) => `file ${index}: ${outcome}, ${detail}`)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
if (part === undefined || part === 'kills') {
  const tally = await killRuns(RUNS, number(3), rng, say);
  console.log(`${inWords('runs killed and continued', tally)} (${tally.kills} kills)`);
  faults = [...faults, ...tally.faults];
}
if (part === undefined || part === 'disk') {
  if (canMount()) {
    const tally = await fullDisks(number(40), rng.split('disk'), say);
    console.log(inWords('disks that fill up', tally));
    faults = [...faults, ...tally.faults];
  } else {
    console.log('disks that fill up: left out, since nothing can be mounted here (unshare -rm mount)');
  }
}
if (part === undefined || part === 'values') {
  const found = await knownValues(say);
  console.log(`${found.length} agents in chains: values are within ${Math.max(...found.map(({ error }) => error)).toFixed(2)} of ±${FOR_EVER} at most`);
  faults = [...faults, ...found.filter(({ error }) => !(error < TOLERANCE)).map(({ name, error, at }) => `${name}: off by ${error.toFixed(2)}, ${at}`)];
}
if (part === undefined || part === 'memory') {
  const { slopeMbPer100kSteps, rssMb: [half, end] } = await growthOver(number(1_000_000));
  const told = `${slopeMbPer100kSteps.toFixed(2)} MB per 100,000 steps (${half.toFixed(0)} MB at the half, ${end.toFixed(0)} MB at the end)`;
  console.log(`memory: ${told}`);
  if (slopeMbPer100kSteps > 0.2) faults = [...faults, `memory grows by ${told}`];
}
for (const fault of faults) console.log(fault);
if (faults.length > 0) process.exitCode = 1;
