/** What mutation testing (.stryker.config.mjs) runs: the tests of the folders that it changes, which run in one process. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{acting,behavior,models,nn,planning,policies}/**/*.test.ts', 'test/contracts/{behaviors,models,policies}.test.ts'],
    testTimeout: 60_000,
  },
});
