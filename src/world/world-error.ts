/** What a world did that no world may do, while something ran in it. */
import { UserError } from '../user-error.ts';

/** The message names the world, what it did and what was expected; `cause` is what it threw, if it threw. */
export class WorldError extends UserError {
  override readonly name: string = 'WorldError';

  /** The same, with where it happened, for example `in episode 3 of lane 1, at action 12 (left)`. */
  at(where: string): WorldError {
    return new WorldError(`${this.message}, ${where}`, { cause: this.cause });
  }
}

/** What was thrown, in one line: errors with the author's own file and line. */
export function describeThrown(thrown: unknown): string {
  if (!(thrown instanceof Error)) return thrown === undefined ? 'nothing' : inOneLine(JSON.stringify(thrown) ?? String(thrown));
  const place = placeOf(thrown);
  return inOneLine(`${thrown.name}: ${thrown.message}`) + (place === undefined ? '' : ` (${place})`);
}

/** `file:line:column` of the innermost call in a file that is neither Node's nor a package's. */
function placeOf({ stack = '' }: Error): string | undefined {
  const frames = stack.split('\n').flatMap((line) => /^\s+at .*?\(?(?:file:\/\/)?(\/.*?:\d+:\d+)\)?$/.exec(line)?.[1] ?? []);
  return frames.find((frame) => !frame.includes('/node_modules/') && !OURS.test(frame));
}

/** Where we call a world: what stands in a stack from there on is not its author's. */
const OURS = /\/src\/world\/(?:guarded|world-thread)\.ts:/;

/** The author's part of a stack. */
export function stackOfWorld({ stack = '' }: Error): string {
  const lines = stack.split('\n');
  const end = lines.findIndex((line) => OURS.test(line));
  return lines.slice(0, end < 0 ? lines.length : end).join('\n');
}

const inOneLine = (text: string): string => {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 197)}…` : line;
};
