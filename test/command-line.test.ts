import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { commandLine, quoted } from '../src/command-line.ts';

const WORDS = [
  'catch', './my env.ts', "it's", '"double"', '$HOME', '`ls`', '#1', '100%', '!!', 'a\\b', '', '-x', 'ä 世界 🎲', 'a\nb', '*', '~', 'a;b&c|d', 'a=b', '<>', '{1,2}', '(x)',
];

describe('a command line', () => {
  it.skipIf(process.platform === 'win32').each(['sh', 'bash'])('is taken apart by %s into the words that it was made of', (shell) => {
    const script = `f() { printf '%s\\0' "$@"; }; ${commandLine(WORDS).replace('npx dreamtree', 'f')}`;
    const { stdout } = spawnSync(shell, ['-c', script], { encoding: 'utf8' });
    expect(stdout.split('\0').slice(0, -1)).toEqual(WORDS);
  });

  it('leaves bare what needs no quotes', () => {
    expect(commandLine(['train', './my-env.ts', '--set', 'a.b=1e-4,2'])).toBe('npx dreamtree train ./my-env.ts --set a.b=1e-4,2');
    expect(quoted('a b')).toBe("'a b'");
  });
});
