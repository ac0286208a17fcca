/** Ways to act by name: every file in `policies`, or a user's own. */
import { POLICIES, loadVariant } from '../listing.ts';
import type { ActionSpace, Agent } from '../types.ts';
import { UserError } from '../user-error.ts';
import type { PolicyVariant, TreeSearch } from './policy-variant.ts';

/** A policy that searches a tree. */
export type SearchVariant = PolicyVariant & { readonly search: TreeSearch };

/**
 * A way to act by its name or its file.
 * @throws UserError that names the nearest known policy, or what is wrong with the file
 */
export const loadPolicy = (nameOrFile: string): Promise<PolicyVariant> => loadVariant(POLICIES, nameOrFile, isPolicy);

/** The search by which an agent acts that acts by `name`; where it does not search, `fallback`. */
export async function loadSearch(name: string, fallback: string): Promise<SearchVariant> {
  for (const each of [name, fallback]) {
    const variant = await loadPolicy(each);
    if (searches(variant)) return variant;
  }
  throw new UserError(`the policy '${fallback}' does not search`);
}

/** @throws UserError with the reason, where a policy does not go with a world's actions, or with an agent */
export function requireFits(name: string, variant: PolicyVariant, actions: ActionSpace, agent?: Agent): void {
  const whatever = variant.refuses(actions);
  const refusal = whatever ?? variant.refuses(actions, agent);
  if (refusal === undefined) return;
  const what = whatever === undefined ? 'agent' : 'world';
  throw new UserError(`policy '${name}' does not go with this ${what}: ${refusal}`);
}

const searches = (variant: PolicyVariant): variant is SearchVariant => variant.search !== undefined;

export const isPolicy = (value: unknown): value is PolicyVariant =>
  typeof value === 'object' && value !== null &&
  'description' in value && typeof value.description === 'string' &&
  'options' in value && typeof value.options === 'object' &&
  'refuses' in value && typeof value.refuses === 'function' &&
  'create' in value && typeof value.create === 'function';
