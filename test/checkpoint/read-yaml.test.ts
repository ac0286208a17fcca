import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { MAX_YAML_BYTES, readYaml, readYamlFile, YamlError } from '../../src/data/read-yaml.ts';
import { configure } from '../../src/train/configure.ts';

function complaint(read: () => unknown): YamlError {
  try {
    return expect.unreachable(String(read()));
  } catch (error) {
    expect(error).toBeInstanceOf(YamlError);
    expect((error as YamlError).message).not.toContain('\n');
    return error as YamlError;
  }
}

const nested = (levels: number, line: (level: number) => string) => Array.from({ length: levels }, (_, i) => line(i)).join('');

describe('YAML', () => {
  it('gives plain data', () => {
    const text = 'a: 1\nb: [1, 2, {c: x}]\nd:\n  - 1e-4\n  - true\n  - null\n  -\ne: "1"\nf: yes\ng: 2001-01-01\nh: .inf\ni: -0.0\n';
    const { i, ...rest } = readYaml(text, 'it') as Record<string, unknown>;
    expect(rest).toEqual({ a: 1, b: [1, 2, { c: 'x' }], d: [1e-4, true, null, null], e: '1', f: 'yes', g: '2001-01-01', h: Infinity });
    expect(Object.is(i, -0)).toBe(true);
    expect(readYaml('', 'it')).toBeNull();
    expect(readYaml('--- 5', 'it')).toBe(5);
    expect(readYaml('{"a": [1, {"b": "*x &y !z"}]} # *x', 'it')).toEqual({ a: [1, { b: '*x &y !z' }] });
    expect(readYaml('a*b: c&d!e', 'it')).toEqual({ 'a*b': 'c&d!e' });
  });

  it('gives a configuration back as it was written', async () => {
    for (const agent of ['dreamer', 'gumbel-muzero']) {
      const { config } = await configure({ world: 'catch', agent });
      expect(readYaml(stringify(config), 'config.yaml')).toEqual(config);
    }
  });

  it.each([
    ['an alias', 'a: &x [1]\nb: *x', 'an anchor (&name)'],
    ['laughs', nested(30, (i) => `l${i}: ${i === 0 ? '&l0 [ha]' : `&l${i} [*l${i - 1}, *l${i - 1}]`}\n`), 'an anchor'],
    ['a list that holds itself', '&a [*a]', 'an anchor'],
    ['an alias of nothing', 'a: *x', 'an alias (*name)'],
    ['a merge', 'a: {<<: *x}', 'an alias'],
    ['a set', 'engine: !!set {a}', 'a tag (!name)'],
    ['a tag of its own', 'a: !foo 1', 'a tag'],
    ['a binary', 'a: !!binary aGk=', 'a tag'],
    ['a verbatim tag', 'a: !<tag:yaml.org,2002:js/function> x', 'a tag'],
    ['a directive', '%TAG ! tag:x,2000:\n---\na: 1', 'a directive'],
    ['a thousand brackets', '['.repeat(1000) + ']'.repeat(1000), 'levels of nesting'],
    ['brackets without end', '['.repeat(60_000), 'levels of nesting'],
    ['braces without end', '{a: '.repeat(15_000), 'levels of nesting'],
    ['brackets and quoted ends', '[ "]", '.repeat(9_000), 'levels of nesting'],
    ['dashes without end', `${'- '.repeat(30_000)}1`, 'levels of nesting'],
    ['question marks without end', `${'? '.repeat(30_000)}1`, 'levels of nesting'],
    ['lines that go in and in', nested(60, (i) => `${' '.repeat(10 * i)}a:\n`), 'levels of nesting'],
    ['too much', `a: "${'x'.repeat(MAX_YAML_BYTES)}"`, 'too long'],
    ['very many keys', nested(11_000, (i) => `${i.toString(36)}:\n`), 'more than 10000 words'],
    ['very many items', `[${'1,'.repeat(15_000)}1]`, 'more than 10000 words'],
    ['a prototype', '__proto__: {a: 1}', 'has a key __proto__'],
    ['half an emoji', 'a: "\\ud83d"', 'half a surrogate pair'],
  ])('is refused where it holds %s', (_name, text, why) => {
    const error = complaint(() => readYaml(text, 'run/config.yaml'));
    expect(error.message).toContain('run/config.yaml');
    expect(error.message).toContain(why);
    expect(error.isBroken).toBe(false);
  });

  it.each([
    ['a bracket that does not end', 'a: [1'], ['one that did not begin', 'a: 1]\n]'], ['tabs', 'a:\n\t- b'],
    ['the same key twice', 'a: 1\na: 2'], ['brackets crossed', '{ a: [ } ]'], ['text and a section', 'a: b: c'],
    ['two documents', 'a: 1\n---\nb: 2'], ['three', '---\n---\n---'],
  ])('is called broken where it has %s', (_name, text) => {
    const error = complaint(() => readYaml(text, 'it'));
    expect(error.message).toContain('it is no YAML');
    expect(error.isBroken).toBe(true);
  });
});

describe('a file of YAML', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'dreamtree-yaml-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('is a file, and not a long one', () => {
    const path = join(directory, 'config.yaml');
    writeFileSync(path, 'a: 1\n');
    expect(readYamlFile(path)).toEqual({ a: 1 });
    truncateSync(path, 2 ** 40);
    expect(complaint(() => readYamlFile(path)).message).toContain('is too long: 1099511627776 bytes');
    rmSync(path);
    mkdirSync(path);
    expect(complaint(() => readYamlFile(path)).message).toContain('is a folder');
    expect(() => readYamlFile(join(directory, 'none'))).toThrow('ENOENT');
  });

  it.skipIf(process.platform === 'win32')('is not waited for where it is a pipe', () => {
    const path = join(directory, 'pipe.yaml');
    spawnSync('mkfifo', [path]);
    expect(complaint(() => readYamlFile(path)).message).toContain('is not a regular file');
  });
});
