/**
 * Files of code that a configuration names: a world, an agent or a way to act of the user's own. A configuration that
 * comes out of a checkpoint is somebody else's word, so they run only where this user has named them, now or before.
 */
import path from 'node:path';
import { isOwnMark, ownMark } from '../data/own-mark.ts';
import { isFile } from '../listing.ts';
import type { Plain } from '../data/plain.ts';
import { UserError } from '../user-error.ts';

/** Where a name in a configuration leads to code: the absolute path of a file, or a Python module. */
function codeOf(name: unknown): string | undefined {
  if (typeof name !== 'string' || name.startsWith('dream:')) return undefined; // a checkpoint, which is asked itself
  if (!name.startsWith('gym:')) return isFile(name) ? path.resolve(name) : undefined;
  const id = name.slice('gym:'.length);
  if (/\.py$/i.test(id)) return `gym:${path.resolve(id)}`;
  return id.includes(':') ? name : undefined; // `module:id` imports the module
}

interface NamedCode {
  readonly key: string;
  /** As it is written. */
  readonly name: string;
  readonly code: string;
}

function namedCode(config: Plain): readonly NamedCode[] {
  const { world, agent, policy, search } = config;
  // Older versions named the policy in a section, from where it is still read.
  const before = typeof search === 'object' && search !== null && 'policy' in search ? search.policy : undefined;
  return Object.entries({ world, agent, policy, 'search.policy': before }).flatMap(([key, name]) => {
    const code = codeOf(name);
    return code === undefined ? [] : [{ key, name: String(name), code }];
  });
}

/** What a checkpoint of this configuration keeps in its `extra`; nothing where no code is named. */
export function markOf(config: Plain): { readonly mark?: string } {
  const named = namedCode(config);
  const mark = named.length > 0 ? ownMark(named.map(({ code }) => code)) : undefined;
  return mark === undefined ? {} : { mark };
}

const trusted = new Set<string>();
let say: (text: string) => void = () => {};

/** The user has named these: worlds, agents or policies, as on a command line. */
export function trustCode(names: readonly string[]): void {
  for (const name of names) trusted.add(codeOf(name) ?? name);
}

/** Who is told which code of a checkpoint is about to run; nobody at first. */
export function tellOfCode(listener: (text: string) => void): void {
  say = listener;
}

/** @throws UserError where a checkpoint names code that this user never has, saying how to */
export function requireTrusted(file: string, config: Plain, mark: unknown): void {
  const named = namedCode(config);
  if (named.length === 0) return;
  const own = isOwnMark(mark, named.map(({ code }) => code));
  const strange = named.find(({ code }) => !trusted.has(code));
  if (strange && !own) {
    throw new UserError(
      `${file} names code that would run, and was not trained here by you: its ${strange.key} is ${strange.name}; ` +
        `a checkpoint is data, so if you trust that file, say so with --trust ${strange.name}`,
    );
  }
  if (told.has(file)) return;
  told.add(file);
  say(`${file} runs ${named.map(({ name }) => name).join(', ')}`);
}

const told = new Set<string>();
