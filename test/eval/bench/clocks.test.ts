/** What a learner waited for, with a clock that is turned by hand. */
import { describe, expect, it } from 'vitest';
import { createWaits } from '../../../eval/bench/clocks.ts';

describe('waits', () => {
  it('are charged to what happens next', async () => {
    let idle = 0;
    const waits = createWaits(() => idle);
    const update = waits.during('rest', async () => {});
    const params = waits.during('parameters', async () => void (idle += 5));
    let arrive = () => {};
    const collect = waits.until('data', () => new Promise<void>((resolve) => (arrive = resolve)));

    const collecting = collect();
    idle += 1; // before the update is asked for
    await update();
    idle += 30; // the updates are made, and the worlds are still being played
    arrive();
    await collecting;
    await params();
    idle += 2;
    waits.during('pictures', () => void (idle += 7))();
    expect((['rest', 'data', 'parameters', 'pictures', 'checkpoint'] as const).map(waits.ms)).toEqual([3, 30, 5, 7, 0]);

    idle += 100;
    waits.reset();
    idle += 4;
    await expect(waits.during('checkpoint', () => Promise.reject(new Error('the disk is full')))()).rejects.toThrow('full');
    expect((['rest', 'data', 'checkpoint'] as const).map(waits.ms)).toEqual([4, 0, 0]);
  });
});
