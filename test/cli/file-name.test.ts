import { expect, it } from 'vitest';
import { fileNameOf } from '../../src/cli/file-name.ts';

it.each([
  ['catch', 'catch'], ['./worlds/my-env.ts', 'my-env'], ['gym:ALE/Pong-v5', 'Pong-v5'], ['gym:./my_env.py', 'my_env'],
  ['dream:checkpoints/catch.dream', 'dream-of-catch'], ['dream:runs/catch-001/', 'dream-of-catch-001'],
])('%s gives its name to %s', (world, name) => {
  expect(fileNameOf(world)).toBe(name);
});
