/**
 * What a search saw: its tree from left to right, a picture for each node, edges as wide as they were visited often,
 * frames as bright as the value is high.
 */
import { extname } from 'node:path';
import { UserError } from '../user-error.ts';
import { FADED } from './colors.ts';
import { textWidth } from './draw-picture.ts';
import { loadSharp, SVG_FONT } from './fonts.ts';
import { writeOutput } from './output-file.ts';
import type { Picture } from './picture.ts';
import type { SearchTreeNode } from './search-tree-node.ts';
import { element } from './svg.ts';
import { layoutTree } from './tree-layout.ts';
import {
  drawEdge,
  drawFrame,
  drawHeads,
  drawLegend,
  drawNode,
  edgeWidth,
  FRAME,
  LINE_PX,
  TEXT_PX,
  valueScale,
  write,
} from './tree-marks.ts';
import type { EdgeMark } from './tree-marks.ts';

export interface SearchTreePicture {
  readonly nodes: readonly SearchTreeNode[];
  readonly actionName: (action: number) => string;
  /** What each node was decoded to, stills of one size; a node may have none. */
  readonly pictures?: readonly (Picture | undefined)[];
  /** The true frame of the root, drawn beside its decoded one. */
  readonly truth?: Picture;
  readonly title?: string;
  readonly subtitle?: string;
  /** The action that was taken at the root. */
  readonly chosen?: number;
}

const PAD = 16;
/** Beside a node's picture. */
const TEXT_WIDTH = 66;
/** Between the text of a node and where its edges are level. */
const CURVE = 34;
const TRUTH_GAP = 26;
/** Legend, heads of columns, and captions of the root's pictures. */
const HEAD = 92;
const LONGEST_NAME = 110;
/** As high as the text beside it, at least. */
const PICTURE_PX = 4 * LINE_PX;
/** A PNG has this many pixels for each of ours, and may be no larger than renderers bear. */
const PNG_SCALE = 2;
const PNG_MAX_SIDE = 32_000;
const PNG_MAX_PIXELS = 2 ** 27;

/**
 * The tree as one SVG element on white. A node whose discount is 0 is marked as an end: what lies behind it counts for
 * nothing, so its value is left out of the colours.
 * @throws RangeError where nodes are out of order, or pictures are not one a node and of one size
 */
export function drawSearchTree(tree: SearchTreePicture): string {
  return composeSearchTree(tree).svg;
}

/**
 * Write the tree as .svg or, at twice its size, as .png, making the folder; gives back the SVG.
 * @throws UserError on another extension, where a PNG would be too large, and where it cannot be written
 */
export async function writeSearchTree(path: string, tree: SearchTreePicture): Promise<string> {
  const extension = extname(path).toLowerCase();
  if (extension !== '.svg' && extension !== '.png') {
    const got = extension || 'no extension';
    throw new UserError(`expected the name of a tree's picture to end in .svg or .png, got ${got} in ${path}`);
  }
  const { svg, width, height } = composeSearchTree(tree);
  const [wide, high] = [PNG_SCALE * width, PNG_SCALE * height];
  if (extension === '.png' && (Math.max(wide, high) > PNG_MAX_SIDE || wide * high > PNG_MAX_PIXELS)) {
    throw new UserError(`${path}: a PNG of ${wide}×${high} pixels is too large; write .svg, or show fewer nodes`);
  }
  if (extension === '.svg') {
    await writeOutput(path, `${svg}\n`);
  } else {
    const sharp = await loadSharp();
    const drawn = sharp(Buffer.from(svg), { density: 72 * PNG_SCALE, unlimited: true });
    await writeOutput(path, await drawn.png({ compressionLevel: 9 }).toBuffer());
  }
  return svg;
}

