/** Whether a machine can hold what a configuration asks for: said before anything is allocated. */
import { totalmem } from 'node:os';
import { mergeLayers, optionsOf, type AgentVariant, type Config, type Options, type OptionsOf } from '../config/index.ts';
import { UserError } from '../user-error.ts';
import { estimateMemory, numberOf, replayStepBytes, type EstimateRequest } from './estimate.ts';

export interface RoomRequest extends EstimateRequest {
  readonly variant: AgentVariant;
}

/** Bytes that this process may take: the machine's memory, or its container's where that is less. */
export function machineMemory(): number {
  // 0, or more than there is, where nothing is constrained.
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

/**
 * @param available bytes that there are
 * @throws UserError where the replay could never hold a sequence of every lane, or where the run would take more memory
 * than there is; it names the largest part, its key and the nearest value of it that would do
 */
export function requireRoom(request: RoomRequest, available: number = machineMemory()): void {
  requireMemory(request, available);
  requireSequences(request);
}

/** The same for memory alone. */
export function requireMemory(request: RoomRequest, available: number): void {
  const { bytes, parts: [largest] } = estimateMemory(request);
  if (bytes <= available) return;
  const { key, name } = largest;
  const value = numberOf(request.config, key);
  const what = value === undefined ? (key || 'this configuration') : `${key} = ${value}`;
  const most = value === undefined ? undefined : largestThatFits(request, key, value, available);
  const remedy = most === undefined ? otherRemedy(request, key, available) : `${key}=${most} would do`;
  throw new UserError(
    `${what}: this run would need about ${inGigabytes(bytes)} of memory, ${inGigabytes(largest.bytes)} of it for ${name}, ` +
      `and there are ${inGigabytes(available)}; ${remedy}`,
  );
}

/** What to do where no value of the largest part's key is small enough, or where it has none. */
function otherRemedy(request: RoomRequest, key: string, available: number): string {
  const { config } = request;
  const [found] = ['search.simulations', 'train.batchSize', 'train.batchLength', 'env.lanes', 'replay.bytes'].flatMap((other) => {
    const value = other === key ? undefined : numberOf(config, other);
    const most = value === undefined ? undefined : largestThatFits(request, other, value, available);
    return most === undefined ? [] : [`${other}=${most}`];
  });
  if (found !== undefined) return `${found} would do`;
  return numberOf(config, key) === undefined ? 'begin from a smaller --preset' : 'no key alone makes it small enough: begin from a smaller --preset';
}

const inGigabytes = (bytes: number): string => {
  const gigabytes = bytes / 1e9;
  if (gigabytes >= 1e5) return `${Number(gigabytes.toPrecision(2)).toExponential().replace('e+', 'e')} GB`;
  return `${gigabytes >= 100 ? Math.round(gigabytes) : gigabytes.toPrecision(2)} GB`;
};

/** The largest value of a key below `value` with which the run fits; undefined where none does. */
function largestThatFits(request: RoomRequest, key: string, value: number, available: number): number | undefined {
  const fitting = (candidate: number): number | undefined => {
    const known = validBelow(request, key, candidate);
    return known !== undefined && estimateMemory(known.request).bytes <= available ? known.value : undefined;
  };
  let [fits, tooMuch] = [0, Math.ceil(value)];
  while (tooMuch - fits > Math.max(1, fits / 100)) {
    const geometric = Math.floor(Math.sqrt(Math.max(1, fits) * tooMuch));
    const middle = geometric > fits && geometric < tooMuch ? geometric : Math.floor((fits + tooMuch) / 2);
    if (fitting(middle) !== undefined) fits = middle;
    else tooMuch = middle;
  }
  if (fits < 1) return undefined;
  // What is easily written, rather than what only just fits.
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(fits)) - 1);
  return fitting(Math.floor(fits / digits) * digits) ?? fitting(fits);
}

/** Values go with others by rules, which hold again a little below: so far is looked for one. */
const FAR = 256;

/** The largest value of a key, at most `value`, that goes with the others, and the run with it. */
function validBelow(request: RoomRequest, key: string, value: number): { value: number; request: EstimateRequest } | undefined {
  const { variant } = request;
  const [section, name] = key.split('.');
  for (let candidate = value; candidate >= 1 && candidate > value - FAR; candidate--) {
    const config = mergeLayers(request.config, { [section]: { [name]: candidate } }) as Config;
    const shape = { ...request.shape, image: { ...request.shape.image, size: config.env.size } };
    const options = optionsWithin(config, variant);
    if (!options || (variant.rules?.(options, config) ?? []).length > 0) continue;
    const agent = variant.build(options, shape);
    return { value: candidate, request: { ...request, config, shape, agent, ...searchOf(request, config) } };
  }
  return undefined;
}

/** Undefined where a value is beyond its range. */
function optionsWithin(config: Config, variant: AgentVariant): OptionsOf<Options> | undefined {
  try {
    return optionsOf(config, variant);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** The options of the search, with what was changed of the section. */
function searchOf({ search }: EstimateRequest, { search: changed }: Config): Pick<EstimateRequest, 'search'> {
  if (!search) return {};
  return { search: mergeLayers(search, { search: changed }) as OptionsOf<Options> };
}

/** @throws UserError where the replay is too small for one sequence in every lane */
function requireSequences(request: EstimateRequest): void {
  const { env: { lanes }, train: { batchLength }, replay: { bytes } } = request.config;
  const perStep = replayStepBytes(request);
  const steps = Math.floor(bytes / perStep / lanes) * lanes;
  if (steps >= lanes * batchLength) return;
  throw new UserError(
    `replay.bytes = ${bytes} holds ${steps} steps of ${perStep} bytes, but ${lanes} lanes need sequences of ${batchLength} each: ` +
      `expected at least ${lanes * batchLength * perStep}, or fewer env.lanes or a shorter train.batchLength`,
  );
}
