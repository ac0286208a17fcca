/** `dreamtree check`: does a world keep the contract of environments? Made for people who write one. */
import type { Command } from 'commander';
import type { Finding } from '../../world/contract.ts';

const HELP = `
Example:
  dreamtree check catch
  dreamtree check ./my-env.ts

Exits with 1 where a check failed.`;

interface CheckOptions {
  readonly size: string;
  readonly seed: string;
  readonly timeout: string;
  readonly json?: boolean;
}

export default function registerCheck(program: Command): void {
  program
    .command('check')
    .description('Run the contract checks on a world and say in words what is broken.')
    .argument('<env>', 'a world by name, or the file that holds it')
    .option('--size <pixels>', 'side of the frames that are drawn', '64')
    .option('--seed <seed>', 'seed of the trial', '0')
    .option('--timeout <seconds>', 'how long a check may take; 0 means no limit', '60')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (env: string, options: CheckOptions) => {
      const findings = await examine(env, options);
      console.log(options.json ? JSON.stringify(findings, null, 2) : describe(env, findings));
      if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
    });
}

async function examine(env: string, options: CheckOptions): Promise<readonly Finding[]> {
  const { checkEnvironment } = await import('../../world/contract.ts');
  const { createRng } = await import('../../random.ts');
  const { integer } = await import('../arguments.ts');
  const { WORLDS, variantUrl } = await import('../../listing.ts');
  const { loadUnchecked } = await import('../../open/worlds.ts');
  const size = integer('--size', options.size, 8);
  const seed = integer('--seed', options.seed);
  // Whatever a file of the user does, it does it in a thread.
  const { checkWorldFile, isWorldFile } = await import('../../world/threaded-driver.ts');
  if (isWorldFile(env)) {
    await variantUrl(WORLDS, env); // a file that is not there is no finding
    return checkWorldFile(env, { size, seed, timeout: integer('--timeout', options.timeout, 0) });
  }
  return checkEnvironment(await loadUnchecked(env), { size, rng: createRng(seed) });
}

function describe(env: string, findings: readonly Finding[]): string {
  const failed = findings.filter(({ ok }) => !ok).length;
  const lines = findings.map(({ check, ok, message }) => `  ${ok ? 'ok  ' : 'FAIL'}  ${check}: ${message}`);
  const verdict = failed === 0 ? 'keeps the contract' : `breaks the contract (${failed} of ${findings.length} checks failed)`;
  return [...lines, `${env} ${verdict}`].join('\n');
}
