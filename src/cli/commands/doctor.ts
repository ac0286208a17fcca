/** `dreamtree doctor`: is everything there that dreamtree needs? */
import type { Command } from 'commander';
import { table } from '../table.ts';

const HELP = `
Example:
  dreamtree doctor
  dreamtree doctor --json

Exits with 1 where something essential is missing.`;

export default function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Check this machine and the installed packages, and say what to do about what is missing.')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async ({ json }: { json?: boolean }) => {
      const { examine } = await import('../doctor.ts');
      const { cacheFolder } = await import('../../user-folders.ts');
      const findings = await examine(cacheFolder());
      if (json) console.log(JSON.stringify(findings, null, 2));
      else console.log(table(findings.map(({ status, what, message }) => [status, what, message])));
      if (findings.some(({ status }) => status === 'fail')) process.exitCode = 1;
    });
}
