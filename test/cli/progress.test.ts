import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createClock } from '../../src/train/metrics.ts';
import { createProgress, formatLine } from '../../src/cli/progress.ts';

/** What a terminal of `rows` lines shows, of the control sequences that the progress uses; scrolled lines are kept. */
class Screen extends Writable {
  readonly isTTY = true;
  readonly columns = 100;
  readonly rows: number;
  readonly lines: string[] = [''];
  #x = 0;
  #y = 0;
  /** Saved from the top of the window, as a terminal does it. */
  #saved = { x: 0, y: 0 };

  constructor(rows: number) {
    super();
    this.rows = rows;
  }

  get #top(): number {
    return Math.max(0, this.lines.length - this.rows);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const tokens = chunk.toString().match(/\x1b\[[?\d;]*[A-Za-z]|\x1b[78]|[^]/gu) ?? [];
    for (const token of tokens) this.#put(token);
    done();
  }

  #put(token: string): void {
    const line = this.lines[this.#y];
    if (token === '\n') {
      // A terminal turns \n into \r\n.
      this.#x = 0;
      this.#y++;
      if (this.#y === this.lines.length) this.lines.push('');
    } else if (token === '\r') this.#x = 0;
    else if (token === '\x1b7') this.#saved = { x: this.#x, y: this.#y - this.#top };
    else if (token === '\x1b8') [this.#x, this.#y] = [this.#saved.x, this.#saved.y + this.#top];
    else if (/^\x1b\[0?K$/.test(token)) this.lines[this.#y] = line.slice(0, this.#x);
    else if (/^\x1b\[0?J$/.test(token)) {
      this.lines.length = this.#y + 1;
      this.lines[this.#y] = line.slice(0, this.#x);
    } else if (/^\x1b\[\d+A$/.test(token)) this.#y -= Number(token.slice(2, -1));
    else if (/^\x1b\[\d+G$/.test(token)) this.#x = Number(token.slice(2, -1)) - 1;
    else if (/^\x1b\[(\?\d+[hl])$/.test(token)) return;
    else if (token.startsWith('\x1b')) throw new Error(`unknown control sequence ${JSON.stringify(token)}`);
    else {
      this.lines[this.#y] = line.slice(0, this.#x).padEnd(this.#x) + token + line.slice(this.#x + 1);
      this.#x++;
    }
  }
}

/** A clock that goes on by itself: a second a look. */
function tickingClock() {
  let ms = 0;
  return createClock(0, () => (ms += 1000));
}

test.each([40, 6])('on a terminal of %i lines the picture stands below the line and is gone in the end', (rows) => {
  const screen = new Screen(rows);
  for (let i = 0; i < 4; i++) screen.write(`before ${i}\n`);
  const before = [0, 1, 2, 3].map((i) => `before ${i}`);
  const progress = createProgress({ total: 1000, stream: screen, picture: true, clock: tickingClock() });
  progress.update({ step: 500, update: 7 });
  expect(progress.wantsPicture()).toBe(true);
  progress.show('AAA\nAAA\nAAA');
  progress.show('BBB\nBBB');
  expect(screen.lines.slice(0, 4)).toEqual(before);
  expect(screen.lines[4]).toContain('/ 1 000');
  expect(screen.lines.slice(5)).toEqual(['BBB', 'BBB', '']);

  progress.note('episode 12 ended');
  expect(screen.lines.slice(0, 5)).toEqual([...before, 'episode 12 ended']);
  expect(screen.lines[5]).toContain('500 / 1 000');
  progress.show('CCC\nCCC');
  progress.update({ step: 1000, update: 9, return: 0.5 });
  progress.stop();
  progress.stop();
  progress.show('DDD');
  screen.write('after\n');
  expect(screen.lines.slice(0, 5)).toEqual([...before, 'episode 12 ended']);
  expect(screen.lines[5]).toContain('1 000 / 1 000');
  expect(screen.lines[5]).toContain('return 0.50');
  expect(screen.lines.slice(6)).toEqual(['after', '']);
});

test('a picture that does not fit is not drawn, and pictures have their pace', () => {
  const screen = new Screen(5);
  let ms = 0;
  const progress = createProgress({ total: 10, stream: screen, picture: true, clock: createClock(0, () => ms) });
  progress.show('1\n2\n3\n4');
  expect(screen.lines.length).toBe(1);
  progress.show('1\n2');
  expect(progress.wantsPicture()).toBe(false);
  ms += 700;
  expect(progress.wantsPicture()).toBe(true);
  progress.stop();
  expect(progress.wantsPicture()).toBe(false);
});

test('without a terminal there are plain lines and no picture', () => {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const progress = createProgress({ total: 10, stream, picture: true, clock: tickingClock() });
  expect(progress.wantsPicture()).toBe(false);
  progress.show('AAA');
  progress.note('a note');
  progress.update({ step: 10, update: 3, return: 1 });
  progress.stop();
  const lines = text.trimEnd().split('\n');
  expect(lines.length).toBe(3);
  expect(lines[0]).toMatch(/^0 \/ 10 {2}0 %/);
  expect(lines[1]).toBe('a note');
  expect(lines[2]).toMatch(/^10 \/ 10 {2}100 % {3}return 1\.00/);
  expect(text).not.toMatch(/\x1b|AAA/);
});

test('the line tells rate and time left, and leaves out what finds no room', () => {
  let ms = 0;
  const clock = createClock(0, () => ms);
  const show = (step: number, update: number, width: number): string =>
    formatLine({ step, update, return: 0.817, losses: { image: 3.2149, dyn: 1.4 } }, 12_000, clock, width, false);
  expect(show(0, 0, 200)).toBe('0 / 12 000  0 %   return 0.82   … updates/s   … left   image 3.21   dyn 1.4');
  ms = 10_000;
  // 300 steps a second and 9 000 to go.
  const whole = '3 000 / 12 000  25 %   return 0.82   40.0 updates/s   0:30 left   image 3.21   dyn 1.4';
  expect(show(3_000, 400, 200)).toBe(whole);
  expect(show(3_000, 400, whole.length - 1)).toBe(whole.replace('   dyn 1.4', ''));
  expect(show(3_000, 400, 9)).toBe('3 000 / 1');
  ms = 3_725_000;
  expect(show(12_000, 500, 200)).toContain('1:02:05 in all');
});
