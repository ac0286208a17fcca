import { describe, expect, it } from 'vitest';
import { createColumns } from '../../src/data/lane-buffer.ts';
import { encodeRecord, PREFIX_BYTES, readColumns, readHeader, readPrefix } from '../../src/data/segment-record.ts';
import { createRng } from '../../src/random.ts';

const LAYOUT = { imageSize: 300, actionSize: 2, contextSize: 0, targetSize: 0 };

function steps(noisy: boolean) {
  const rng = createRng(0);
  const columns = createColumns(LAYOUT, 5);
  rng.fillNormal(columns.action);
  rng.fillNormal(columns.reward);
  columns.flags.set([1, 0, 2, 3, 6]);
  columns.image.forEach((_, i) => (columns.image[i] = noisy ? rng.int(256) : i % 3));
  return columns;
}

describe('a record', () => {
  it.each([
    ['raw where frames are noise', true, 0],
    ['compressed where that pays', false, 1],
  ])('is %s, and gives back what went in', async (_name, noisy, codec) => {
    const columns = steps(noisy);
    const record = await encodeRecord({ lane: 3, first: 1e10, count: 5, columns }, LAYOUT);
    expect(record.length).toBeLessThan(noisy ? 1700 : 300);
    const prefix = readPrefix(record);
    expect(prefix?.length).toBe(record.length - PREFIX_BYTES);
    const payload = record.subarray(PREFIX_BYTES);
    const header = readHeader(payload, LAYOUT);
    expect(header).toEqual({ version: 1, lane: 3, first: 1e10, count: 5, imageSize: 300, actionSize: 2, codec });
    expect(await readColumns(payload, header, LAYOUT)).toEqual(columns);
  });

  it('of another layout or length is refused', async () => {
    const record = await encodeRecord({ lane: 0, first: 0, count: 5, columns: steps(false) }, LAYOUT);
    const payload = record.subarray(PREFIX_BYTES);
    const header = readHeader(payload, LAYOUT);
    expect(() => readHeader(payload, { ...LAYOUT, actionSize: 3 })).toThrow(
      'expected steps of 300 image bytes and 3 action numbers, got 300 and 2',
    );
    await expect(readColumns(payload, { ...header, count: 1e12 }, LAYOUT)).rejects.toThrow('too short for');
    await expect(readColumns(payload, { ...header, count: 4 }, LAYOUT)).rejects.toThrow();
    await expect(readColumns(payload, { ...header, codec: 0 }, LAYOUT)).rejects.toThrow('expected 1500 bytes');
    expect(readPrefix(Buffer.from('something else'))).toBeUndefined();
  });
});
