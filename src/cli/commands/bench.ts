/** `dreamtree bench …`: how fast this machine is; what is measured, and how, is in eval/bench. */
import type { Command } from 'commander';
import { table } from '../table.ts';

const ENV_HELP = `
Example:
  dreamtree bench env
  dreamtree bench env --json`;

export default function registerBench(program: Command): void {
  const bench = program.command('bench').description('Measure how fast this machine is.');
  bench
    .command('env')
    .description('Drawn 64×64 frames, and steps without drawing, per second, with one worker thread and with two.')
    .option('--json', 'print JSON')
    .addHelpText('after', ENV_HELP)
    .action(benchEnv);
}

async function benchEnv({ json }: { json?: boolean }): Promise<void> {
  const { benchWorlds } = await import('../../../eval/bench/env.ts');
  const results = await benchWorlds();
  if (json) {
    console.log(JSON.stringify(results, null, 2));
    return;
  }
  const rows = results.map((result) => [
    result.env,
    String(result.workers),
    Math.round(result.framesPerSecond).toLocaleString('en'),
    Math.round(result.stepsPerSecondWithoutDrawing).toLocaleString('en'),
  ]);
  console.log(table([['world', 'workers', 'frames/s', 'steps/s without drawing'], ...rows]));
}
