/** Winning lines of games on a rectangular board, whose cells are a text, row by row: `.` where nobody is. */

/** Every line of `length` cells: across, down and along both diagonals, as lists of indices into the cells. */
export function linesOf(rows: number, columns: number, length: number): readonly (readonly number[])[] {
  const lines: number[][] = [];
  for (const [down, right] of [[0, 1], [1, 0], [1, 1], [1, -1]]) {
    for (let cell = 0; cell < rows * columns; cell++) {
      const lastRow = Math.floor(cell / columns) + (length - 1) * down;
      const lastColumn = (cell % columns) + (length - 1) * right;
      if (lastRow >= rows || lastColumn < 0 || lastColumn >= columns) continue;
      lines.push(Array.from({ length }, (_, i) => cell + i * (down * columns + right)));
    }
  }
  return lines;
}

/** A line that is all one player's; undefined where nobody has won. Worlds ask at every step and for every picture. */
export function wonLine(cells: string, lines: readonly (readonly number[])[]): readonly number[] | undefined {
  for (const line of lines) {
    const mark = cells[line[0]];
    if (mark === '.') continue;
    let same = 1;
    while (same < line.length && cells[line[same]] === mark) same++;
    if (same === line.length) return line;
  }
  return undefined;
}
