import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRng } from '../../src/random.ts';
import { drawSearchTree, writeSearchTree } from '../../src/viz/search-tree.ts';
import type { SearchTreePicture } from '../../src/viz/search-tree.ts';
import type { SearchTreeNode } from '../../src/viz/search-tree-node.ts';
import type { Picture } from '../../src/viz/picture.ts';
import { decode } from './frames.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tree-'));
});
afterAll(() => rm(folder, { recursive: true }));

const DARKEST = '#440154';
const BRIGHTEST = '#fde725';
const CHOSEN = '#d55e00';
const COLORLESS = '#e4e7eb';

const PLAIN = { prior: 0.5, visits: 1, value: 0, qvalue: 0, reward: 0, discount: 0.9 };
const node = (parent: number, action: number, rest: Partial<SearchTreeNode> = {}): SearchTreeNode => ({
  ...PLAIN,
  parent,
  action,
  ...rest,
});

const NODES: readonly SearchTreeNode[] = [
  node(-1, -1, { visits: 8, value: 0.25 }),
  node(0, 2, { visits: 4, value: 1.5, prior: 0.125, qvalue: 1.75, reward: -0.1 }),
  node(0, 0, { visits: 2, value: -0.5, hidden: 3 }),
  node(1, 1, { visits: 1, value: 99, discount: 0 }),
];
const NAMES = ['left', 'stay', 'right'];
const small: SearchTreePicture = {
  nodes: NODES,
  actionName: (action) => NAMES[action],
  title: 'a tree',
  subtitle: 'of four',
};

/** 2 × 2 pixels, the first and the last of one grey, the others of another. */
function checks(dark: number, bright: number): Picture {
  const data = Uint8Array.from([dark, bright, bright, dark].flatMap((grey) => [grey, grey, grey]));
  return { width: 2, height: 2, data, delaysMs: [0] };
}

function open(svg: string) {
  const { document } = parseHTML(`<html><body>${svg}</body></html>`);
  const all = (selector: string) => [...document.querySelectorAll(selector)];
  const textsOf = (group: Element) => [...group.querySelectorAll('text')].map((text) => text.textContent ?? '');
  const edges = all('.edge').map((group) => {
    const path = group.querySelector('path');
    const [name, visits] = textsOf(group);
    return { name, visits, width: Number(path?.getAttribute('stroke-width')), color: path?.getAttribute('stroke') };
  });
  const nodes = all('.node').map((group) => {
    const [panel, frame, chip, stop] = [...group.querySelectorAll('rect')];
    const [x, y, width, height] = ['x', 'y', 'width', 'height'].map((name) => Number(panel.getAttribute(name)));
    const fills = [frame, chip].map((rect) => rect.getAttribute('fill'));
    return { box: { x, y, width, height }, fills, texts: textsOf(group), isStopped: stop !== undefined };
  });
  return { edges, nodes, texts: all('text').map((text) => text.textContent), images: all('image') };
}

/** libxml2, which draws for sharp, refuses what is not well-formed. */
const render = (svg: string) => sharp(Buffer.from(svg)).png().toBuffer();

test('every node says what is known of it, and every edge its action and its visits', () => {
  const { nodes, edges, texts } = open(drawSearchTree(small));
  expect(nodes.map((one) => one.texts)).toEqual([
    ['V', '0.25', 'N', '8'],
    ['V', '1.50', 'P', '0.13', 'Q', '1.75', 'R', '−0.10'],
    ['V', '−0.50', 'P', '0.50', 'Q', '0', 'R', '0', '+3 more'],
    ['end', 'P', '0.50', 'Q', '0', 'R', '0'],
  ]);
  expect(edges.map(({ name, visits }) => [name, visits])).toEqual([['right', '4'], ['left', '2'], ['stay', '1']]);
  expect(texts).toEqual(expect.arrayContaining(['a tree', 'of four', 'observed', 'imagined', 't + 1', 't + 2']));
  expect(texts).not.toContain('t + 3');
});

test('colours run from the least value to the greatest of those that count, and the legend says which', () => {
  const { nodes, texts } = open(drawSearchTree(small));
  expect(nodes[1].fills).toEqual([BRIGHTEST, BRIGHTEST]);
  expect(nodes[2].fills).toEqual([DARKEST, DARKEST]);
  expect(nodes[3].fills).toEqual([COLORLESS, COLORLESS]);
  expect(texts).toEqual(expect.arrayContaining(['value V  −0.50', '1.50']));
});

