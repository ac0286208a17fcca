/**
 * YAML that may come from anybody, as plain data. Configurations need lists, sections and values; anchors, aliases and
 * tags, by which a few lines stand for gigabytes or for objects, are refused before anything is made of them.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { CST, Lexer, parseDocument } from 'yaml';
import { UserError } from '../user-error.ts';
import { findNotPlain, MAX_DEPTH } from './plain.ts';

/** A configuration takes a twentieth of that. */
export const MAX_YAML_BYTES = 2 ** 16;

/** Words, dashes, brackets, …: every key is compared with all others, so their number has a bound of its own. */
const MAX_TOKENS = 10_000;

/** What is wrong with a YAML text, in one sentence with its name. */
export class YamlError extends UserError {
  override readonly name = 'YamlError';
  /** The text is broken, as by a crash, rather than something that is refused. */
  readonly isBroken: boolean;

  constructor(message: string, options: { readonly isBroken: boolean; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.isBroken = options.isBroken;
  }
}

/**
 * What a YAML text holds (JSON is YAML as well): null, booleans, numbers, text, and lists and records of these; null
 * where it is empty. `name` says in messages whose text it is. Throws YamlError where it is broken, too long, nested too
 * deep, or holds anchors, aliases, tags, several documents or what is not plain data.
 */
export function readYaml(text: string, name: string): unknown {
  const value = parseYaml(text, name);
  const found = findNotPlain(value, name);
  if (found) throw new YamlError(`${found}; write plain values`, { isBroken: false });
  return value;
}

/** The same, of which a caller looks at the values itself: keys may be anything, numbers not finite. */
export function parseYaml(text: string, name: string): unknown {
  if (text.length > MAX_YAML_BYTES) throw tooLong(name, text.length);
  refuseTokens(text, name);
  // The core schema knows no dates, sets or binaries, and takes `yes` for a word.
  const document = parseDocument(text, { schema: 'core', resolveKnownTags: false, prettyErrors: false, logLevel: 'error' });
  const [error] = document.errors;
  if (error) {
    const why = error.message.replace(/\s+/g, ' ').slice(0, 200);
    throw new YamlError(`${name} is no YAML (${why}, at character ${error.pos[0]}); write it again`, { isBroken: true, cause: error });
  }
  return document.toJS({ maxAliasCount: 0 });
}

/** `readYaml` of a file. Throws as that, and what the file system throws; YamlError where it is no regular file. */
export function readYamlFile(path: string): unknown {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // a pipe is not waited for
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new YamlError(`${path} is ${stats.isDirectory() ? 'a folder' : 'not a regular file'}; give a YAML file`, { isBroken: false });
    if (stats.size > MAX_YAML_BYTES) throw tooLong(path, stats.size);
    return readYaml(readFileSync(file, 'utf8'), path);
  } finally {
    closeSync(file);
  }
}

const tooLong = (name: string, length: number): YamlError =>
  new YamlError(`${name} is too long: ${length} bytes, at most ${MAX_YAML_BYTES} are read; check what it is`, { isBroken: false });

const REFUSED: Readonly<Record<string, string>> = {
  alias: 'an alias (*name)', anchor: 'an anchor (&name)', tag: 'a tag (!name)', 'directive-line': 'a directive (%NAME)',
};
const ENDS: Readonly<Record<string, string>> = { 'flow-seq-start': 'flow-seq-end', 'flow-map-start': 'flow-map-end' };
const INDICATORS = ['seq-item-ind', 'explicit-key-ind', 'map-value-ind'];

/** Look through the tokens, which costs as much as there are of them; what composes them nests as deep as they do. */
function refuseTokens(text: string, name: string): void {
  const refuse = (what: string) => new YamlError(`${name} holds ${what}, which is not read here; write plain values`, { isBroken: false });
  /** Brackets that are open, by how they end. */
  const open: string[] = [];
  /** Dashes, question marks and colons of this line, each of which may begin something within what it stands in. */
  let indicators = 0;
  let tokens = 0;
  for (const source of new Lexer().lex(text)) {
    const type = CST.tokenType(source) ?? 'scalar';
    if (type !== 'space' && type !== 'newline' && ++tokens > MAX_TOKENS) throw refuse(`more than ${MAX_TOKENS} words and signs`);
    if (Object.hasOwn(REFUSED, type)) throw refuse(REFUSED[type]);
    if (Object.hasOwn(ENDS, type)) open.push(ENDS[type]);
    else if (type === 'flow-seq-end' || type === 'flow-map-end') {
      if (open.pop() !== type) throw new YamlError(`${name} is no YAML: a bracket ends that did not begin`, { isBroken: true });
    } else if (type === 'newline') indicators = 0;
    else if (INDICATORS.includes(type) && open.length === 0) indicators++;
    const indent = /^ +$/.test(source) ? source.length : 0;
    if (open.length > MAX_DEPTH || indicators > MAX_DEPTH || indent > 8 * MAX_DEPTH) throw refuse(`more than ${MAX_DEPTH} levels of nesting`);
  }
}
