/** Every tfjs kernel that can be traced, by name. */
import type { Lowering } from '../trace-backend.ts';
import { convolution } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import { reduction } from './reduction.ts';
import { shaping } from './shaping.ts';

export const lowerings: Readonly<Record<string, Lowering>> = {
  ...elementwise,
  ...reduction,
  ...shaping,
  ...indexing,
  ...convolution,
};
