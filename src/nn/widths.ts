/** How wide networks are in each preset: what models and behaviours have in common. */
import type { PresetName } from '../config/index.ts';

interface Widths {
  /** The deterministic part of a latent. */
  readonly deter: number;
  /** Layers within the dynamics. */
  readonly hidden: number;
  /** Heads. */
  readonly units: number;
  /** Base channels of encoder and decoder. */
  readonly depth: number;
}

export const widths: Readonly<Record<PresetName, Widths>> = {
  debug: { deter: 8, hidden: 8, units: 8, depth: 2 },
  tiny: { deter: 128, hidden: 128, units: 128, depth: 16 },
  small: { deter: 256, hidden: 256, units: 256, depth: 16 },
  size1m: { deter: 512, hidden: 64, units: 64, depth: 4 },
  size12m: { deter: 2048, hidden: 256, units: 256, depth: 16 },
  size25m: { deter: 3072, hidden: 384, units: 384, depth: 24 },
  size50m: { deter: 4096, hidden: 512, units: 512, depth: 32 },
  size100m: { deter: 6144, hidden: 768, units: 768, depth: 48 },
  size200m: { deter: 8192, hidden: 1024, units: 1024, depth: 64 },
  size400m: { deter: 12288, hidden: 1536, units: 1536, depth: 96 },
};

/** Something of every preset, made from its widths. */
export function fromWidths<T>(make: (widths: Widths, preset: PresetName) => T): Record<PresetName, T> {
  const made = Object.entries(widths).map(([preset, sizes]) => [preset, make(sizes, preset as PresetName)]);
  return Object.fromEntries(made) as Record<PresetName, T>;
}
