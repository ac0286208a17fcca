/** The one line that says what an agent achieves. */
import type { ControlResult } from '../../eval/control.ts';
import type { Environment } from '../types.ts';

/** `random −0.6 · this agent 0.98 [0.95, 1.00] · best possible 1.0` */
export function summaryLine({ reference }: Environment, result: Pick<ControlResult, 'returnMean' | 'returnCi95'>): string {
  const [low, high] = result.returnCi95;
  const agent = `this agent ${number(result.returnMean)} [${number(low)}, ${number(high)}]`;
  if (!reference) return agent;
  return `random ${number(reference.random)} · ${agent} · best possible ${number(reference.expert)}`;
}

/** Three significant digits, with a true minus sign. */
function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits).replace('-', '−');
}
