/** What agents have in common that learn from search: replayed steps are searched anew, with the acting policy's search. */
import { loadPolicy, loadSearch } from '../../acting/load-policy.ts';
import { createReanalysis } from '../../acting/reanalyse.ts';
import { fraction, type Component } from '../../config/index.ts';
import type { ActionSpace, Agent, RefreshSetting } from '../../types.ts';

const options = {
  search: {
    reanalyse: fraction
      .default(1)
      .describe('Share of the replayed sequences that are searched anew before every update.'),
  },
};

export const reanalysis = {
  options,
  rules: ({ search: { reanalyse } }, { policy }) =>
    (policy === 'actor' && reanalyse === 0
      ? [{ key: 'search.reanalyse', expected: 'expected more than 0 where the agent learns from search but does not act by it' }]
      : []),
} satisfies Component<typeof options>;

export interface ReanalysisChoice {
  readonly actions: ActionSpace;
  readonly share: number;
  /** The search that is made where the agent does not act by one, and its options. */
  readonly own: { readonly name: string; readonly options: RefreshSetting['policy']['options'] };
}

/** `agent` with a share of what it learns from searched anew. */
export function reanalysing(agent: Agent, { actions, share, own }: ReanalysisChoice): Agent {
  const whole: Agent = {
    ...agent,
    async refresh(setting) {
      const { search } = await loadPolicy(setting.policy.name);
      const { name, options: values } = search ? setting.policy : own;
      return createReanalysis({ agent: whole, actions, share, policy: await loadSearch(name, own.name), options: values }, setting);
    },
  };
  return whole;
}
