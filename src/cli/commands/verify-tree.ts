/** `dreamtree verify-tree`: does the search grow the same tree as mctx did? */
import type { Command } from 'commander';
import { UserError } from '../../user-error.ts';
import { readJson } from '../read-json.ts';

const HELP = `
Example:
  dreamtree verify-tree test/data/mctx/gumbel_muzero_tree.json.gz

Prints {"nodes", "mismatches": 0} and exits with 0, or says where the first difference is and exits with 1.
The file is a tree in the form of mctx's tests, {"algorithm", "algorithm_config", "env_config", "tree"}; it may be
packed with gzip.`;

export default function registerVerifyTree(program: Command): void {
  program
    .command('verify-tree')
    .description('Compare a search, node by node, with a tree recorded from mctx.')
    .argument('<recording>', 'a JSON file of a search tree; it may be packed with gzip')
    .addHelpText('after', HELP)
    .action(async (file: string) => {
      const { TreeMismatch, verifyTree } = await import('../../planning/golden.ts');
      const recording = await readJson(file);
      try {
        console.log(JSON.stringify(await verifyTree(recording)));
      } catch (error) {
        if (error instanceof UserError) throw new UserError(`${file}: ${error.message}`);
        if (!(error instanceof TreeMismatch)) throw error;
        console.error(`${file}: ${error.message}`);
        process.exitCode = 1;
      }
    });
}
