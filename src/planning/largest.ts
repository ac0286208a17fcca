/** The largest of numbers, however many: `Math.max(...values)` takes no more than some ten thousand. NaN where one is. */
export function largest(values: ArrayLike<number>): number {
  let highest = -Infinity;
  for (let i = 0; i < values.length; i++) highest = Math.max(highest, values[i]);
  return highest;
}
