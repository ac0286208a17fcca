import catchWorld from '../../envs/catch.ts';
import { actingPolicy, configure, openPolicy, settle } from '../../src/train/configure.ts';
import type { RoomRequest } from '../../src/train/largest-that-fits.ts';
import type { Environment } from '../../src/types.ts';

/** Catch as it is configured, with the policy that acts while it learns; with `n` actions where they are stated. */
export async function roomRequest(preset: string, agent: string, overrides: readonly string[] = [], n?: number): Promise<RoomRequest> {
  const world = { ...(catchWorld as Environment), ...(n === undefined ? {} : { actions: { kind: 'discrete' as const, n } }) };
  const configured = await configure({ world: 'catch', preset, agent, overrides });
  const settled = settle(configured, world);
  const { config, shape: { actions } } = settled;
  const policy = await openPolicy(actingPolicy(config, configured.agent, actions), config, actions, settled.agent);
  return { ...settled, ...(policy.variant.search ? { search: policy.options } : {}) };
}
