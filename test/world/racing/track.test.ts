import { describe, expect, it } from 'vitest';
import { createRng } from '../../../src/random.ts';
import { TILE_LENGTH, curvature, nearestTile, randomTrack, tileCount } from '../../../src/world/racing/track.ts';
import type { Track } from '../../../src/world/racing/track.ts';

const tracks = Array.from({ length: 40 }, (_, seed) => randomTrack(createRng(seed)));

/** Tiles around a circle about (0, 0), counter-clockwise. */
function circle(count: number, radius: number): Track {
  return Float32Array.from({ length: 2 * count }, (_, i) => {
    const angle = (2 * Math.PI * Math.floor(i / 2)) / count;
    return radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
}

function gap(track: Track, a: number, b: number): number {
  return Math.hypot(track[2 * a] - track[2 * b], track[2 * a + 1] - track[2 * b + 1]);
}

describe('a random track', () => {
  it('is a closed loop of tiles of equal length', () => {
    for (const track of tracks) {
      const count = tileCount(track);
      for (let tile = 0; tile < count; tile++) {
        // Chords of bends of 15 m and more, and a whole number of tiles: within a few per cent of the length.
        const length = gap(track, tile, (tile + 1) % count);
        expect(Math.abs(length - TILE_LENGTH)).toBeLessThan(0.05 * TILE_LENGTH);
      }
    }
  });

  it('keeps its roads apart, and bends of 15 m or more', () => {
    for (const track of tracks) {
      const count = tileCount(track);
      const tiles = Array.from({ length: count }, (_, tile) => tile);
      expect(Math.max(...tiles.map((tile) => Math.abs(curvature(track, tile))))).toBeLessThanOrEqual(1 / 15);
      // From each tile to all but the 20 before and after it; the road is 14 m wide.
      const gaps = tiles.flatMap((a) => tiles.slice(20, -20).map((ahead) => gap(track, a, (a + ahead) % count)));
      expect(gaps.reduce((least, value) => Math.min(least, value))).toBeGreaterThan(30);
    }
  });

  it('is another one each time, either way round, and the same for the same seed', () => {
    expect(new Set(tracks.map((track) => track.join())).size).toBe(40);
    expect(randomTrack(createRng(7))).toEqual(tracks[7]);
    const turnsLeft = tracks.filter((track) => {
      const bends = Array.from({ length: tileCount(track) }, (_, tile) => curvature(track, tile));
      return bends.reduce((a, b) => a + b, 0) > 0;
    });
    expect(turnsLeft.length).toBeGreaterThan(8); // 4 standard deviations below half of 40
    expect(turnsLeft.length).toBeLessThan(32);
  });
});

describe('curvature', () => {
  it('is the inverse of a circle’s radius, positive to the left', () => {
    const left = circle(60, 50);
    const right = left.map((value, i) => (i % 2 === 0 ? value : -value));
    for (const tile of [0, 1, 30, 59]) {
      expect(curvature(left, tile)).toBeCloseTo(0.02, 6);
      expect(curvature(right, tile)).toBeCloseTo(-0.02, 6);
    }
  });
});

describe('nearestTile', () => {
  it('finds the tile and the distance to its middle', () => {
    const track = circle(4, 10); // (10, 0), (0, 10), (−10, 0), (0, −10)
    expect(nearestTile(track, 5, 22)).toEqual({ tile: 1, distance: expect.closeTo(13, 5) });
    expect(nearestTile(track, -13, 4)).toEqual({ tile: 2, distance: expect.closeTo(5, 5) });
  });
});
