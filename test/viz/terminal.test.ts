import { expect, test } from 'vitest';
import { halfBlocks } from '../../src/viz/terminal.ts';

/** One frame of the given rows of grey bytes. */
const grey = (...rows: readonly number[][]) =>
  ({ data: Uint8Array.from(rows.flat()), shape: [rows.length, rows[0].length, 1], dtype: 'uint8' }) as const;

const fg = (value: number): string => `\x1b[38;2;${value};${value};${value}m`;
const bg = (value: number): string => `\x1b[48;2;${value};${value};${value}m`;

test('two pixels a character, colours named only where they change', () => {
  const text = halfBlocks([{ label: 'truth', frame: grey([1, 1, 2], [3, 4, 4]) }], { columns: 80 });
  expect(text).toBe(`tru\n${fg(1)}${bg(3)}▀${bg(4)}▀${fg(2)}▀\x1b[0m`);
});

test('panels stand side by side under their labels', () => {
  const frame = grey([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]);
  const lines = halfBlocks([{ label: 'truth', frame }, { label: 'dream', frame }], { columns: 80 }).split('\n');
  const panel = `${fg(0)}${bg(0)}▀▀▀▀▀▀\x1b[0m`;
  expect(lines).toEqual(['truth   dream', `${panel}  ${panel}`]);
});

test('what is too wide is shrunk by means', () => {
  const frame = grey([10, 20, 0, 0], [30, 40, 0, 0], [5, 5, 9, 9], [5, 5, 9, 9]);
  // Columns for two characters: [[25, 0], [5, 9]].
  expect(halfBlocks([{ label: '', frame }], { columns: 2 })).toBe(`\n${fg(25)}${bg(5)}▀${fg(0)}${bg(9)}▀\x1b[0m`);
});

test('everything fits into the columns and rows given', () => {
  const frame = { data: new Float32Array(64 * 64 * 3), shape: [64, 64, 3], dtype: 'float32' } as const;
  for (const [columns, rows] of [[80, 24], [200, 60], [41, 10]]) {
    const panels = ['truth', 'dream', 'error'].map((label) => ({ label, frame }));
    const lines = halfBlocks(panels, { columns, rows }).split('\n');
    const visible = lines.map((line) => line.replace(/\x1b\[[\d;]*m/g, '').length);
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(Math.max(...visible)).toBeLessThanOrEqual(columns);
    expect(Math.max(...visible)).toBeGreaterThan(Math.min(columns, 3 * 2 * rows) * 0.7);
  }
});
