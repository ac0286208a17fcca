/** Whether a value has the shape of an environment; what is said about it is for somebody who is writing one. */
import { printable, printableLine } from '../printable.ts';
import type { Environment } from '../types.ts';

const REQUIRED = ['reset', 'step', 'draw'] as const;
const OPTIONAL = ['ahead', 'legal', 'toMove', 'expert', 'transitions'] as const;

/** Everything that is wrong with the shape of `value`, one sentence each; empty where it is an `Environment`. */
export function shapeProblems(value: unknown): readonly string[] {
  if (!isRecord(value)) return [`expected an environment object as the default export, got ${kindOf(value)}`];
  const problems: string[] = [];
  for (const key of ['name', 'description'] as const) {
    const text = value[key];
    if (typeof text !== 'string' || text.trim() === '') {
      problems.push(`expected ${key} to be a text that is not empty, got ${kindOf(text)}`);
    } else if (key === 'name' ? !isLine(text) : printable(text) !== text) {
      problems.push(`expected ${key} to be a text without control characters, got ${JSON.stringify(printable(text))}`);
    }
  }
  problems.push(...actionSpaceProblems(value.actions));
  if (!isCount(value.maxSteps)) {
    const got = kindOf(value.maxSteps);
    problems.push(`expected maxSteps, the time limit in actions, to be a whole number ≥ 1, got ${got}`);
  }
  for (const key of REQUIRED) {
    if (typeof value[key] !== 'function') problems.push(`expected a function ${key}(), got ${kindOf(value[key])}`);
  }
  for (const key of OPTIONAL) {
    if (value[key] !== undefined && typeof value[key] !== 'function') {
      problems.push(`expected ${key} to be a function or to be left out, got ${kindOf(value[key])}`);
    }
  }
  problems.push(...extraProblems(value));
  return problems;
}

export function isEnvironment(value: unknown): value is Environment {
  return shapeProblems(value).length === 0;
}

function actionSpaceProblems(actions: unknown): readonly string[] {
  const wanted = "expected actions to be { kind: 'discrete', n } or { kind: 'continuous', low, high }";
  if (!isRecord(actions)) return [`${wanted}, got ${kindOf(actions)}`];
  if (actions.kind === 'discrete') {
    const { n, names } = actions;
    if (!isCount(n)) return [`expected actions.n to be a whole number ≥ 1, got ${kindOf(n)}`];
    if (names === undefined || (Array.isArray(names) && names.length === n && names.every(isLine))) return [];
    return [`expected actions.names to name each of the ${n} actions, got ${kindOf(names)}`];
  }
  if (actions.kind !== 'continuous') return [`${wanted}, got the kind ${kindOf(actions.kind)}`];
  const { low, high } = actions;
  if (!isNumbers(low) || !isNumbers(high) || low.length !== high.length || low.length === 0) {
    return ['expected actions.low and actions.high to be lists of finite numbers, equally long and not empty'];
  }
  const inverted = low.findIndex((value, i) => value >= high[i]);
  if (inverted < 0) return [];
  const bounds = `${low[inverted]} and ${high[inverted]}`;
  return [`expected actions.low to be below actions.high, got ${bounds} at index ${inverted}`];
}

function extraProblems({ reference, recording }: Readonly<Record<string, unknown>>): readonly string[] {
  const problems: string[] = [];
  if (reference !== undefined && !(isRecord(reference) && isNumbers([reference.random, reference.expert]))) {
    problems.push('expected reference to be { random, expert }, two finite mean returns, or to be left out');
  }
  if (
    recording !== undefined &&
    !(isRecord(recording) && typeof recording.toVector === 'function' && typeof recording.fromVector === 'function')
  ) {
    problems.push('expected recording to be { toVector, fromVector }, two functions, or to be left out');
  }
  return problems;
}

/** Text that a terminal can show as it is. */
function isLine(value: unknown): boolean {
  return typeof value === 'string' && printableLine(value) === value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1;
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isFinite(item));
}

/** A value in a few words, for an error. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
