/** `dreamtree verify-env`: is a world equal to what was recorded from the original? */
import type { Command } from 'commander';
import { UserError } from '../../user-error.ts';
import { readJson } from '../read-json.ts';

const HELP = `
Example:
  dreamtree verify-env cartpole test/data/gymnasium/CartPole-v1.json
  dreamtree verify-env taxi test/data/gymnasium/Taxi-v4.json

Prints {"steps", "maxError"} and exits with 0, or says where the first difference is and exits with 1.
FILE.json (or FILE.json.gz) holds
{"episodes": [{"initialState", "actions", "states", "rewards", "terminated", "truncated"}]},
or a table {"transitions": {state: {action: [[probability, nextState, reward, terminated], …]}}}; "steps" then counts
outcomes, and "initialStateProbabilities" may say how episodes begin.`;

export default function registerVerifyEnv(program: Command): void {
  program
    .command('verify-env')
    .description('Compare a world, number by number, with recorded trajectories or a table of transitions.')
    .argument('<env>', 'a world by name, or the file that holds it')
    .argument('<recording>', 'a JSON file of episodes or transitions; it may be packed with gzip')
    .addHelpText('after', HELP)
    .action(async (env: string, file: string) => {
      const { loadWorld } = await import('../worlds.ts');
      const { MalformedRecording, WorldDifference } = await import('../../world/verify-errors.ts');
      const { verifyWorld } = await import('../../world/verify.ts');
      const world = await loadWorld(env);
      try {
        console.log(JSON.stringify(verifyWorld(world, await readJson(file))));
      } catch (error) {
        if (error instanceof MalformedRecording) throw new UserError(`${file}: ${error.message}`);
        if (!(error instanceof WorldDifference)) throw error;
        console.error(error.message);
        process.exitCode = 1;
      }
    });
}
