/** The colours of our pictures, plots and trees. */

export const INK = '#1f2328';
export const FADED = '#6e7781';
export const PAPER = '#ffffff';
/** Behind what fills up, and of what has no value. */
export const TRACK = '#e4e7eb';
export const PANEL = '#f6f8fa';
export const EDGE = '#b6bec8';

/** Steps that a model saw, and those that it dreamt. */
export const OBSERVED_COLOR = '#2da44e';
export const IMAGINED_COLOR = '#d1242f';

const VERMILION = '#d55e00';
/** Okabe and Ito (2008): told apart by colour-blind readers and in grey print; their yellow is left out. */
const SERIES = ['#0072b2', VERMILION, '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const;
export const seriesColor = (index: number): string => SERIES[index % SERIES.length];
/** Of the action that was taken: it is not among the colours of values. */
export const CHOSEN = VERMILION;
