import { homedir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { examine } from '../src/cli/doctor.ts';
import { isOwnMark, ownMark } from '../src/data/own-mark.ts';
import { cacheFolder, stateFolder } from '../src/user-folders.ts';

vi.mock('node:os', { spy: true });

afterEach(() => {
  vi.unstubAllEnvs();
  vi.mocked(homedir).mockReset();
});

const homeIs = (home: string) => {
  for (const name of ['DREAMTREE_CACHE', 'DREAMTREE_STATE', 'XDG_CACHE_HOME', 'XDG_STATE_HOME', 'LOCALAPPDATA']) vi.stubEnv(name, undefined);
  vi.stubEnv('HOME', home);
};

it.skipIf(process.platform !== 'linux')('are named, or the system’s, or under the home', () => {
  homeIs('/home/ada');
  expect([cacheFolder(), stateFolder()]).toEqual(['/home/ada/.cache/dreamtree', '/home/ada/.local/state/dreamtree']);
  vi.stubEnv('XDG_CACHE_HOME', '/var/cache');
  vi.stubEnv('XDG_STATE_HOME', 'not/absolute');
  expect([cacheFolder(), stateFolder()]).toEqual(['/var/cache/dreamtree', '/home/ada/.local/state/dreamtree']);
  vi.stubEnv('DREAMTREE_CACHE', 'here');
  expect(cacheFolder()).toBe(path.resolve('here'));
});

it.each(['', 'nowhere'])('are none where the home is %j', (home) => {
  homeIs(home);
  expect([cacheFolder(), stateFolder()]).toEqual([undefined, undefined]);
});

it('are none where HOME is empty, and nothing fails for it', async () => {
  homeIs('');
  expect(ownMark(['/world.ts'])).toBeUndefined();
  expect(isOwnMark('0'.repeat(64), ['/world.ts'])).toBe(false);
  const findings = await examine(cacheFolder());
  expect(findings.at(-1)).toMatchObject({ what: 'cache', status: 'warn', message: expect.stringMatching(/no home.*DREAMTREE_CACHE/) as unknown });
});

it('are found for a user whom the system does not know', async () => {
  vi.stubEnv('HOME', '/home/ada');
  vi.mocked(homedir).mockImplementation(() => {
    throw new Error('A system error occurred: uv_os_homedir returned ENOENT');
  });
  await import('../src/home.ts');
  expect(process.env.HOME).toBe('/');
});