test('ends are marked, and a discount that is negative is none', () => {
  expect(open(drawSearchTree(small)).nodes.map(({ isStopped }) => isStopped)).toEqual([false, false, false, true]);
  const opposed = NODES.map((one) => ({ ...one, discount: -1 }));
  const { nodes, texts } = open(drawSearchTree({ ...small, nodes: opposed }));
  expect(nodes.some(({ isStopped }) => isStopped)).toBe(false);
  expect(texts).not.toContain('the episode ends');
});

test('edges grow with visits, to the same width whatever their number', () => {
  const widths = (visits: readonly number[]) => {
    const nodes = [node(-1, -1), ...visits.map((count, action) => node(0, action, { visits: count }))];
    const { edges } = open(drawSearchTree({ nodes, actionName: String }));
    return edges.sort((a, b) => Number(a.name) - Number(b.name)).map(({ width }) => width);
  };
  expect(widths([1, 7, 13, 26])).toEqual([1.5, 4.5, 7.5, 14]);
  expect(Math.max(...widths([100, 2600]))).toBe(14);
  expect(widths([0, NaN, -4])).toEqual([1, 1, 1]);
});

test('the action that was taken is told apart at the root alone', () => {
  const nodes = [...NODES, node(2, 2)];
  const { edges, texts } = open(drawSearchTree({ ...small, nodes, chosen: 2 }));
  const highlighted = edges.filter(({ color }) => color === CHOSEN);
  expect(highlighted).toEqual([{ name: 'right', visits: '4', width: 14, color: CHOSEN }]);
  expect(texts).toContain('chosen');
  expect(open(drawSearchTree({ ...small, nodes })).texts).not.toContain('chosen');
});

test('siblings stand in the order of their actions, their parent in the middle before them', () => {
  const { nodes } = open(drawSearchTree(small));
  const [root, right, left, stay] = nodes.map(({ box }) => box);
  expect(left.y).toBeLessThan(right.y);
  expect(root.y).toBeCloseTo((left.y + right.y) / 2, 1);
  expect(stay.y).toBe(right.y);
  expect(left.x).toBe(right.x);
  expect(left.x).toBeGreaterThan(root.x + root.width);
  expect(stay.x - right.x).toBe(right.x - root.x);
});

test('no two boxes of a large tree overlap, and all lie within the picture', () => {
  for (const seed of [1, 2, 3]) {
    const rng = createRng(seed);
    const taken = new Set<string>();
    const nodes = [node(-1, -1)];
    while (nodes.length < 50) {
      const [parent, action] = [rng.int(nodes.length), rng.int(6)];
      if (!taken.has(`${parent} ${action}`)) nodes.push(node(parent, action, { hidden: rng.int(2) }));
      taken.add(`${parent} ${action}`);
    }
    const pictures = nodes.map(() => checks(0, 255));
    const svg = drawSearchTree({ ...small, actionName: String, nodes, pictures, truth: checks(0, 255) });
    const [width, height] = ['width', 'height'].map((name) => Number(new RegExp(`${name}="(\\d+)"`).exec(svg)?.[1]));
    const boxes = open(svg).nodes.map(({ box }) => box);
    expect(boxes).toHaveLength(50);
    boxes.forEach((a, i) => {
      expect(a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height).toBe(true);
      for (const b of boxes.slice(i + 1)) {
        const meet = a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
        expect(meet).toBe(false);
      }
    });
  }
});

test('text is escaped, long names are cut, and what XML cannot hold is replaced', async () => {
  const title = `<script>&"'\u0000\ud800 \u{1f333}`;
  const actionName = (action: number) => (action === 0 ? '</text>' : 'accelerate and turn around');
  const svg = drawSearchTree({ ...small, title, actionName });
  await render(svg);
  const { texts, edges } = open(svg);
  expect(texts).toContain(`<script>&"'\ufffd\ufffd \u{1f333}`);
  expect(edges[1].name).toBe('</text>');
  expect(edges[0].name).toMatch(/^accelerate an.{0,4}…$/);
  await expect(render(svg.replace('</svg>', '</g></svg>'))).rejects.toThrow();
});

