/**
 * What every world promises, as checks that say in words what is broken. They run on worlds that somebody is still
 * writing: whatever a world does, the outcome is a finding and not a crash.
 */
import type { Environment, Rng } from '../types.ts';
import { drawingChecks } from './contract-drawing.ts';
import { extrasChecks } from './contract-extras.ts';
import { rulesChecks } from './contract-rules.ts';
import { Broken, type Check } from './contract-trial.ts';
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

/** What is found of a world whose shape is right. */
export const shapely: Finding = { check: 'shape', ok: true, message: 'it has all that a world needs' };

/** Every check, in the order in which they are run. */
export const contractChecks: readonly Check[] = [...rulesChecks, ...drawingChecks, ...extrasChecks];

/** What one check finds; undefined where it does not apply to this world. */
export async function runCheck(environment: Environment, name: string, options: ContractOptions): Promise<Finding | undefined> {
  const check = contractChecks.find((each) => each.name === name);
  if (!check) throw new RangeError(`there is no check '${name}'`);
  try {
    const message = await check.run({ environment, size: options.size ?? 64, rng: options.rng.split(name) });
    return message === undefined ? undefined : { check: name, ok: true, message };
  } catch (error) {
    return { check: name, ok: false, message: explain(error) };
  }
}

/**
 * Run every check on a value that should be an `Environment`. Plays some thousand steps at most, draws about a hundred
 * frames, and does not throw; only an endless loop in the world can stop it.
 */
export async function checkEnvironment(environment: unknown, options: ContractOptions): Promise<Finding[]> {
  if (!isEnvironment(environment)) {
    return shapeProblems(environment).map((message) => ({ check: 'shape', ok: false, message }));
  }
  const findings: Finding[] = [shapely];
  for (const { name } of contractChecks) {
    const finding = await runCheck(environment, name, options);
    if (finding) findings.push(finding);
  }
  return findings;
}

function explain(error: unknown): string {
  if (error instanceof Broken) return error.message;
  if (!(error instanceof Error)) return `the world threw ${String(error)}; it should not throw`;
  const where = error.stack?.split('\n').find((line) => line.startsWith('    at '))?.trim();
  return `the world threw ${error.name}: ${error.message}${where === undefined ? '' : ` (${where})`}`;
}
