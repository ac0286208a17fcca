import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Mutation testing: `npm run mutation` changes the sources one small thing at a time and tells which changes no test
 * noticed. Over everything that takes many hours, so it is run on request, and over a part of it at a time:
 *   npm run mutation -- --mutate src/planning/qtransforms.ts
 *   npm run mutation -- --mutate 'src/behavior/*.ts,src/nn/layers.ts' --concurrency 2
 *   for file in src/planning/*.ts; do npm run mutation -- --mutate $file; done
 * Results are written to .mutation/ where a run ends, beside those of other files: the last line can be cut short and
 * begun again, when it tries only what is new or whose tests have changed (`--force`: everything). The report over all
 * files so far is .mutation/report.html. Code that runs in threads of its own is not changed there.
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  mutate: ['src/{behavior,models,nn,planning,policies}/**/*.ts'],
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation.config.ts', related: true },
  // Each change is tried on the tests alone that pass over it.
  coverageAnalysis: 'perTest',
  // Numbers that are made once when a file loads: trying them would need a new process for each.
  ignoreStatic: true,
  incremental: true,
  incrementalFile: '.mutation/results.json',
  // Out of the way: what is left of a run that was cut short would be found by `npm test`.
  tempDirName: path.join(tmpdir(), 'dreamtree-mutation'),
  cleanTempDir: 'always',
  reporters: ['progress', 'clear-text', 'html', 'json'],
  htmlReporter: { fileName: '.mutation/report.html' },
  jsonReporter: { fileName: '.mutation/report.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  // What no test of these folders reads is not copied into the sandbox.
  ignorePatterns: ['checkpoints', 'runs', 'coverage', '.mutation', '*.tgz'],
  concurrency: 1,
  // A change may make a loop endless: three times as long as usual and a quarter of a minute, as machines are shared.
  timeoutFactor: 3,
  timeoutMS: 15_000,
  dryRunTimeoutMinutes: 30,
  allowEmpty: true,
};
