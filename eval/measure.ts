/**
 * What a file in `measures` exports by default: one or more numbers about a trained agent, each with its unit and range.
 * `dreamtree eval --measures` prints them, sweeps and studies put them into their tables.
 */
import type { OpenedAgent } from '../src/open/open.ts';
import type { Rng } from '../src/types.ts';
import { bootstrapInterval95, interquartileMean } from './statistics.ts';

/** An agent with its world and its parameters: one that was opened, or that of a run under way beside its parameters. */
export type MeasuredAgent = Omit<OpenedAgent, 'file' | 'checkpoint'>;

export interface Quantity {
  /** A few words, such as `dB` or `squared error of pixels in [0, 1]`. */
  readonly unit: string;
  /** What it can be at all; both ends are included. */
  readonly range: readonly [least: number, greatest: number];
  /** Absent where neither is. */
  readonly better?: 'higher' | 'lower';
  /** Where its definition is from, or the definition. */
  readonly source?: string;
}

export interface MeasureSetting {
  readonly opened: MeasuredAgent;
  /** The run that it is from, where it is from one. */
  readonly folder?: string;
  /** Fresh episodes to play, or to dream beside. */
  readonly episodes: number;
  /** Measures split it by names: `eval` for episodes that are played, `dream` for those that are dreamt. */
  readonly rng: Rng;
  /** How it acts in the world, a name or a file; as it did while it learned where it is absent. */
  readonly policy?: string;
  /** Who plays the other side of a game for two (see opponents.ts). */
  readonly opponent?: string;
}

export interface Measure {
  /** One sentence for `dreamtree list`. */
  readonly description: string;
  /** The first is what the measure is known by: short tables show it alone. */
  readonly quantities: Readonly<Record<string, Quantity>>;
  /** Why this agent has no such numbers, in words that go on after the measure's name; undefined where it has. */
  refuses(opened: MeasuredAgent): string | undefined;
  /** By the names of its quantities, finite; without those that there are none of here, such as a fifteenth step. */
  measure(setting: MeasureSetting): Promise<Readonly<Record<string, number>>>;
}

/** A measure by the name it has on the command line. */
export interface NamedMeasure {
  readonly name: string;
  readonly measure: Measure;
}

/** What came of measuring an agent. */
export type Taken = { readonly values: Readonly<Record<string, number>> } | { readonly refused: string };

/** All of them, one after another, by name. Numbers that are not finite, as of an agent that diverged, are left out. */
export async function takeMeasures(
  measures: readonly NamedMeasure[],
  setting: MeasureSetting,
): Promise<Record<string, Taken>> {
  const taken: Record<string, Taken> = {};
  for (const { name, measure } of measures) {
    const refused = measure.refuses(setting.opened);
    if (refused !== undefined) {
      taken[name] = { refused };
      continue;
    }
    const values = Object.entries(await measure.measure(setting)).filter(([, value]) => Number.isFinite(value));
    taken[name] = { values: Object.fromEntries(values) };
  }
  return taken;
}

/** A quantity's name in tables: `open-loop.psnr`. */
export const columnName = (measure: string, quantity: string): string => `${measure}.${quantity}`;

/** One quantity of several runs of an arm. */
export interface MeasuredColumn extends Pick<Quantity, 'unit' | 'better'> {
  /** It is what its measure is known by. */
  readonly headline: boolean;
  /** By seed; null where a run has no such number. */
  readonly values: readonly (number | null)[];
  /** Interquartile mean of those there are, and its 95 % bootstrap interval over seeds. */
  readonly iqm?: number;
  readonly ci95?: readonly [number, number];
}

/** Every quantity of every measure, by `columnName`. `runs` hold what was taken of each run, by `columnName` as well. */
export function measuredColumns(
  measures: readonly NamedMeasure[],
  runs: readonly Readonly<Record<string, number>>[],
  rng: Rng,
): Record<string, MeasuredColumn> {
  return Object.fromEntries(measures.flatMap(({ name, measure }) =>
    Object.entries(measure.quantities).map(([quantity, { unit, better }], i): [string, MeasuredColumn] => {
      const key = columnName(name, quantity);
      const values = runs.map((run) => run[key] ?? null);
      const known = values.filter((value) => value !== null);
      return [key, {
        unit, ...(better ? { better } : {}), headline: i === 0, values,
        ...(known.length > 0
          ? { iqm: interquartileMean(known), ci95: bootstrapInterval95(known, rng.split(key), interquartileMean) }
          : {}),
      }];
    })));
}
