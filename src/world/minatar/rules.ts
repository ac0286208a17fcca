/**
 * What the five MinAtar games share (Young and Tian 2019, arXiv:1903.03176): a grid of 10 × 10 cells, six actions,
 * sticky actions, a difficulty that grows. Written from the published rules.
 */
import type { Action, ActionSpace, Rng } from '../../types.ts';

/** Cells on each side of the grid. */
export const SIZE = 10;

/** Every game takes all six, as version 0 of MinAtar does, whether they mean something in it or not. */
export const actions: ActionSpace = { kind: 'discrete', n: 6, names: ['noop', 'left', 'up', 'right', 'down', 'fire'] };
export const [NOOP, LEFT, UP, RIGHT, DOWN, FIRE] = [0, 1, 2, 3, 4, 5] as const;

/** The chance that the world takes the last action again instead of the new one. */
const STICKINESS = 0.1;

/** The action that takes effect: mostly `action`, sometimes `lastAction`, the one that took effect before. */
export function stickyAction(action: Action, lastAction: number, rng: Rng): number {
  return rng.uniform() < STICKINESS ? lastAction : (action as number);
}

/** −1, 0 or 1 columns. */
export function acrossOf(action: number): number {
  return action === LEFT ? -1 : action === RIGHT ? 1 : 0;
}

/** −1, 0 or 1 rows; down is positive. */
export function downOf(action: number): number {
  return action === UP ? -1 : action === DOWN ? 1 : 0;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** Whether a column or row is on the grid. */
export function isOnGrid(at: number): boolean {
  return at >= 0 && at < SIZE;
}

/** Cells from the middle of the grid, across or down. */
export function offMiddle(at: number): number {
  return Math.abs(at - (SIZE - 1) / 2);
}

export interface Cell {
  readonly x: number;
  readonly y: number;
}

export function sameCell(a: Cell, b: Cell): boolean {
  return a.x === b.x && a.y === b.y;
}

/** How hard a game has become; intervals in frames. */
export interface Pace {
  readonly spawnInterval: number;
  readonly moveInterval: number;
  /** How often the pace has grown. */
  readonly level: number;
}

/** One frame less between spawns, and every other time one frame less between moves. */
export function faster({ spawnInterval, moveInterval, level }: Pace, leastMoveInterval: number): Pace {
  const quicken = level % 2 === 1 && moveInterval > leastMoveInterval;
  return {
    spawnInterval: Math.max(spawnInterval - 1, 1),
    moveInterval: quicken ? moveInterval - 1 : moveInterval,
    level: level + 1,
  };
}
