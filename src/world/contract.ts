/**
 * What every world promises, as checks that say in words what is broken. They run on worlds that somebody is still
 * writing: whatever a world does, the outcome is a finding and not a crash.
 */
import type { Rng } from '../types.ts';
import { drawingChecks } from './contract-drawing.ts';
import { extrasChecks } from './contract-extras.ts';
import { rulesChecks } from './contract-rules.ts';
import { Broken } from './contract-trial.ts';
import { isEnvironment, shapeProblems } from './shape.ts';

export interface Finding {
  /** What was checked, for example `step is pure`. */
  readonly check: string;
  readonly ok: boolean;
  /** What was found; where it is not ok, what was expected, what came, and what to do. */
  readonly message: string;
}

export interface ContractOptions {
  /** Side of the pictures in pixels; 64 where it is absent. */
  readonly size?: number;
  readonly rng: Rng;
}

/**
 * Run every check on a value that should be an `Environment`. Plays some thousand steps at most, draws about a hundred
 * frames, and does not throw; only an endless loop in the world can stop it.
 */
export async function checkEnvironment(environment: unknown, options: ContractOptions): Promise<Finding[]> {
  if (!isEnvironment(environment)) {
    return shapeProblems(environment).map((message) => ({ check: 'shape', ok: false, message }));
  }
  const findings: Finding[] = [{ check: 'shape', ok: true, message: 'it has all that a world needs' }];
  for (const { name, run } of [...rulesChecks, ...drawingChecks, ...extrasChecks]) {
    try {
      const message = await run({ environment, size: options.size ?? 64, rng: options.rng.split(name) });
      if (message !== undefined) findings.push({ check: name, ok: true, message });
    } catch (error) {
      findings.push({ check: name, ok: false, message: explain(error) });
    }
  }
  return findings;
}

function explain(error: unknown): string {
  if (error instanceof Broken) return error.message;
  if (!(error instanceof Error)) return `the world threw ${String(error)}; it should not throw`;
  const where = error.stack?.split('\n').find((line) => line.startsWith('    at '))?.trim();
  return `the world threw ${error.name}: ${error.message}${where === undefined ? '' : ` (${where})`}`;
}
