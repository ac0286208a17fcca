/** Which value of a key a machine could do, where it cannot do what was asked for. */
import { mergeLayers, optionsOf, type AgentVariant, type Config, type Options, type OptionsOf } from '../config/index.ts';
import { UserError } from '../user-error.ts';
import type { EstimateRequest } from './estimate.ts';

export interface RoomRequest extends EstimateRequest {
  readonly variant: AgentVariant;
}

/**
 * @param value of the key now
 * @param fits whether a machine can do this run
 * @returns the largest value below with which it can, rounded down to two digits where that is as good; undefined where none is
 */
export function largestThatFits(
  request: RoomRequest, key: string, value: number, fits: (request: EstimateRequest) => boolean,
): number | undefined {
  const fitting = (candidate: number): number | undefined => {
    const known = validBelow(request, key, candidate);
    return known !== undefined && fits(known.request) ? known.value : undefined;
  };
  let [enough, tooMuch] = [0, Math.ceil(value)];
  while (tooMuch - enough > Math.max(1, enough / 100)) {
    const geometric = Math.floor(Math.sqrt(Math.max(1, enough) * tooMuch));
    const middle = geometric > enough && geometric < tooMuch ? geometric : Math.floor((enough + tooMuch) / 2);
    if (fitting(middle) !== undefined) enough = middle;
    else tooMuch = middle;
  }
  if (enough < 1) return undefined;
  // What is easily written, rather than what only just fits.
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(enough)) - 1);
  return fitting(Math.floor(enough / digits) * digits) ?? fitting(enough);
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
