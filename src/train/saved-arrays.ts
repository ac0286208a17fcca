/**
 * Are the arrays of a checkpoint those of an agent? By group and name, shape and kind of number, none missing and none
 * too many.
 */
import { CheckpointError, type Checkpoint } from '../data/checkpoint.ts';
import { describe, sameShape } from '../nd-array.ts';
import type { Agent, Group, Groups, TensorSpec } from '../types.ts';
import { byGradients, updateSpecs } from './update.ts';

/** Fails with what is wrong in the file, as the end of a sentence. */
export type Refuse = (what: string) => never;

/** To refuse a file. What it gives throws CheckpointError. */
export const refusing = (file: string): Refuse => (what) => {
  throw new CheckpointError(`${file} does not fit its configuration: ${what}; use another copy of it, or begin a new run`);
};

/** Groups of a learner's state that are arrays by name; the others are slots of optimisers. */
const PARTS = ['params', 'slow', 'statistics'];
/** Groups of a checkpoint that hold what an optimiser remembers. */
export const SLOTS = 'slots/';
/** What an optimiser remembered before there were stages, and where it stands now. */
const BEFORE_STAGES: Readonly<Record<string, string>> = { momentum: 'slots/joint/momentum', variance: 'slots/joint/variance' };

/**
 * See that what a policy remembered, read from `file`, is what it remembers at first: `initial` of the same lanes.
 * Throws CheckpointError, naming the leaf.
 */
export function requireCarry(file: string, carry: Group<TensorSpec>, initial: Group<TensorSpec>): void {
  requireGroup(refusing(file), 'carry', carry, initial);
}

/** Of everything that an update changes, by the groups of a checkpoint. */
function learnerSpecs(agent: Agent): Groups<TensorSpec> {
  const specs = Object.entries(updateSpecs(agent, byGradients(agent.stages), {}));
  return Object.fromEntries(specs.filter(([group]) => PARTS.includes(group) || group.startsWith(SLOTS)));
}

/** See that a checkpoint's arrays are those that an agent learns with. */
export function requireArrays(refuse: Refuse, arrays: Checkpoint['arrays'], agent: Agent): void {
  const expected = learnerSpecs(agent);
  const got = new Map(Object.entries(arrays).map(([group, items]) => [BEFORE_STAGES[group] ?? group, items]));
  if (got.size < Object.keys(arrays).length) refuse('it holds the memory of its optimiser twice');
  got.delete('carry'); // only who acts knows what that is
  // A group that has nothing in it may be missing: an agent without copies has no slow ones.
  for (const [group, specs] of Object.entries(expected)) requireGroup(refuse, group, got.get(group) ?? {}, specs);
  const extra = [...got.keys()].find((group) => !Object.hasOwn(expected, group));
  if (extra !== undefined) refuse(`it holds a group '${extra}' of arrays, which this agent has not`);
}

function requireGroup(refuse: Refuse, group: string, got: Group<TensorSpec>, expected: Group<TensorSpec>): void {
  for (const [name, { shape, dtype }] of Object.entries(expected)) {
    const came = Object.hasOwn(got, name) ? got[name] : undefined;
    if (came && came.dtype === dtype && sameShape(came.shape, shape)) continue;
    refuse(`expected ${group} ${name} as ${describe({ shape, dtype })}, got ${came ? describe(came) : 'none'}`);
  }
  const extra = Object.keys(got).find((name) => !Object.hasOwn(expected, name));
  if (extra !== undefined) refuse(`it holds ${group} ${extra}, which this agent has not`);
}
