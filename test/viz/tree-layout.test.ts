import { expect, test } from 'vitest';
import { createRng } from '../../src/random.ts';
import { layoutTree } from '../../src/viz/tree-layout.ts';

/** Children of nodes that hang below any earlier one. */
function randomTree(size: number, seed: number, maxChildren: number): number[][] {
  const rng = createRng(seed);
  const children: number[][] = Array.from({ length: size }, () => []);
  for (let node = 1; node < size; node++) {
    let parent = rng.int(node);
    while (children[parent].length >= maxChildren) parent = (parent + 1) % node;
    children[parent].push(node);
  }
  return children;
}

/** The nodes of each depth in the order in which they must stand. */
function rowsOf(children: readonly (readonly number[])[]): number[][] {
  const rows = [[0]];
  for (let row = rows[0]; row.length > 0; row = rows[rows.length - 1]) rows.push(row.flatMap((node) => children[node]));
  return rows.slice(0, -1);
}

test('a parent stands in the middle above its children, and a leaf beside a family takes one place', () => {
  expect(layoutTree([[1, 2], [3, 4], [], [], []])).toEqual({
    depths: [0, 1, 1, 2, 2],
    places: [1, 0.5, 1.5, 0, 1],
  });
});

test('a leaf between two families stands halfway', () => {
  const children = [[1, 2, 3], [4, 5, 6], [], [7, 8, 9], [], [], [], [], [], []];
  expect(layoutTree(children).places).toEqual([2.5, 1, 2.5, 4, 0, 1, 2, 3, 4, 5]);
});

test('families lie as close as their outlines allow, one under the shelter of another', () => {
  // 1 has one child with three children; 2 has nothing below depth 1, so that it stands above them.
  const children = [[1, 2], [3], [], [4, 5, 6], [], [], []];
  expect(layoutTree(children).places).toEqual([1.5, 1, 2, 1, 0, 1, 2]);
});

test('one node alone, and a chain, are no trouble', () => {
  expect(layoutTree([[]])).toEqual({ depths: [0], places: [0] });
  expect(layoutTree([[1], [2], []])).toEqual({ depths: [0, 1, 2], places: [0, 0, 0] });
});

test.each([2, 3, 6, 49])('no two nodes meet and no branches cross in random trees of up to %i children', (most) => {
  for (let seed = 0; seed < 30; seed++) {
    const children = randomTree(50, seed, most);
    const { depths, places } = layoutTree(children);
    rowsOf(children).forEach((row, depth) => {
      expect(row.map((node) => depths[node])).toEqual(row.map(() => depth));
      for (let i = 1; i < row.length; i++) {
        expect(places[row[i]] - places[row[i - 1]]).toBeGreaterThanOrEqual(1 - 1e-9);
      }
    });
    children.forEach((below, node) => {
      if (below.length === 0) return;
      expect(places[node]).toBeCloseTo((places[below[0]] + places[below[below.length - 1]]) / 2, 9);
    });
    expect(Math.min(...places)).toBeCloseTo(0, 9);
  }
});

test('a mirrored tree is drawn as the mirror image', () => {
  const children = randomTree(50, 1, 4);
  const { places } = layoutTree(children);
  const mirrored = layoutTree(children.map((below) => below.toReversed())).places;
  const widest = Math.max(...places);
  places.forEach((place, node) => expect(mirrored[node]).toBeCloseTo(widest - place, 9));
});
