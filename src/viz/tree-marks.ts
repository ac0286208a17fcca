/** The marks of a search tree's picture, each as SVG: nodes, edges, heads of columns, and the legend. */
import * as Plot from '@observablehq/plot';
import { CHOSEN, EDGE, FADED, IMAGINED_COLOR, INK, OBSERVED_COLOR, PANEL, TRACK } from './colors.ts';
import { frameCanvas, textWidth } from './draw-picture.ts';
import { toRgba } from './picture.ts';
import type { Picture } from './picture.ts';
import type { SearchTreeNode } from './search-tree-node.ts';
import { element, escapeXml, hundredths } from './svg.ts';

/** How thick the frame of a picture is. */
export const FRAME = 5;
export const TEXT_PX = 12;
export const LINE_PX = 16;
const THICKEST = 14;

// ---------------------------------------------------------------- text

export interface TextStyle {
  readonly size?: number;
  readonly color?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
}

/** A line of text, centred at y by its base line, as not every renderer knows how to centre. Nothing where it is ''. */
export function write(text: string, x: number, y: number, style: TextStyle = {}): string {
  const { size = TEXT_PX, color = INK, anchor = 'start' } = style;
  if (!text) return '';
  const attributes = { x, y: y + 0.36 * size, 'font-size': size, fill: color, 'text-anchor': anchor };
  return element('text', attributes, escapeXml(text));
}

