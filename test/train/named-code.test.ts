/** A checkpoint is data: code that it names runs only where this user has named it. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isOwnMark, ownMark } from '../../src/data/own-mark.ts';
import { markOf, requireTrusted, tellOfCode, trustCode } from '../../src/train/named-code.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-mark-'));
  vi.stubEnv('DREAMTREE_STATE', path.join(folder, 'state'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('the code that a configuration names', () => {
  it.each([
    [{ world: 'catch', agent: 'dreamer', policy: 'auto' }],
    [{ world: 'gym:CartPole-v1', agent: 'dreamer' }],
    [{ world: 'gym:ALE/Breakout-v5', agent: 'dreamer' }],
    [{ world: 'dream:runs/x', agent: 'dreamer' }],
    [{}], [{ world: 7 }],
  ])('is none in %j', (config) => {
    expect(markOf(config)).toEqual({});
    expect(() => requireTrusted('x.dream', config, undefined)).not.toThrow();
  });

  it.each([
    [{ world: './evil.ts' }, 'world is ./evil.ts'], [{ world: '/abs/evil.mjs' }, 'world is /abs/evil.mjs'],
    [{ world: '../evil.js' }, 'world is ../evil.js'], [{ world: 'gym:./evil.py' }, 'world is gym:./evil.py'],
    [{ world: 'gym:evil:World-v0' }, 'world is gym:evil:World-v0'], [{ world: 'catch', agent: './evil.ts' }, 'agent is ./evil.ts'],
    [{ world: 'catch', agent: 'dreamer', policy: 'evil.ts' }, 'policy is evil.ts'],
    [{ world: 'catch', agent: 'muzero', search: { policy: './evil.ts' } }, 'search.policy is ./evil.ts'],
  ])('in %j does not run unasked', (config, said) => {
    expect(() => requireTrusted('x.dream', config, undefined)).toThrow(`x.dream names code that would run, and was not trained here by you: its ${said};`);
    expect(() => requireTrusted('x.dream', config, 'f'.repeat(64))).toThrow('--trust');
  });

  it('runs where the mark is this user’s, for these very paths, and that is said', () => {
    const said = vi.fn();
    tellOfCode(said);
    const config = { world: './my-env.ts', agent: './my-agent.ts' };
    const { mark } = markOf(config);
    expect(mark).toMatch(/^[0-9a-f]{64}$/);
    requireTrusted('x.dream', config, mark);
    expect(said).toHaveBeenCalledWith('x.dream runs ./my-env.ts, ./my-agent.ts');
    expect(() => requireTrusted('x.dream', { ...config, world: './other.ts' }, mark)).toThrow('its world is ./other.ts');
    expect(() => requireTrusted('x.dream', { ...config, agent: 'dreamer' }, mark)).toThrow('its world is ./my-env.ts');
    vi.stubEnv('DREAMTREE_STATE', path.join(folder, 'another user'));
    expect(() => requireTrusted('x.dream', config, mark)).toThrow('not trained here by you');
  });

  it('runs where it is named, and only that', () => {
    trustCode(['./named.ts']);
    expect(() => requireTrusted('x.dream', { world: path.resolve('named.ts') }, undefined)).not.toThrow();
    expect(() => requireTrusted('x.dream', { world: './named.ts', agent: './unnamed.ts' }, undefined)).toThrow('its agent is ./unnamed.ts');
  });
});

describe('the key behind a mark', () => {
  it('is this user’s alone, made once', () => {
    const mark = ownMark(['/a.ts']);
    expect(ownMark(['/a.ts'])).toBe(mark);
    expect(readdirSync(path.join(folder, 'state'))).toEqual(['key']);
    expect(statSync(path.join(folder, 'state/key')).mode & 0o777).toBe(0o600);
    expect(isOwnMark(mark, ['/a.ts'])).toBe(true);
    expect([undefined, 1, '', 'x', `${mark}0`].map((other) => isOwnMark(other, ['/a.ts']))).not.toContain(true);
  });

  it('is done without where it cannot be kept', () => {
    writeFileSync(path.join(folder, 'state'), '');
    expect(ownMark(['/a.ts'])).toBeUndefined();
    expect(markOf({ world: './a.ts' })).toEqual({});
    expect(isOwnMark('f'.repeat(64), ['/a.ts'])).toBe(false);
  });
});
