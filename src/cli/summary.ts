/** The one line that says what an agent achieves. */
import type { ControlResult } from '../../eval/control.ts';
import { returnInWords } from '../../eval/statistics.ts';
import type { Environment } from '../types.ts';

type Summarized = Pick<ControlResult, 'returnMean' | 'returnCi95' | 'score' | 'opponent' | 'returns'>;

/** What is to be known where episodes were cut that would have gone on. */
export const cutInWords = ({ episodes, cut }: Pick<ControlResult, 'episodes' | 'cut'>): string | undefined =>
  cut && `${cut.episodes} of ${episodes} episodes were cut after ${cut.steps} steps, as long as an evaluation waits: set env.timeLimit`;

/**
 * `random −0.60 · this agent 0.98 [0.95, 1.00] · best possible 1.00 · score 0.99`, or in a game for two
 * `against random 0.94 [0.90, 0.97] · won 95 %, drawn 4 %, lost 1 %`.
 */
export function summaryLine(
  { reference, toMove }: Environment,
  { returnMean, returnCi95: [low, high], score, opponent, returns }: Summarized,
): string {
  const achieved = `${returnInWords(returnMean)} [${returnInWords(low)}, ${returnInWords(high)}]`;
  if (opponent) {
    const share = (counts: (value: number) => boolean) => `${Math.round((100 * returns.filter(counts).length) / returns.length)} %`;
    const [won, drawn, lost] = [share((value) => value > 0), share((value) => value === 0), share((value) => value < 0)];
    return `against ${opponent} ${achieved} · won ${won}, drawn ${drawn}, lost ${lost}`;
  }
  // What both sides of a game are given together says nothing of how well it is played.
  if (toMove) return `against itself ${achieved}`;
  const agent = `this agent ${achieved}`;
  if (!reference) return agent;
  const line = `random ${returnInWords(reference.random)} · ${agent} · best possible ${returnInWords(reference.expert)}`;
  return score === undefined ? line : `${line} · score ${returnInWords(score)}`;
}
