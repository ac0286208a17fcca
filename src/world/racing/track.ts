/**
 * Random closed race tracks: a smooth loop through points around a circle, cut into tiles of equal length. Curves are
 * uniform cubic B-splines: smooth in their bends, and they do not overshoot their points.
 */
import type { Rng } from '../../types.ts';

/** The middles of a track's tiles in driving order, x and y in turn, in metres; the first follows the last. */
export type Track = Float32Array;

/** Along the middle of the road, in metres; rounded so that a whole number of tiles closes the loop. */
export const TILE_LENGTH = 3.5;

const POINTS = 12;
const OUTER_RADIUS = 170;
const INNER_RADIUS = 40;
/** Of the angle between two points, to either side. */
const ANGLE_JITTER = 0.35;
const PIECES_PER_POINT = 20;
/** Bends are never tighter, so that roads narrower than twice this have an inner edge without a fold. */
const MIN_BEND_RADIUS = 15;

/** A track around (0, 0), driven either way round; a new one for each state of `rng`. */
export function randomTrack(rng: Rng): Track {
  for (;;) {
    const track = cutIntoTiles(smooth(randomPoints(rng)));
    if (tightestBend(track) <= 1 / MIN_BEND_RADIUS) return track;
  }
}

export function tileCount(track: Track): number {
  return track.length / 2;
}

/** The bend at a tile in 1/metres, the inverse of its radius: positive to the left, 0 where the track is straight. */
export function curvature(track: Track, tile: number): number {
  const count = tileCount(track);
  const [a, b, c] = [2 * ((tile + count - 2) % count), 2 * (tile % count), 2 * ((tile + 2) % count)];
  const [abX, abY] = [track[b] - track[a], track[b + 1] - track[a + 1]];
  const [bcX, bcY] = [track[c] - track[b], track[c + 1] - track[b + 1]];
  // The circle through three points: four times the triangle's area over the product of its sides.
  const sides = (abX ** 2 + abY ** 2) * (bcX ** 2 + bcY ** 2) * ((abX + bcX) ** 2 + (abY + bcY) ** 2);
  return (2 * (abX * bcY - abY * bcX)) / Math.sqrt(sides);
}

/** The tile whose middle is nearest to (x, y), and how far away that is in metres. */
export function nearestTile(track: Track, x: number, y: number): { readonly tile: number; readonly distance: number } {
  let tile = 0;
  let least = Infinity;
  for (let i = 0; i < track.length; i += 2) {
    const squared = (track[i] - x) ** 2 + (track[i + 1] - y) ** 2;
    if (squared >= least) continue;
    least = squared;
    tile = i / 2;
  }
  return { tile, distance: Math.sqrt(least) };
}

function randomPoints(rng: Rng): readonly (readonly [number, number])[] {
  const points = Array.from({ length: POINTS }, (_, i): readonly [number, number] => {
    const angle = (2 * Math.PI * (i + ANGLE_JITTER * (2 * rng.uniform() - 1))) / POINTS;
    const radius = INNER_RADIUS + (OUTER_RADIUS - INNER_RADIUS) * rng.uniform();
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return rng.uniform() < 0.5 ? points : points.reverse();
}

/** Many points of the closed B-spline that `points` control. */
function smooth(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  return points.flatMap((_, i) => {
    const [p, q, r, s] = [0, 1, 2, 3].map((k) => points[(i + k) % points.length]);
    return Array.from({ length: PIECES_PER_POINT }, (__, step): readonly [number, number] => {
      const t = step / PIECES_PER_POINT;
      const weights = [(1 - t) ** 3, 3 * t ** 3 - 6 * t ** 2 + 4, -3 * t ** 3 + 3 * t ** 2 + 3 * t + 1, t ** 3];
      const blend = (axis: 0 | 1) =>
        (weights[0] * p[axis] + weights[1] * q[axis] + weights[2] * r[axis] + weights[3] * s[axis]) / 6;
      return [blend(0), blend(1)];
    });
  });
}

/** Points at equal distances along a closed line. */
function cutIntoTiles(line: readonly (readonly [number, number])[]): Track {
  const lengths = line.map(([x, y], i) => {
    const [nextX, nextY] = line[(i + 1) % line.length];
    return Math.hypot(nextX - x, nextY - y);
  });
  const total = lengths.reduce((a, b) => a + b, 0);
  const count = Math.round(total / TILE_LENGTH);
  const track = new Float32Array(2 * count);
  let piece = 0;
  let before = 0; // length of the line before `piece`
  for (let tile = 0; tile < count; tile++) {
    const at = (tile * total) / count;
    while (before + lengths[piece] < at) before += lengths[piece++];
    const share = (at - before) / lengths[piece];
    const [[x, y], [nextX, nextY]] = [line[piece], line[(piece + 1) % line.length]];
    track[2 * tile] = x + share * (nextX - x);
    track[2 * tile + 1] = y + share * (nextY - y);
  }
  return track;
}

function tightestBend(track: Track): number {
  let tightest = 0;
  for (let tile = 0; tile < tileCount(track); tile++) tightest = Math.max(tightest, Math.abs(curvature(track, tile)));
  return tightest;
}
