/** Acting by a table: the picture is looked up, and the action taken that is worth most there. */
import { definePolicy } from '../acting/policy-variant.ts';
import { fraction } from '../config/index.ts';
import { sizeOf, zeros } from '../nd-array.ts';
import { pictureHash } from '../picture-hash.ts';
import { Table, TABLE } from '../tabular/table.ts';
import type { ActionSpace, Agent } from '../types.ts';
import { UserError } from '../user-error.ts';

function refusal({ kind }: ActionSpace, agent?: Agent): string | undefined {
  if (kind === 'continuous') return 'table has a number for each of a few actions, and these are continuous';
  const has = !agent || Object.keys(agent.parameters).some((name) => name.startsWith(TABLE));
  return has ? undefined : 'table looks pictures up, and this agent has no table';
}

export default definePolicy({
  description: 'the action that a table of pictures values most: nothing is computed',
  options: { table: { epsilon: fraction.default(0.1).describe('Chance of a random action while it learns.') } },
  refuses: refusal,
  async create({ agent, params, actions, explore, frozen, imageShape }, { table: { epsilon } }) {
    const reason = refusal(actions, agent);
    if (reason !== undefined) throw new UserError(reason);
    const pixels = sizeOf(imageShape);
    let table = new Table(params);
    return {
      name: 'table',
      initial: () => ({}),
      async act(carry, { image: { data }, isFirst, legal }, rng) {
        const [rows] = isFirst.shape;
        const all = Array.from({ length: table.actions }, (_, each) => each);
        const action = zeros([rows, all.length]);
        for (let lane = 0; lane < rows; lane++) {
          const row = table.find(pictureHash(new Uint8Array(data.buffer, data.byteOffset + lane * pixels, pixels)));
          const allowed = all.filter((each) => legal === undefined || legal.data[lane * all.length + each] !== 0);
          const random = row === undefined || (explore && rng.uniform() < epsilon);
          const among = random ? allowed : bestOf(table, row, allowed);
          action.data[lane * all.length + among[rng.int(among.length)]] = 1;
        }
        return { action, carry, stats: {} };
      },
      update(next) {
        if (frozen) throw new Error('these parameters never change');
        table = new Table(next);
      },
      async dispose() {},
    };
  },
});

/** Those that are worth most; who takes them draws, since always the first one would be the same way for ever. */
function bestOf({ q, actions }: Table, row: number, allowed: readonly number[]): number[] {
  const worth = (action: number): number => q[row * actions + action];
  const most = Math.max(...allowed.map(worth));
  return allowed.filter((action) => worth(action) === most);
}
