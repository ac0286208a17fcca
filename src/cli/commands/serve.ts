/** `dreamtree serve`: a world for a program in another language, over its pipes. */
import type { Command } from 'commander';

const HELP = `
Example (in Python, with src/world/gym of this package in sys.path):
  from dreamtree_client import DreamtreeEnv
  env = DreamtreeEnv("catch", size=64)          # a gymnasium.Env where gymnasium is installed

The client starts this command itself. It reads messages from stdin and answers on stdout; what they look like is
written down in src/world/gym/PROTOCOL.md.`;

export default function registerServe(program: Command): void {
  program
    .command('serve')
    .description('Serve a world over stdin and stdout, for example to Python as a gymnasium.Env.')
    .argument('<env | file>', 'a world by name, or the .ts or .js file that holds it')
    .option('--set <key=value...>', 'any key of the configuration, for example env.actionRepeat=2')
    .addHelpText('after', HELP)
    .action(serve);
}

async function serve(name: string, { set = [] }: { readonly set?: readonly string[] }): Promise<void> {
  const { Console } = await import('node:console');
  globalThis.console = new Console(process.stderr); // stdout is for messages alone, whatever a world prints
  const { configure } = await import('../../train/configure.ts');
  const { configureWorld } = await import('../../world/configured.ts');
  const { serveWorld } = await import('../../world/gym/serve-world.ts');
  const { loadWorld } = await import('../../open/open.ts');
  const environment = await loadWorld(name);
  const world = configureWorld(environment, (await configure({ world: name, overrides: set })).config.env);
  await serveWorld(world, process.stdin, (answer) => void process.stdout.write(answer));
}
