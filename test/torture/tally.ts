/** What came of many trials. */
export interface Tally {
  /** The same to the bit, as if nothing had happened. */
  identical: number;
  /** A sentence that says what is wrong, and nothing lost that was there before. */
  clear: number;
  /** Another result, a stack, or a loss. */
  wrong: number;
  /** No end within the time that is stated. */
  hung: number;
  /** What was wrong, to be looked at. */
  readonly faults: string[];
}

export type Outcome = 'identical' | 'clear' | 'wrong' | 'hung';

export const newTally = (): Tally => ({ identical: 0, clear: 0, wrong: 0, hung: 0, faults: [] });

export function count(tally: Tally, outcome: Outcome, what: string): void {
  tally[outcome]++;
  if (outcome === 'wrong' || outcome === 'hung') tally.faults.push(`${outcome}: ${what}`);
}

/** @param plausible how many files were in order as other files, where files are what was tried */
export function inWords(name: string, { identical, clear, wrong, hung }: Omit<Tally, 'faults'>, plausible?: number): string {
  const trials = identical + clear + wrong + hung + (plausible ?? 0);
  const others = plausible === undefined ? '' : `${plausible} in order as other files, `;
  return `${name.padEnd(28)} ${String(trials).padStart(7)} trials: ${identical} identical, ${clear} clear, ${others}${wrong} wrong, ${hung} hung`;
}
