/** Commands as text, to be pasted into a shell. A leaf: it imports nothing of ours. */

/** A command line to paste into a shell: what a shell would take apart is quoted. */
export function commandLine(args: readonly string[]): string {
  return ['npx', 'dreamtree', ...args.map(quoted)].join(' ');
}

/** One word as a POSIX shell reads it, bare where it needs no quotes. */
export const quoted = (word: string): string =>
  (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`);
