/** Worlds that do what no world may, while an agent is trained in them: a sentence, exit 2, and a run that can go on. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dreamtree, isClear } from './command.ts';
import { count, newTally, type Tally } from './tally.ts';

interface Fault {
  readonly name: string;
  /** Where in the world it happens, from the 20th step of a lane's episodes on. */
  readonly where: 'step' | 'reset' | 'draw' | 'legal' | 'top';
  /** Statements; `t` is how many steps have been made. */
  readonly does: string;
  /** Before anything could have been saved. */
  readonly early?: boolean;
}

const wrongRewards = ['NaN', 'Infinity', '-Infinity', '1e39', '"1"', '1n', 'undefined', 'null', '[1]', '{}'];
const wrongStates = [
  'new Set([1])', 'new Map()', 'new Date(0)', '1n', '() => 0', 'Symbol("a")', '"\\ud83d"', '/a/', 'new (class A {})()', 'Buffer.of(1)', 'new Error("x")',
  'new BigInt64Array(1)',
];

export const FAULTS: readonly Fault[] = [
  ...(['step', 'draw', 'legal'] as const).flatMap((where): Fault[] => [
    { name: `${where} throws an error`, where, does: 'throw new TypeError("no such cell")' },
    { name: `${where} throws a text`, where, does: 'throw "oh"' },
    { name: `${where} throws nothing`, where, does: 'throw undefined' },
    { name: `${where} ends the program`, where, does: 'process.exit(0)' },
    { name: `${where} never returns`, where, does: 'for (;;);' },
    { name: `${where} calls itself for ever`, where, does: '(function f() { f(); })()' },
  ]),
  { name: 'step gives a promise', where: 'step', does: 'return Promise.resolve()' },
  { name: 'step rejects later', where: 'step', does: 'return Promise.reject(new Error("later"))' },
  { name: 'step gives nothing', where: 'step', does: 'return' },
  { name: 'step gives a text', where: 'step', does: 'return "next"' },
  { name: 'step changes its state in place', where: 'step', does: 's.t++' },
  { name: 'step changes an array in place', where: 'step', does: 's.cells[0]++' },
  { name: 'draw changes the state in place', where: 'draw', does: 's.t++' },
  ...wrongRewards.map((reward): Fault => ({ name: `the reward is ${reward}`, where: 'step', does: `return { state: next, reward: ${reward}, terminated: false }` })),
  ...wrongStates.map((odd): Fault => ({ name: `the state holds ${odd}`, where: 'step', does: `return { state: { ...next, odd: ${odd} }, reward: 0, terminated: false }` })),
  { name: 'terminated is 1', where: 'step', does: 'return { state: next, reward: 0, terminated: 1 }' },
  { name: 'nothing is legal', where: 'legal', does: 'return [false, false]' },
  { name: 'legal gives too few', where: 'legal', does: 'return [true]' },
  { name: 'the file throws', where: 'top', does: 'throw new Error("not yet")', early: true },
  { name: 'the file never returns', where: 'top', does: 'for (;;);', early: true },
  { name: 'the file ends the program', where: 'top', does: 'process.exit(0)', early: true },
  { name: 'reset throws at once', where: 'reset', does: 'throw new Error("no floor")', early: true },
];

const source = ({ where, does }: Fault): string => `
${where === 'top' ? does : ''}
let made = 0;
export default {
  name: 'faulty', description: 'A world with a fault.', actions: { kind: 'discrete', n: 2 }, maxSteps: 9,
  reset(rng) { ${where === 'reset' ? does : ''}; return { t: 0, cells: new Uint8Array(3) }; },
  step(s, action, rng) {
    const next = { t: s.t + 1, cells: s.cells.slice() };
    if (++made > 90) { ${where === 'step' ? does : ''} }
    return { state: next, reward: action, terminated: false };
  },
  draw(ctx, s, palette) {
    if (made > 90) { ${where === 'draw' ? does : ''} }
    ctx.fillStyle = palette.agent; ctx.fillRect(s.t / 10, 0.4, 0.1, 0.2);
  },
  ${where === 'legal' ? `legal(s) { if (made > 90) { ${does} } return [true, true]; },` : ''}
};
`;

/** Train in each of them; the run must be there afterwards, and go on where the fault has been mended. */
export async function faultyWorlds(faults: readonly Fault[] = FAULTS, say: (text: string) => void = () => {}): Promise<Tally> {
  const tally = newTally();
  const folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-worlds-'));
  try {
    for (const [number, fault] of faults.entries()) {
      const write = (does: string) => writeFileSync(path.join(folder, `w${number}.mjs`), source({ ...fault, does }));
      const args = [
        'train', `./w${number}.mjs`, '--preset', 'debug', '--threads', '1', '--logdir', `run${number}`, '--set', 'env.timeout=30', 'train.evalEpisodes=1',
        // A forbidden action is not met by an agent that knows no masks.
        ...(fault.where === 'legal' ? ['--agent', 'gumbel-muzero'] : []),
      ];
      write(fault.does);
      const failed = await dreamtree(args, { cwd: folder });
      const saved = existsSync(path.join(folder, `run${number}`, 'checkpoint.dream'));
      if (failed.hung) count(tally, 'hung', fault.name);
      else if (!isClear(failed)) count(tally, 'wrong', `${fault.name}: exit ${failed.code}, ${failed.stderr.slice(-300)}`);
      else if (!fault.early && !saved) count(tally, 'wrong', `${fault.name}: nothing was saved`);
      else {
        write('');
        const mended = await dreamtree(args, { cwd: folder });
        if (mended.code === 0) count(tally, 'clear', fault.name);
        else count(tally, 'wrong', `${fault.name}: mended, it does not go on: ${mended.stderr.slice(-300)}`);
      }
      say(`${fault.name}: ${failed.stderr.split('\n').find((line) => line.startsWith('error:')) ?? 'no sentence'}`);
    }
    return tally;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
