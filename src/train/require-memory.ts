/** Whether a machine can hold what a configuration asks for: said before anything is allocated. */
import { totalmem } from 'node:os';
import { UserError } from '../user-error.ts';
import { estimateMemory, numberOf, replayStepBytes, type EstimateRequest } from './estimate.ts';
import { largestThatFits, type RoomRequest } from './largest-that-fits.ts';

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
  const most = value === undefined ? undefined : largestThatFits(request, key, value, within(available));
  const remedy = most === undefined ? otherRemedy(request, key, available) : `${key}=${most} would do`;
  throw new UserError(
    `${what}: this run would need about ${inGigabytes(bytes)} of memory, ${inGigabytes(largest.bytes)} of it for ${name}, ` +
      `and there are ${inGigabytes(available)}; ${remedy}`,
  );
}

const within = (available: number) => (request: EstimateRequest): boolean => estimateMemory(request).bytes <= available;

/** What to do where no value of the largest part's key is small enough, or where it has none. */
function otherRemedy(request: RoomRequest, key: string, available: number): string {
  const { config } = request;
  const [found] = ['search.simulations', 'train.batchSize', 'train.batchLength', 'env.lanes', 'replay.bytes'].flatMap((other) => {
    const value = other === key ? undefined : numberOf(config, other);
    const most = value === undefined ? undefined : largestThatFits(request, other, value, within(available));
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
