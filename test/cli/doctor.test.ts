import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { examine } from '../../src/cli/doctor.ts';

test('what is installed is found to work, and a cache that cannot be made is only a warning', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dreamtree-'));
  try {
    await writeFile(path.join(folder, 'graph.onnx'), new Uint8Array(1_500_000));
    const findings = new Map((await examine(folder)).map((finding) => [finding.what, finding]));
    for (const what of ['node', '@napi-rs/canvas', 'sharp', 'onnxruntime-node']) {
      expect(findings.get(what)).toMatchObject({ status: 'ok' });
    }
    expect(findings.get('onnxruntime-node')?.message).toMatch(/providers: cpu/);
    expect(findings.get('cache')?.message).toContain(`${folder}, 1 file(s), 1.5 MB`);

    const inAFile = await examine(path.join(folder, 'graph.onnx', 'cache'));
    expect(inAFile.at(-1)).toMatchObject({ what: 'cache', status: 'warn' });
    expect(inAFile.at(-1)?.message).toContain('DREAMTREE_CACHE');
  } finally {
    await rm(folder, { recursive: true });
  }
});
