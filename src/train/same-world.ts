/** Whether a world is still the one that a checkpoint was made in, as far as can be told without playing. */
import type { Plain } from '../data/plain.ts';
import { createRng } from '../random.ts';
import type { Environment } from '../types.ts';
import { UserError } from '../user-error.ts';
import { isExternal } from '../world/external.ts';
import { guarded } from '../world/guarded.ts';

/** What a checkpoint keeps of its world: its actions, and what its states are made of. */
export interface WorldMark extends Plain {
  readonly actions: Plain;
  readonly state: readonly string[];
}

export function worldMark(environment: Environment): WorldMark {
  const { actions } = environment;
  const state = isExternal(environment) || environment.ahead ? undefined : guarded(environment).reset(createRng(0));
  const keys = typeof state === 'object' && state !== null && !Array.isArray(state) && !ArrayBuffer.isView(state) ? Object.keys(state).sort() : [];
  return { actions: actions.kind === 'discrete' ? { kind: actions.kind, n: actions.n } : { ...actions }, state: keys };
}

/**
 * @param mark what the checkpoint in `file` kept; older ones kept nothing
 * @throws UserError that says how the world has changed
 */
export function requireSameWorld(file: string, mark: unknown, environment: Environment): void {
  if (typeof mark !== 'object' || mark === null) return;
  const now = worldMark(environment);
  for (const [key, what] of [['actions', 'its actions'], ['state', 'what its states hold']] as const) {
    const before: unknown = (mark as Plain)[key];
    const [was, is] = [JSON.stringify(before), JSON.stringify(now[key])];
    if (before === undefined || was === is) continue;
    throw new UserError(
      `${environment.name} is not the world any more that ${file} was made in: ${what} were ${was.slice(0, 120)}, and are ${is.slice(0, 120)}; ` +
        'bring it back, or train anew',
    );
  }
}
