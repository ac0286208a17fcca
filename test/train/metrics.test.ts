import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClock, createMeans, openMetrics, readMetrics } from '../../src/train/metrics.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'metrics-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const lines = (name = 'metrics.jsonl'): string[] => readFileSync(join(directory, name), 'utf8').split('\n');

test('one object a line, in the order given; clocks have a file of their own', () => {
  const metrics = openMetrics({ directory });
  metrics.write(10, 2, { return: -0.5, 'loss/image': 0.25 });
  metrics.writeTiming(10, { elapsedMs: 12.5 });
  metrics.write(20, 4, { return: 1 });
  metrics.close();
  expect(lines()).toEqual([
    '{"step":10,"update":2,"return":-0.5,"loss/image":0.25}',
    '{"step":20,"update":4,"return":1}',
    '',
  ]);
  expect(lines('timing.jsonl')).toEqual(['{"step":10,"elapsedMs":12.5}', '']);
  expect(readdirSync(directory).filter((name) => name.startsWith('events.out.tfevents.')).length).toBe(1);
});

test('a continued run leaves the file of an uninterrupted one', () => {
  const row = (step: number): [number, number, Record<string, number>] => [step, step / 2, { loss: 1 / step }];
  const whole = openMetrics({ directory });
  for (const step of [10, 20, 30, 40]) whole.write(...row(step));
  whole.close();
  const expected = lines();

  const broken = openMetrics({ directory });
  for (const step of [10, 20, 30]) broken.write(...row(step));
  broken.writeTiming(20, { elapsedMs: 1 });
  broken.writeTiming(30, { elapsedMs: 2 });
  broken.close();
  appendFileSync(join(directory, 'metrics.jsonl'), '{"step":40,"upd');

  const resumed = openMetrics({ directory, resumeFrom: 20 });
  expect(lines('timing.jsonl')).toEqual(['{"step":20,"elapsedMs":1}', '']);
  for (const step of [30, 40]) resumed.write(...row(step));
  resumed.close();
  expect(lines()).toEqual(expected);
});

test('a run that begins leaves nothing of one before', () => {
  openMetrics({ directory }).write(1, 1, { a: 1 });
  openMetrics({ directory }).close();
  expect(lines()).toEqual(['']);
});

test('what is not finite is kept as a word, counted, and read back', () => {
  const metrics = openMetrics({ directory });
  metrics.write(1, 1, { a: NaN, b: -Infinity, c: 2 });
  metrics.write(2, 2, { a: Infinity });
  expect(metrics.nonFinite()).toBe(3);
  metrics.close();
  expect(lines()[0]).toBe('{"step":1,"update":1,"a":"NaN","b":"-Infinity","c":2}');
  expect(readMetrics(join(directory, 'metrics.jsonl'))).toEqual([
    { step: 1, update: 1, a: NaN, b: -Infinity, c: 2 },
    { step: 2, update: 2, a: Infinity },
  ]);
});

test('a reader passes over what is torn, and a file that is not there is empty', () => {
  appendFileSync(join(directory, 'metrics.jsonl'), '{"step":1,"a":2}\nnull\n7\n\n{"step":2,"a"');
  expect(readMetrics(join(directory, 'metrics.jsonl'))).toEqual([{ step: 1, a: 2 }]);
  expect(readMetrics(join(directory, 'nothing.jsonl'))).toEqual([]);
});

test('a metric may not take the name of a column', () => {
  const metrics = openMetrics({ directory });
  expect(() => metrics.write(1, 1, { step: 3 })).toThrow('metric "step"');
  metrics.close();
});

test('means are over the values between two rows, and can be continued', () => {
  const means = createMeans();
  means.add({ loss: 1, kl: 3 });
  means.add({ loss: 2 });
  const continued = createMeans(JSON.parse(JSON.stringify(means.state())));
  means.add({ loss: 6 });
  expect(means.take()).toEqual({ loss: 3, kl: 3 });
  expect(means.take()).toEqual({});
  continued.add({ loss: 6 });
  expect(continued.take()).toEqual({ loss: 3, kl: 3 });
});

test('a clock counts on from earlier processes, and rates are of the last half minute', () => {
  let ms = 5_000;
  const clock = createClock(1_000, () => ms);
  expect(clock.rate('step', 0)).toBeNaN();
  ms += 10_000;
  expect(clock.elapsedMs()).toBe(11_000);
  expect(clock.rate('step', 100)).toBe(10);
  // From then on twice as fast: after 40 s more nothing is left of the slow beginning.
  for (let i = 1; i <= 40; i++) {
    ms += 1_000;
    clock.rate('step', 100 + 20 * i);
  }
  expect(clock.rate('step', 900)).toBe(20);
  expect(clock.rate('update', 0)).toBeNaN();
});
