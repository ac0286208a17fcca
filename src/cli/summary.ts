/** The one line that says what an agent achieves. */
import type { ControlResult } from '../../eval/control.ts';
import { returnInWords } from '../../eval/statistics.ts';
import type { Environment } from '../types.ts';

/** `random −0.60 · this agent 0.98 [0.95, 1.00] · best possible 1.00 · score 0.99` */
export function summaryLine(
  { reference }: Environment,
  { returnMean, returnCi95: [low, high], score }: Pick<ControlResult, 'returnMean' | 'returnCi95' | 'score'>,
): string {
  const agent = `this agent ${returnInWords(returnMean)} [${returnInWords(low)}, ${returnInWords(high)}]`;
  if (!reference) return agent;
  const line = `random ${returnInWords(reference.random)} · ${agent} · best possible ${returnInWords(reference.expert)}`;
  return score === undefined ? line : `${line} · score ${returnInWords(score)}`;
}
