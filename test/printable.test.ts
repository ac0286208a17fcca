import { expect, test } from 'vitest';
import { printable, printableLine } from '../src/printable.ts';

test('control characters become visible, one for one', () => {
  expect(printable('\u001b[2J\u0007\u0000\u007f')).toBe('␛[2J␇␀␡');
  expect(printable('\u009b31m\u202ea\u2028')).toBe('\ufffd31m\ufffda\ufffd');
  expect(printable('a\rb')).toBe('a␍b');
});

test('letters, signs, tabs and newlines stay', () => {
  const text = 'größe\t日本語 עברית 👩‍🚀 −1\nnext';
  expect(printable(text)).toBe(text);
  expect(printable('a\r\nb')).toBe('a\nb');
});

test('a line stays a line', () => {
  expect(printableLine('a\n  b\tc\u001b')).toBe('a b c␛');
});
