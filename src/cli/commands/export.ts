/** `dreamtree export`: from a run, a small file that can act and dream. */
import type { Command } from 'commander';

const HELP = `
Example:
  dreamtree export checkpoints/catch.dream --out catch-copy.dream`;

export default function registerExport(program: Command): void {
  program
    .command('export')
    .description('Write an agent without its training state, in half precision, to share or ship.')
    .argument('<run or checkpoint>', 'a run folder or a checkpoint file')
    .requiredOption('--out <file>', 'where to write it, for example catch.dream')
    .option('--full', 'keep single precision')
    .addHelpText('after', HELP)
    .action(exportAgent);
}

async function exportAgent(target: string, { out, full }: { out: string; full?: boolean }): Promise<void> {
  const { statSync } = await import('node:fs');
  const { openAgent } = await import('../../open/open.ts');
  const { writeCheckpoint } = await import('../../data/checkpoint.ts');
  const { markOf } = await import('../../train/named-code.ts');
  const { makeFolderOf, requireWritableFile } = await import('../../viz/output-file.ts');
  const { printableLine } = await import('../../printable.ts');
  requireWritableFile(out);
  const { checkpoint, params } = await openAgent(target);
  const { config, counters, command, extra: { world } } = checkpoint;
  const extra = { ...markOf(config), ...(world ? { world } : {}) };
  await makeFolderOf(out);
  await writeCheckpoint(out, { kind: 'agent', config, counters, command, arrays: { params }, extra }, { half: !full });
  console.log(printableLine(`${out}: ${(statSync(out).size / 1e6).toFixed(2)} MB, made by: ${command}`));
}
