/** What comes of comparing a world with a file about another implementation: they differ, or the file is wrong. */
import { UserError } from '../user-error.ts';

/** Largest allowed difference of a number, absolute. */
export const TOLERANCE = 1e-6;

/** The first place where a world and a file about it disagree. */
export class WorldDifference extends Error {
  override readonly name = 'WorldDifference';
  /** Where: `{ episode, step }` in a recording, `{ state, action }` in a table; all count from 0. */
  readonly place: Readonly<Record<string, number>>;
  /** Which number: `state[2]`, `reward`, `terminated`, `probability`, … */
  readonly quantity: string;
  readonly expected: number | boolean;
  readonly got: number | boolean;

  constructor(world: string, source: 'recording' | 'table', difference: Omit<WorldDifference, keyof Error>) {
    const { place, quantity, expected, got } = difference;
    const where = Object.entries(place).map(([key, index]) => `${key} ${index}`).join(', ');
    super(
      `world '${world}' differs from the ${source} in ${where}: ` +
        `expected ${quantity} ${expected}, got ${got} (tolerance ${TOLERANCE})`,
    );
    this.place = place;
    this.quantity = quantity;
    this.expected = expected;
    this.got = got;
  }
}

/** A file that says nothing about this world; `key` is the place at fault, for example `episodes[0].rewards`. */
export class MalformedRecording extends UserError {
  override readonly name = 'MalformedRecording';
  readonly key: string;

  constructor(key: string, problem: string) {
    super(`${key}: ${problem}`);
    this.key = key;
  }
}

/** The first thing wrong with the form of a file, as zod found it. */
export function malformed([issue]: readonly { path: PropertyKey[]; message: string }[]): MalformedRecording {
  return new MalformedRecording(keyOf(issue.path), issue.message);
}

/** A path as one would write it in JavaScript: `episodes[0].actions`. */
function keyOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file';
  return path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('').replace(/^\./, '');
}
