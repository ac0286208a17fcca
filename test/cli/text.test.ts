import { expect, test } from 'vitest';
import catchWorld from '../../envs/catch.ts';
import { integer } from '../../src/cli/arguments.ts';
import { summaryLine } from '../../src/cli/summary.ts';
import { table } from '../../src/cli/table.ts';
import type { Environment } from '../../src/types.ts';
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

test('the summary says where a return lies between random and best, as far as the world knows', () => {
  const world: Environment = catchWorld as Environment;
  const result = { returnMean: -0.2, returnCi95: [-0.35, 12.34] as const, returns: [1, 1, 0, -1] };
  expect(summaryLine(world, { ...result, score: 0.25 })).toBe(
    'random −0.60 · this agent −0.20 [−0.35, 12.3] · best possible 1.00 · score 0.25',
  );
  expect(summaryLine(world, result)).toBe('random −0.60 · this agent −0.20 [−0.35, 12.3] · best possible 1.00');
  expect(summaryLine({ ...world, reference: undefined }, result)).toBe('this agent −0.20 [−0.35, 12.3]');
  const game: Environment = { ...world, toMove: () => 0 };
  expect(summaryLine(game, result)).toBe('against itself −0.20 [−0.35, 12.3]');
  expect(summaryLine(game, { ...result, opponent: 'mcts' })).toBe(
    'against mcts −0.20 [−0.35, 12.3] · won 50 %, drawn 25 %, lost 25 %',
  );
});