test('numbers that are not finite, huge or all the same break nothing', async () => {
  const strange = [NaN, Infinity, -Infinity, 1e300].map((value, i) => {
    const numbers = { value, qvalue: value, reward: value, prior: value, visits: value, discount: value };
    return node(i === 0 ? -1 : 0, i, numbers);
  });
  const svg = drawSearchTree({ ...small, nodes: strange, actionName: String });
  await render(svg);
  const { nodes } = open(svg);
  expect(svg).not.toMatch(/="[^"]*(NaN|Infinity)/);
  expect(nodes[1].texts).toEqual(['V', '∞', 'P', '∞', 'Q', '∞', 'R', '∞']);
  expect(nodes[2].texts.slice(0, 2)).toEqual(['V', '−∞']);
  expect(nodes[3].texts.slice(0, 2)).toEqual(['V', '1.0e300']);
  expect(nodes[0].fills).toEqual([COLORLESS, COLORLESS]);
  const alone = open(drawSearchTree({ nodes: [node(-1, -1, { value: NaN })], actionName: String }));
  expect(alone.texts.some((text) => text?.startsWith('value V'))).toBe(false);
  const same = open(drawSearchTree({ nodes: [node(-1, -1), node(0, 0)], actionName: String }));
  expect(same.nodes[0].fills[0]).toBe(same.nodes[1].fills[0]);
  expect(same.nodes[0].fills[0]).not.toBe(COLORLESS);
});

test('a PNG is twice as large as its SVG, and holds every picture in exact squares beside the truth', async () => {
  const pictures = [checks(10, 201), undefined, checks(11, 202), checks(11, 202)];
  const tree = { ...small, pictures, truth: checks(12, 203) };
  const path = join(folder, 'deep', 'tree.png');
  const svg = await writeSearchTree(path, tree);
  expect(open(svg).images).toHaveLength(4);
  expect(open(svg).texts).toEqual(expect.arrayContaining(['true frame', 'decoded']));
  expect(open(drawSearchTree({ ...small, truth: checks(12, 203) })).texts).not.toContain('decoded');
  const { width, height, data } = await decode(await readFile(path));
  const said = /<svg[^>]* width="(\d+)" height="(\d+)"/.exec(svg);
  expect([width, height]).toEqual([2 * Number(said?.[1]), 2 * Number(said?.[2])]);
  const count = (grey: number) => {
    let found = 0;
    for (let at = 0; at < data.length; at += 3) {
      if (data[at] === grey && data[at + 1] === grey && data[at + 2] === grey) found++;
    }
    return found;
  };
  // 64 of our pixels a side, so that each of the 2 × 2 is 64 × 64 of the PNG's; two of them have each grey.
  const square = 64 * 64;
  expect([10, 201, 11, 202, 12, 203].map(count)).toEqual([2, 2, 4, 4, 2, 2].map((squares) => squares * square));
});

test('an SVG file is what was drawn, and drawing it again gives the same', async () => {
  const path = join(folder, 'tree.SVG');
  const svg = await writeSearchTree(path, small);
  expect(await readFile(path, 'utf8')).toBe(`${svg}\n`);
  expect(drawSearchTree(small)).toBe(svg);
});

test('what does not fit together is refused by name', async () => {
  const draw = (change: Partial<SearchTreePicture>) => () => drawSearchTree({ ...small, ...change });
  expect(draw({ nodes: [] })).toThrow('got no nodes');
  expect(draw({ nodes: [node(0, 0)] })).toThrow('node 0: expected a parent of −1, got 0');
  expect(draw({ nodes: [node(-1, -1), node(1, 0)] })).toThrow('node 1: expected a parent before it, got 1');
  expect(draw({ nodes: [node(-1, -1), node(-1, 0)] })).toThrow('node 1: expected a parent before it, got -1');
  expect(draw({ pictures: [checks(0, 1)] })).toThrow('expected 4 pictures, one a node, got 1');
  const large = { ...checks(0, 1), width: 3 };
  expect(draw({ truth: checks(0, 1), pictures: [large, large, large, large] })).toThrow('2×2 pixels, RGB, got 3×2');
  expect(draw({ truth: { ...checks(0, 1), data: new Uint8Array(11) } })).toThrow('with 11 bytes');
  await expect(writeSearchTree('tree.gif', small)).rejects.toThrow('.svg or .png, got .gif in tree.gif');
  const chain = Array.from({ length: 200 }, (_, i) => node(i - 1, 0));
  const path = join(folder, 'chain.png');
  await expect(writeSearchTree(path, { ...small, nodes: chain })).rejects.toThrow('too large; write .svg');
});