function composeSearchTree(tree: SearchTreePicture): { svg: string; width: number; height: number } {
  const { nodes, pictures = [], truth, title = '', subtitle = '', chosen } = tree;
  const children = childrenOf(nodes);
  const picture = pictureSize(tree);
  const { depths, places } = layoutTree(children);
  const scale = valueScale(nodes);
  const mostVisits = Math.max(1, ...nodes.slice(1).map(({ visits }) => visits).filter(Number.isFinite));
  const names = nodes.map(({ action }, i) => (i === 0 ? '' : fitText(tree.actionName(action))));

  const frame = { width: picture.width + 2 * FRAME, height: Math.max(picture.height, PICTURE_PX) + 2 * FRAME };
  const label = 12 + Math.max(...['8888', ...names].map((name) => textWidth(name, TEXT_PX)));
  const boxWidth = frame.width + TEXT_WIDTH;
  const columnWidth = boxWidth + CURVE + label;
  const rowHeight = frame.height + (nodes.some(({ hidden = 0 }) => hidden > 0) ? 24 : 12);
  const legend = drawLegend(nodes, scale, mostVisits, chosen);

  const legendTop = PAD + (title ? 26 : 0) + (subtitle ? 22 : 0);
  const top = legendTop + HEAD;
  const left = PAD + (truth ? frame.width + TRUTH_GAP : 0);
  const right = left + Math.max(...depths) * columnWidth + boxWidth;
  const texts = PAD + Math.max(legend.width, textWidth(title, 16), textWidth(subtitle, 13));
  const width = Math.ceil(Math.max(right, texts) + PAD);
  const height = Math.ceil(top + (Math.max(...places) + 1) * rowHeight + PAD / 2);
  const x = (node: number): number => left + depths[node] * columnWidth;
  // On whole pixels, which keeps the squares of pictures sharp.
  const middle = (node: number): number => top + frame.height / 2 + Math.round(places[node] * rowHeight);

  const edges = nodes.flatMap((_, node) => {
    const widths = children[node].map((child) => edgeWidth(nodes[child].visits, mostVisits));
    // Side by side where they leave, so that each can be seen in its whole width.
    let start = middle(node) - widths.reduce((sum, one) => sum + one, 0) / 2;
    const marks = children[node].map((child, i): EdgeMark => {
      start += widths[i];
      return {
        x: [x(node) + boxWidth, x(child) - label, x(child)],
        y: [start - widths[i] / 2, middle(child)],
        width: widths[i],
        name: names[child],
        visits: nodes[child].visits,
        isChosen: node === 0 && nodes[child].action === chosen,
      };
    });
    // Steep and wide ones may cover their neighbours.
    return marks.sort((a, b) => b.width - a.width).map(drawEdge);
  });
  const boxes = nodes.map((node, i) => {
    const box = { x: x(i), y: middle(i) - frame.height / 2, width: boxWidth };
    return drawNode({ node, picture: pictures[i], frame, box, scale });
  });
  const rootTop = middle(0) - frame.height / 2;
  const beside = truth
    ? [
        drawFrame(truth, { ...frame, x: PAD, y: rootTop, color: FADED }),
        write('true frame', PAD, rootTop - 10, { color: FADED }),
        write(pictures[0] ? 'decoded' : '', left, rootTop - 10, { color: FADED }),
      ]
    : [];

  const svg = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      'font-family': SVG_FONT,
    },
    element('rect', { width, height, fill: 'white' }),
    write(title, PAD, PAD + 9, { size: 16 }),
    write(subtitle, PAD, legendTop - 14, { size: 13, color: FADED }),
    element('g', { transform: `translate(${PAD} ${legendTop + 16})` }, legend.svg),
    drawHeads({ from: PAD, left, columnWidth, boxWidth, depth: Math.max(...depths), y: legendTop + 54 }),
    ...edges,
    ...beside,
    ...boxes,
  );
  return { svg, width, height };
}

/** Children by action, so that an action turns to the same side everywhere. */
function childrenOf(nodes: readonly SearchTreeNode[]): number[][] {
  if (nodes.length === 0) throw new RangeError('expected at least the root of a search tree, got no nodes');
  const children: number[][] = nodes.map(() => []);
  nodes.forEach(({ parent }, i) => {
    if (i === 0 ? parent !== -1 : !Number.isInteger(parent) || parent < 0 || parent >= i) {
      throw new RangeError(`node ${i}: expected a parent ${i === 0 ? 'of −1' : 'before it'}, got ${parent}`);
    }
    if (i > 0) children[parent].push(i);
  });
  return children.map((below) => below.sort((a, b) => nodes[a].action - nodes[b].action));
}

/** How large pictures are drawn: enlarged by the whole number that makes them large enough; 0 where there are none. */
function pictureSize({ nodes, pictures, truth }: SearchTreePicture): { width: number; height: number } {
  if (pictures && pictures.length !== nodes.length) {
    throw new RangeError(`expected ${nodes.length} pictures, one a node, got ${pictures.length}`);
  }
  const given = [truth, ...(pictures ?? [])].filter((picture) => picture !== undefined);
  if (given.length === 0) return { width: 0, height: 0 };
  const [{ width, height }] = given;
  for (const picture of given) {
    const bytes = picture.width * picture.height * 3;
    if (picture.width !== width || picture.height !== height || picture.data.length !== bytes) {
      const got = `${picture.width}×${picture.height} with ${picture.data.length} bytes`;
      throw new RangeError(`expected stills of ${width}×${height} pixels, RGB, got ${got}`);
    }
  }
  const scale = Math.ceil(PICTURE_PX / Math.max(width, height));
  return { width: width * scale, height: height * scale };
}

function fitText(text: string): string {
  if (textWidth(text, TEXT_PX) <= LONGEST_NAME) return text;
  const letters = [...text.slice(0, LONGEST_NAME)];
  while (textWidth(`${letters.join('')}…`, TEXT_PX) > LONGEST_NAME) letters.pop();
  return `${letters.join('')}…`;
}
