/**
 * The command line: one file a command in commands/, found by listing that folder. Exit codes: 0 all is well,
 * 1 something failed (or a check did not pass), 2 the command was called wrongly, or a world or a file is at fault; then
 * stderr says how in a sentence. Who was stopped exits with 130 (Ctrl-C), 143 (kill) or 129 (its terminal went away).
 */
import '../home.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { isFileError, UserError } from '../user-error.ts';
import { printable } from '../printable.ts';
import { stackOfWorld } from '../world/world-error.ts';
import { endWhenAsked, outliveReaders } from './interruption.ts';

/** What a file in commands/ exports by default: it adds its command to the program. */
export type Register = (program: Command) => void;

const EXAMPLES = `
Begin with:
  dreamtree train catch          learn a world from pixels and picture the dream
  dreamtree list                 worlds, agents, policies, presets
  dreamtree <command> --help     options and an example`;

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

/** The whole program. Commands import what is heavy inside their action, so that `--help` stays quick. */
export async function createProgram(): Promise<Command> {
  const program = new Command('dreamtree')
    .description('A latent world-model agent that learns from pixels.')
    .version(packageVersion())
    .option('--trust <file>', 'a file of code that may run although a checkpoint names it; may be repeated', (file: string, others: readonly string[]) => [...others, file], [])
    .option('--verbose', 'say where an error comes from, with the stack of a world of yours')
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError()
    .exitOverride()
    // Commander breaks "unknown option … (Did you mean …?)" over two lines.
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll('\n', ' ')}\n`) });
  program.hook('preAction', async (_, command) => {
    const { trust, world, agent, policy } = command.optsWithGlobals<Readonly<Record<string, unknown>>>();
    const { trustCode, tellOfCode } = await import('../train/named-code.ts');
    // Whoever writes a file into a command has named it.
    const named = [command.args[0], ...(Array.isArray(trust) ? (trust as unknown[]) : []), world, agent, policy];
    trustCode(named.filter((name) => typeof name === 'string'));
    tellOfCode((text) => console.error(text));
  });
  const folder = new URL('commands/', import.meta.url);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts')).sort()) {
    const { default: register } = (await import(new URL(file, folder).href)) as { default: Register };
    register(program);
  }
  return program;
}

/** Say what went wrong; returns the exit code. */
function report(error: unknown, verbose: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said it already
  const debug = process.env.DREAMTREE_DEBUG === '1';
  if (error instanceof UserError) {
    console.error(debug ? error : `error: ${printable(error.message)}`);
    if (verbose && !debug && error.cause instanceof Error) console.error(printable(stackOfWorld(error.cause)));
    return 2;
  }
  if (isFileError(error) && !debug) {
    console.error(`error: the file system says ${printable(error.message)}; make room or give another place, then try again`);
    return 2;
  }
  console.error(error);
  console.error('This is a bug in dreamtree or in a file of yours; `dreamtree doctor` checks the installation.');
  return 1;
}

/** Run one command line, without the program's own name; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  endWhenAsked();
  // A reader that has seen enough (`dreamtree list | head`) is no failure; what trains goes on all the same.
  const trains = args.includes('train');
  let told = false;
  outliveReaders(
    () => {
      if (!trains) process.exit(); // with the code that a check has set
    },
    (error) => {
      if (!trains) process.exit(report(error, false));
      if (!told) console.error(`stdout cannot be written (${error.message}); training goes on`);
      told = true;
    },
  );
  const verbose = args.includes('--verbose');
  try {
    const program = await createProgram();
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0); // a command whose check failed has set it to 1
  } catch (error) {
    return report(error, verbose);
  }
}