/** About three digits, with a true minus; a bare 0 where it is exactly that. */
function short(value: number): string {
  if (value === 0 || Number.isNaN(value)) return String(Math.abs(value));
  const size = Math.abs(value);
  const digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  const finite = size < 9999.5 ? size.toFixed(digits) : size.toExponential(1).replace('+', '');
  const text = size === Infinity ? '∞' : finite;
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

// ---------------------------------------------------------------- scales

export interface ValueScale {
  readonly low: number;
  readonly high: number;
  /** Where a value lies between them, 0..1; one half where all are the same. */
  readonly share: (value: number) => number;
}

/** From the least value to the greatest; `low` is greater than `high` where there is none. */
export function valueScale(nodes: readonly SearchTreeNode[]): ValueScale {
  const values = nodes.filter((node) => !isEnd(node)).map(({ value }) => value).filter(Number.isFinite);
  const low = Math.min(...values);
  const high = Math.max(...values);
  // Halves, because the difference of what is finite need not be.
  const share = (value: number): number => (high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5);
  return { low, high, share };
}

export function edgeWidth(visits: number, mostVisits: number): number {
  return 1 + (Number.isFinite(visits) ? ((THICKEST - 1) * Math.max(0, visits)) / mostVisits : 0);
}

/** A discount may be negative, where the opponent moves next. */
function isEnd({ discount }: SearchTreeNode): boolean {
  return Math.abs(discount) < 0.01;
}

/** From dark to bright, for colour-blind readers and in grey print, too. */
const { apply: colorOf } = Plot.scale({ color: { type: 'linear', scheme: 'viridis', domain: [0, 1] } });

/** The colour of a node's value and the colour of text upon it. Ends, and values that are no number, have none. */
function colorsOf(node: SearchTreeNode, { share }: ValueScale): { fill: string; ink: string } {
  if (isEnd(node) || !Number.isFinite(node.value)) return { fill: TRACK, ink: INK };
  const at = share(node.value);
  return { fill: String(colorOf(at)), ink: at > 0.5 ? INK : 'white' };
}

// ---------------------------------------------------------------- nodes

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface NodeMark {
  readonly node: SearchTreeNode;
  readonly picture: Picture | undefined;
  /** Of the picture with its frame. */
  readonly frame: Size;
  readonly box: Box;
  readonly scale: ValueScale;
}

/** A picture in a frame of the value's colour, what is known of the node at its right, and what is hidden below it. */
export function drawNode({ node, picture, frame, box, scale }: NodeMark): string {
  const { prior, qvalue, reward, value, visits, hidden = 0, parent } = node;
  const { fill, ink } = colorsOf(node, scale);
  const left = box.x + frame.width + 8;
  const line = (i: number): number => box.y + frame.height / 2 + (i - 1.5) * LINE_PX;
  const row = (letter: string, number: string, i: number): string =>
    write(letter, left, line(i), { color: FADED }) + write(number, left + 13, line(i));
  const rows = parent < 0
    ? [row('N', String(visits), 1)]
    : [row('P', short(prior), 1), row('Q', short(qvalue), 2), row('R', short(reward), 3)];
  const above = isEnd(node)
    ? [write('end', left, line(0), { color: ink })]
    : [write('V', left, line(0), { color: ink }), write(short(value), left + 13, line(0), { color: ink })];
  return element(
    'g',
    { class: 'node' },
    element('rect', { ...box, height: frame.height, rx: 3, fill: PANEL }),
    drawFrame(picture, { ...frame, x: box.x, y: box.y, color: fill }),
    element('rect', { x: left - 4, y: line(0) - 8, width: box.x + box.width - left, height: LINE_PX, rx: 3, fill }),
    ...above,
    ...rows,
    isEnd(node) ? drawStop(box.x + box.width, box.y, frame.height) : '',
    hidden > 0 ? write(`+${hidden} more`, box.x, box.y + frame.height + 8, { size: 11, color: FADED }) : '',
  );
}

function drawStop(x: number, y: number, height: number): string {
  return element('rect', { x, y, width: 4, height, fill: INK });
}

/** A picture within its frame, its pixels enlarged to exact squares; without one, the frame alone. */
export function drawFrame(picture: Picture | undefined, place: Size & { x: number; y: number; color: string }): string {
  const { x, y, width, height, color } = place;
  const inner = { x: x + FRAME, y: y + FRAME, width: width - 2 * FRAME, height: height - 2 * FRAME };
  const frame = element('rect', { x, y, width, height, rx: 3, fill: color });
  if (inner.width <= 0) return frame;
  if (!picture) return frame + element('rect', { ...inner, fill: 'white' });
  const shape = [picture.height, picture.width, 3];
  const still = frameCanvas(toRgba({ data: picture.data, shape, dtype: 'uint8' }), 0);
  const href = still.toDataURL('image/png');
  return frame + element('image', { ...inner, href, style: 'image-rendering:pixelated' });
}

// ---------------------------------------------------------------- edges

export interface EdgeMark {
  /** Where it leaves, where it is level, and where it ends. */
  readonly x: readonly [number, number, number];
  /** Where it leaves and where it ends. */
  readonly y: readonly [number, number];
  readonly width: number;
  readonly name: string;
  readonly visits: number;
  readonly isChosen: boolean;
}

/** A curve and then a level line, with the action above it and the visits below. */
export function drawEdge({ x: [from, level, to], y: [start, end], width, name, visits, isChosen }: EdgeMark): string {
  const bend = (from + level) / 2;
  const y = hundredths(start);
  const path = `M${from} ${y}C${bend} ${y} ${bend} ${end} ${level} ${end}H${to}`;
  const color = isChosen ? CHOSEN : INK;
  const stroke = { fill: 'none', stroke: isChosen ? CHOSEN : EDGE, 'stroke-width': width };
  return element(
    'g',
    { class: 'edge' },
    element('path', { d: path, ...stroke }),
    write(name, to - 6, end - width / 2 - 8, { color, anchor: 'end' }),
    write(String(visits), to - 6, end + width / 2 + 8, { color: isChosen ? CHOSEN : FADED, anchor: 'end' }),
  );
}

// ---------------------------------------------------------------- around the tree

interface Heads {
  readonly from: number;
  readonly left: number;
  readonly columnWidth: number;
  readonly boxWidth: number;
  readonly depth: number;
  readonly y: number;
}

/** Two bars say what was seen and what was dreamt, as above a dream strip, and numbers how far ahead a column is. */
export function drawHeads({ from, left, columnWidth, boxWidth, depth, y }: Heads): string {
  const bar = (start: number, end: number, word: string, color: string): string =>
    write(word, start, y - 11, { size: 13, color }) +
    element('rect', { x: start, y, width: end - start, height: 3, fill: color });
  const heads = [bar(from, left + boxWidth, 'observed', OBSERVED_COLOR)];
  if (depth > 0) heads.push(bar(left + columnWidth, left + depth * columnWidth + boxWidth, 'imagined', IMAGINED_COLOR));
  for (let d = 1; d <= depth; d++) heads.push(write(`t + ${d}`, left + d * columnWidth, y + 14, { color: FADED }));
  return heads.join('');
}

/** What colours, widths and letters mean, in one row around y = 0, from x = 0 to `width`. */
export function drawLegend(
  nodes: readonly SearchTreeNode[],
  { low, high }: ValueScale,
  mostVisits: number,
  chosen: number | undefined,
): { svg: string; width: number } {
  let x = 0;
  const parts: string[] = [];
  const say = (text: string, gap: number, color = INK): void => {
    parts.push(write(text, x, 0, { color }));
    x += textWidth(text, TEXT_PX) + gap;
  };
  const show = (width: number, svg: string, gap: number): void => {
    parts.push(svg);
    x += width + gap;
  };
  const line = (width: number, color: string): string =>
    element('path', { d: `M${x} 0H${x + 28}`, stroke: color, 'stroke-width': width });

  if (low <= high) {
    const stops = Array.from({ length: 9 }, (_, i) => {
      return element('stop', { offset: i / 8, 'stop-color': String(colorOf(i / 8)) });
    });
    parts.push(element('linearGradient', { id: 'tree-values' }, ...stops));
    say(`value V  ${short(low)}`, 6);
    show(110, element('rect', { x, y: -6, width: 110, height: 12, rx: 3, fill: 'url(#tree-values)' }), 6);
    say(short(high), 28);
  }
  if (nodes.length > 1) {
    say('visits N  1', 6);
    show(28, line(edgeWidth(1, mostVisits), EDGE), 10);
    show(28, line(edgeWidth(mostVisits, mostVisits), EDGE), 6);
    say(String(mostVisits), 28);
    say('P prior', 14);
    say('R reward', 14);
    say('Q = R + discount · V', 28);
  }
  if (nodes.some(({ parent, action }) => parent === 0 && action === chosen)) {
    show(28, line(5, CHOSEN), 6);
    say('chosen', 28, CHOSEN);
  }
  if (nodes.some(isEnd)) {
    show(4, drawStop(x, -7, 14), 6);
    say('the episode ends', 28);
  }
  return { svg: parts.join(''), width: Math.max(0, x - 28) };
}
