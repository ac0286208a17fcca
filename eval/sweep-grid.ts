/**
 * The grid of a sweep: worlds × agents × presets × changes are its arms, and an arm has one run for each seed. It says
 * which runs there are, what each is called and which command makes it; it runs nothing.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../src/config/index.ts';
import { nameOf } from '../src/listing.ts';
import { configure } from '../src/train/configure.ts';
import { UserError } from '../src/user-error.ts';

/** What `dreamtree sweep` was asked for, as it was typed. */
export interface SweepRequest {
  /** Names or files. */
  readonly worlds: readonly string[];
  /** Separated by commas; what suits each world where it is absent. */
  readonly agents?: string;
  /** The agent that suits a world, where that is not the configuration's default. */
  agentFor?(world: string): string | undefined;
  /** Separated by commas; what suits each world where it is absent. */
  readonly presets?: string;
  readonly seeds: string;
  readonly minutes?: string;
  readonly steps?: string;
  /** `key=value`, for all runs. */
  readonly set?: readonly string[];
  /** `key=value`, or several joined with `+`: an arm of its own for each, beside the default. */
  readonly vary?: readonly string[];
  /** What is measured of every run, separated by commas. */
  readonly measures?: string;
}

/** One way to learn one world: what a row of the table is about. */
export interface Arm {
  /** As it was typed. */
  readonly world: string;
  /** What its files are called. */
  readonly worldName: string;
  /** As it was typed; absent for the default. */
  readonly change?: string;
  /** One for each seed; never empty. */
  readonly runs: readonly PlannedRun[];
  /** The command line of the smallest sweep that makes this arm. */
  readonly sweepArgs: readonly string[];
}

export interface PlannedRun {
  readonly seed: number;
  readonly config: Config;
  /** The name of its folder. */
  readonly folder: string;
  /** The command line that trains it, but for the folder. */
  readonly trainArgs: readonly string[];
}

export interface SweepPlan {
  readonly arms: readonly Arm[];
  /** What was asked for and is left out, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Lay out a sweep.
 * @throws UserError where a configuration cannot be, seeds or changes cannot be read, or two runs would share a folder.
 */
export async function planSweep(request: SweepRequest): Promise<SweepPlan> {
  const { worlds, agents, presets, set = [], vary = [] } = request;
  if ([...set, ...vary.flatMap(parseChange)].some((part) => /^\s*seed\s*=/.test(part))) {
    throw new UserError("'seed' is not for --set or --vary in a sweep; choose seeds with --seeds");
  }
  const seeds = parseSeeds(request.seeds);
  const notes = new Set<string>();
  const [agentNames, presetNames] = [listOf('--agents', agents), listOf('--presets', presets)];
  const choices = unique(worlds).flatMap((world) =>
    agentNames.flatMap((agent = request.agentFor?.(world)) => presetNames.map((preset) => ({ world, agent, preset }))),
  );
  const arms: Arm[] = [];
  for (const choice of choices) {
    const different: Arm[] = [];
    for (const change of [undefined, ...unique(vary)]) {
      const arm = await planArm(request, { ...choice, change, seeds });
      const twin = different.find(({ runs }) => isDeepStrictEqual(runs[0].config, arm.runs[0].config));
      if (!twin) different.push(arm);
      else notes.add(`${choice.world}: ${change} is what ${twin.change ?? 'the default'} does there, and is left out`);
    }
    arms.push(...different);
  }
  requireOwnFolders(arms.flatMap(({ runs }) => runs));
  return { arms, notes: [...notes] };
}

interface Choice {
  readonly world: string;
  readonly agent?: string;
  readonly preset?: string;
  readonly change?: string;
  readonly seeds: readonly number[];
}

async function planArm(request: SweepRequest, { world, agent, preset, change, seeds }: Choice): Promise<Arm> {
  const { minutes, steps, set = [] } = request;
  const worldName = path.basename(world).replace(/\.[cm]?[jt]s$/, '');
  const changes = [...set, ...(change ? parseChange(change) : [])];
  const budget = [...option('--minutes', minutes), ...option('--steps', steps)];
  const runs = await Promise.all(seeds.map(async (seed) => {
    const overrides = [
      ...(steps ? [`train.steps=${steps}`] : []), ...(minutes ? [`train.minutes=${minutes}`] : []),
      `seed=${seed}`, ...changes,
    ];
    const { config } = await configure({ world, overrides, ...(agent ? { agent } : {}), ...(preset ? { preset } : {}) });
    const name = [worldName, nameOf(config.agent), preset ?? 'default', ...(change ? [safeName(change)] : [])].join('-');
    return {
      seed, config, folder: `${name}-seed${seed}`,
      trainArgs: [
        'train', world, ...option('--agent', agent), ...option('--preset', preset), ...option('--seed', String(seed)),
        ...budget, ...option('--set', changes),
      ],
    };
  }));
  const sweepArgs = [
    'sweep', world, ...option('--agents', agent), ...option('--presets', preset), ...option('--seeds', request.seeds),
    ...budget, ...option('--set', set), ...option('--vary', change), ...option('--measures', request.measures),
  ];
  return { world, worldName, change, runs, sweepArgs };
}

/** An option with its values; nothing where there are none. */
const option = (name: string, values: string | readonly string[] = []): string[] =>
  values.length > 0 ? [name, ...[values].flat()] : [];

/** `0-2` and `0,3,5`, or both together, each once. @throws UserError */
export function parseSeeds(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => {
    const match = /^\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?$/.exec(part);
    if (!match) throw new UserError(`--seeds: expected numbers such as 0-2 or 0,3,5, got '${text}'`);
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (last < first) throw new UserError(`--seeds: ${part} goes downwards`);
    if (last - first >= 1000) throw new UserError(`--seeds: ${part} is more than a thousand seeds`);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  return unique(seeds);
}

/**
 * `behavior.entropy=0.03+optimizer.learningRate=1e-4` as its two parts. A `+` within a value, as in 1e+5, is none of
 * ours: only one that a key and `=` follow joins. @throws UserError where a part is no `key=value`
 */
export function parseChange(change: string): string[] {
  const parts = change.split(/\+(?=[A-Za-z][\w.]*=)/);
  for (const part of parts) {
    if (!/^[^=]+=/.test(part)) throw new UserError(`--vary: expected key=value, got '${part}'`);
  }
  return parts;
}


/** Names separated by commas; one that is undefined, for the default, where there is no text. */
const listOf = (option: string, text: string | undefined): (string | undefined)[] =>
  (text === undefined ? [undefined] : namesOf(option, text));

/** Names separated by commas, each once. @throws UserError where there are none */
export function namesOf(option: string, text: string): string[] {
  const names = unique(text.split(',').map((part) => part.trim()).filter((part) => part !== ''));
  if (names.length === 0) throw new UserError(`${option}: expected names separated by commas, got '${text}'`);
  return names;
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Fit for a folder of any system, 57 characters at most; where that loses something, a hash tells names apart. */
function safeName(text: string): string {
  const name = text.replace(/[^\w.+=-]+/g, '_').slice(0, 48);
  return name === text ? name : `${name}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

/** @throws UserError where two runs would share a folder */
export function requireOwnFolders(runs: readonly PlannedRun[]): void {
  const worlds = new Map<string, string>();
  for (const { folder, config: { world } } of runs) {
    const key = folder.toLowerCase(); // not every file system tells cases apart
    const other = worlds.get(key);
    if (other !== undefined) {
      const both = `runs of ${other} and ${world} would both go to ${folder}`;
      throw new UserError(`${both}: sweep them apart, each with its own --out`);
    }
    worlds.set(key, world);
  }
}
