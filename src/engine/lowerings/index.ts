/** Every tfjs kernel that can be traced, by name. */
import type { Lowering } from '../lowering.ts';
import type { KernelName } from '../ops.ts';
import { convolution } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import { reduction } from './reduction.ts';
import { shaping } from './shaping.ts';

export const lowerings = {
  ...elementwise,
  ...reduction,
  ...shaping,
  ...indexing,
  ...convolution,
} satisfies Readonly<Record<KernelName, Lowering>>;
