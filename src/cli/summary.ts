/** The one line that says what an agent achieves. */
import type { ControlResult } from '../../eval/control.ts';
import type { Environment } from '../types.ts';

/** `random −0.60 · this agent 0.98 [0.95, 1.00] · best possible 1.00 · score 0.99` */
export function summaryLine(
  { reference }: Environment,
  { returnMean, returnCi95: [low, high], score }: Pick<ControlResult, 'returnMean' | 'returnCi95' | 'score'>,
): string {
  const agent = `this agent ${number(returnMean)} [${number(low)}, ${number(high)}]`;
  if (!reference) return agent;
  const line = `random ${number(reference.random)} · ${agent} · best possible ${number(reference.expert)}`;
  return score === undefined ? line : `${line} · score ${number(score)}`;
}

/** Three significant digits, with a true minus sign. */
function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits).replace('-', '−');
}
