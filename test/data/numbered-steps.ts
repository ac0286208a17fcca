/** Steps whose content says where they belong. */
import type { Step } from '../../src/types.ts';

/** Step `index` of a lane, with an image [1, 2, 1]; an episode is five steps long, every second one ends by itself. */
export function numberedStep(lane: number, index: number): Step {
  return {
    image: Uint8Array.of(index % 256, 100 * lane + Math.floor(index / 256)),
    action: Float32Array.of(index / 8),
    reward: 1000 * lane + index,
    isFirst: index % 5 === 0,
    isLast: index % 5 === 4,
    isTerminal: index % 10 === 9,
  };
}
