import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeRunFolder, mutateFiles } from './mutate-files.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-torture-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('files that were changed', () => {
  it('open as they were, or are refused in one sentence', async () => {
    await makeRunFolder(folder);
    const { counts, byTarget, faults } = await mutateFiles({ folder, mutations: 400, seed: 1 });
    expect(faults).toEqual([]);
    expect(counts.clear).toBeGreaterThan(200);
    expect(Object.keys(byTarget).sort()).toEqual(['checkpoint', 'config', 'contexts', 'mark', 'segment']);
  }, 120_000);
});
