import { expect, test } from 'vitest';
import { integer } from '../../src/cli/arguments.ts';
import { table } from '../../src/cli/table.ts';
import { UserError } from '../../src/user-error.ts';

test('a table aligns its columns and leaves no blanks at the ends of lines', () => {
  expect(table([['a', 'bb', 'c'], ['aaa', 'b', '']])).toBe('  a    bb  c\n  aaa  b');
});

test('an integer option takes integers of its range and nothing else', () => {
  expect(integer('--seed', '-3')).toBe(-3);
  expect(integer('--size', '8', 8)).toBe(8);
  for (const text of ['', ' ', '1.5', 'x', '1e99']) {
    expect(() => integer('--seed', text)).toThrow(new UserError(`--seed: expected an integer, got '${text}'`));
  }
  expect(() => integer('--size', '7', 8)).toThrow(new UserError("--size: expected an integer ≥ 8, got '7'"));
});
