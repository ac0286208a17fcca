/** For tests: the Python that they run, if there is one. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const named = process.env.PYTHON || 'python3';
const { stdout, status } = spawnSync(named, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
export const hasPython = status === 0;
// Itself, and not a script that looks for it every time (pyenv).
export const PYTHON = (process.env.PYTHON = hasPython ? stdout.trim() : named);
if (!hasPython) console.warn(`skipped: there is no ${PYTHON}`);

/** Whether that Python has Gymnasium and what its CartPole is drawn with. */
export const hasGymnasium = hasPython && spawnSync(PYTHON, ['-c', 'import gymnasium, pygame']).status === 0;

export const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** The stand-in world, as a user would name it. */
export const STAND_IN = `gym:${here('stand_in.py')}`;

/** What its actions are for, by their index (stand_in.py). */
export const actions = {
  wait: 0, gain: 1, terminate: 2, truncate: 3, disturb: 4, crash: 5, die: 6, infinite: 7, blind: 8,
} as const;
