/** Learning that has left the range of numbers. */
import { UserError } from '../user-error.ts';

/** The numbers of the agent itself are not finite any more, so what it is now is not worth keeping. */
export class DivergedError extends UserError {
  override readonly name = 'DivergedError';
}
