/**
 * Every interface of dreamtree, by noun. These files are leaves: they import nothing of ours but each other, upwards.
 *
 * Time, once and for all: index t holds image_t, the action that led to it, the reward received on arriving,
 * `isFirst` and `isTerminal`. A time limit ends an episode but is not terminal.
 */
export type * from './types/numbers.ts';
export type * from './types/worlds.ts';
export type * from './types/models.ts';
export type * from './types/learning.ts';
export type * from './types/acting.ts';
