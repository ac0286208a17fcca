/** The rules that keep the parts apart: who may import whom, no cycles, where clocks and randomness may be read. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** What everyone may import, and what imports none of ours but each other. */
const isLeaf = (file: string): boolean =>
  /^src\/(types|random|clock|user-error|thread|listing|nd-array|command-line|printable|home|user-folders|picture-hash)\.ts$|^src\/types\//.test(file);

/** For each part, the other parts that it may import. Only `cli` puts everything together; nothing imports it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  // What is written into a command is read as a file is.
  'src/config': ['src/data'],
  'src/engine': [],
  'src/loader': [],
  'src/data': [],
  'src/viz': [],
  // What a checkpoint can hold is what a state may be.
  'src/world': ['src/data'],
  'src/planning': [],
  'src/nn': ['src/config', 'src/engine'],
  'src/tabular': ['src/config'],
  'src/models': ['src/config', 'src/engine', 'src/nn'],
  'src/behavior': ['src/config', 'src/engine', 'src/nn'],
  'src/acting': ['src/config', 'src/engine', 'src/nn', 'src/planning', 'src/world'],
  'src/policies': ['src/config', 'src/engine', 'src/nn', 'src/planning', 'src/acting', 'src/tabular', 'src/world'],
  // A composition of what lies below; whoever trains or opens one finds its file by name.
  'src/agents': [
    ...['src/config', 'src/engine', 'src/nn', 'src/models', 'src/behavior', 'src/tabular', 'src/acting', 'src/policies'],
  ],
  'src/train': [
    ...['src/config', 'src/engine', 'src/nn', 'src/acting', 'src/policies', 'src/data', 'src/world', 'src/viz', 'src/loader'],
  ],
  'src/open': [
    ...['src/config', 'src/engine', 'src/nn', 'src/acting', 'src/policies', 'src/data', 'src/world', 'src/train'],
  ],
};

const files = ['src', 'envs', 'eval'].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs)$/.test(name))
    .map((name) => path.posix.join(folder, name.replaceAll('\\', '/'))),
);
const sources = new Map(files.map((file) => [file, readFileSync(path.join(ROOT, file), 'utf8')]));

/** Our own files that `source`, the text of `file`, imports, statically or dynamically by a literal. */
function importsOf(file: string, source = sources.get(file) ?? ''): string[] {
  return ts
    .preProcessFile(source, true, true)
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => path.posix.join(path.posix.dirname(file), fileName));
}

/** `src/nn` for everything below it; a file that lies in src itself is a part of its own. */
const partOf = (file: string): string => file.split('/').slice(0, file.startsWith('src/') ? 2 : 1).join('/');

/** Lines of code, comments taken out, that match. */
function matches(pattern: RegExp, isAllowed: (file: string) => boolean): string[] {
  return files
    .filter((file) => !isAllowed(file))
    .flatMap((file) => {
      const code = (sources.get(file) ?? '').replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');
      return code.split('\n').filter((line) => pattern.test(line)).map((line) => `${file}: ${line.trim()}`);
    });
}

describe('who may import whom', () => {
  const edges = files.flatMap((from) => importsOf(from).map((to) => ({ from, to })));

  test('every import leads to a file', () => {
    const known = new Set([...files, 'package.json']);
    expect(edges.filter(({ to }) => !known.has(to))).toEqual([]);
  });

  test('parts import only what lies below them', () => {
    const wrong = edges.filter(({ from, to }) => {
      const [part, other] = [partOf(from), partOf(to)];
      if (part === other || isLeaf(to)) return false;
      return isLeaf(from) || other === 'src/cli' || MAY_IMPORT[part]?.includes(other) === false;
    });
    expect(wrong).toEqual([]);
  });

  test('worlds import types, random and their helpers alone, and only the command line imports worlds', () => {
    const allowed = /^(envs\/|src\/(types\.ts|random\.ts|nd-array\.ts|world\/(draw|tabular|minatar|racing)\/))/;
    expect(edges.filter(({ from, to }) => partOf(from) === 'envs' && !allowed.test(to))).toEqual([]);
    const outside = ['src/cli', 'eval', 'envs'];
    expect(edges.filter(({ from, to }) => partOf(to) === 'envs' && !outside.includes(partOf(from)))).toEqual([]);
  });

  test('every part of src has its row', () => {
    const parts = new Set(files.filter((file) => file.split('/').length > 2 && file.startsWith('src/')).map(partOf));
    expect([...parts].filter((part) => !['src/cli', 'src/types'].includes(part) && !(part in MAY_IMPORT))).toEqual([]);
  });

  test('no file imports itself by way of others, types included', () => {
    const finished = new Set<string>();
    const visit = (file: string, above: readonly string[]): string[] => {
      if (above.includes(file)) return [[...above.slice(above.indexOf(file)), file].join(' → ')];
      if (finished.has(file)) return [];
      const found = importsOf(file).flatMap((next) => visit(next, [...above, file]));
      finished.add(file);
      return found;
    };
    expect(files.flatMap((file) => visit(file, []))).toEqual([]);
  });
});

describe('what code may not contain', () => {
  test('randomness comes from an Rng', () => {
    expect(matches(/Math\.random/, () => false)).toEqual([]);
  });

  test('clocks are read by clock.ts, metrics, the command line and benchmarks alone', () => {
    const mayRead = /^(src\/clock\.ts|src\/train\/metrics\.ts|src\/cli\/|eval\/)/;
    expect(matches(/Date\.now|performance\.now|new Date\b|hrtime/, (file) => mayRead.test(file))).toEqual([]);
  });

  test('types are not talked around', () => {
    expect(matches(/\bas unknown as\b|\bas any\b|: any\b|<any\b|@ts-(?:ignore|expect-error)/, () => false)).toEqual([]);
  });
});
