/** Values of command line options, checked. */
import { UserError } from '../user-error.ts';

/** An integer ≥ `least`. Throws UserError that names the option. */
export function integer(option: string, text: string, least = Number.MIN_SAFE_INTEGER): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  const range = least === Number.MIN_SAFE_INTEGER ? '' : ` ≥ ${least}`;
  throw new UserError(`${option}: expected an integer${range}, got '${text}'`);
}
