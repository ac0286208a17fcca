/** Our update beside PyTorch's, timed in turn, so that both see the same machine. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../src/config/index.ts';
import { configure } from '../../src/train/configure.ts';
import { UserError } from '../../src/user-error.ts';
import { median } from '../statistics.ts';
import { benchUpdate } from './update.ts';

export interface TorchComparison {
  readonly preset: string;
  readonly threads: number;
  readonly torch: string;
  /** Medians over the turns. */
  readonly ms: number;
  readonly torchMs: number;
  /** How many times faster ours is: the median over turns of the ratio within a turn. */
  readonly ratio: number;
  readonly ratios: readonly number[];
  /** Must be close, or the two do not do the same. */
  readonly parameters: number;
  readonly torchParameters: number;
}

interface TorchResult {
  readonly torch: string;
  readonly ms: number;
  readonly parameters: number;
}

/** @throws UserError where no Python with PyTorch is found. */
export async function compareWithTorch(
  options: { preset: string; overrides?: readonly string[]; compiled?: boolean; turns?: number; updates?: number },
): Promise<TorchComparison> {
  const { preset, overrides = [], compiled = false, turns = 3, updates = 15 } = options;
  const { config } = await configure({ world: 'catch', preset, overrides });
  const python = await findPython();
  const turnResults: { ours: Awaited<ReturnType<typeof benchUpdate>>; theirs: TorchResult }[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const theirs = await runTorch(python, config, updates, compiled);
    turnResults.push({ ours: await benchUpdate({ preset, overrides, updates }), theirs });
  }
  const ratios = turnResults.map(({ ours, theirs }) => theirs.ms / ours.ms);
  const [{ ours, theirs }] = turnResults;
  return {
    preset, threads: config.train.threads, torch: `${theirs.torch}${compiled ? ' compiled' : ' eager'}`,
    ms: median(turnResults.map((turn) => turn.ours.ms)), torchMs: median(turnResults.map((turn) => turn.theirs.ms)),
    ratio: median(ratios), ratios, parameters: ours.parameters, torchParameters: theirs.parameters,
  };
}

export async function findPython(): Promise<string> {
  for (const python of [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter((name) => name !== undefined)) {
    const { code } = await run(python, ['-c', 'import torch'], '').catch(() => ({ code: 1 }));
    if (code === 0) return python;
  }
  throw new UserError('no Python with PyTorch found: install it (Debian: python3-torch), or name one with PYTHON=…');
}

const runTorch = (python: string, config: Config, updates: number, compiled: boolean): Promise<TorchResult> =>
  runScript<TorchResult>(python, 'update_torch.py', { config, updates, compile: compiled });

/** What a script beside this file prints, told `request`. */
export async function runScript<Result>(python: string, name: string, request: object): Promise<Result> {
  const script = fileURLToPath(new URL(`./${name}`, import.meta.url));
  const { code, stdout, stderr } = await run(python, [script], JSON.stringify(request));
  if (code !== 0) throw new Error(`${script} failed:\n${stderr}`);
  return JSON.parse(stdout) as Result;
}

function run(command: string, args: readonly string[], input: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}
