/**
 * An error whose message is meant for the person at the keyboard: what was expected, what came, what to do.
 * The command line prints it as it stands, without a stack, and exits with 2. A leaf: it imports nothing of ours.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}
