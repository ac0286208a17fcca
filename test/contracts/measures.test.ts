/** The contract of measures: every file in eval/measures keeps it, on an agent that comes with the project. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { listMeasures } from '../../eval/listing.ts';
import { takeMeasures, type MeasuredAgent, type Taken } from '../../eval/measure.ts';
import { openAgent } from '../../src/open/open.ts';
import { createRng } from '../../src/random.ts';

const EPISODES = 3;
const measures = await listMeasures();
const opened = await openAgent(fileURLToPath(new URL('../../checkpoints/catch.dream', import.meta.url)));

/** The same agent when its decoder is taken out, and when it imagines nothing at all. */
function without(part: 'decoder' | 'dynamics'): MeasuredAgent {
  const { dynamics, ...agent } = opened.agent;
  if (!dynamics || part === 'dynamics') return { ...opened, agent };
  const { decode: _, ...blind } = dynamics;
  return { ...opened, agent: { ...agent, dynamics: blind } };
}

/** Of all measures in one go, as `eval` takes them. */
const take = (agent: MeasuredAgent): Promise<Record<string, Taken>> =>
  takeMeasures(measures, { opened: agent, episodes: EPISODES, rng: createRng(1) });
const [taken, again, blind] = [await take(opened), await take(opened), await take(without('decoder'))];

function requireInRange({ quantities }: (typeof measures)[number]['measure'], values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    expect(Object.keys(quantities)).toContain(name);
    const { range: [least, greatest] } = quantities[name];
    expect(Number.isFinite(value), name).toBe(true);
    expect(value, name).toBeGreaterThanOrEqual(least);
    expect(value, name).toBeLessThanOrEqual(greatest);
  }
}

describe.each(measures.map((each) => [each.name, each.measure] as const))('the measure %s', (name, measure) => {
  it('says in one sentence what it is, and of every quantity its unit and its range', () => {
    expect(measure.description).toMatch(/^\S.{10,118}[^.]$/);
    expect(Object.keys(measure.quantities).length).toBeGreaterThan(0);
    for (const [quantity, { unit, range: [least, greatest] }] of Object.entries(measure.quantities)) {
      expect(quantity).toMatch(/^[a-z][a-zA-Z\d-]*$/);
      expect(unit).toMatch(/\S/);
      expect(least).toBeLessThan(greatest);
    }
  });

  it('has finite numbers within their range, among them what it is known by, or refuses in words', () => {
    const one = taken[name];
    if ('refused' in one) {
      expect(one.refused).toMatch(/^needs .{10,}[^.]$/);
      return;
    }
    expect(one.values).toHaveProperty(Object.keys(measure.quantities)[0]);
    requireInRange(measure, one.values);
  });

  it('says the same of the same agent and seed, whatever was measured beside it', async () => {
    expect(again[name]).toEqual(taken[name]);
    const alone = await takeMeasures([{ name, measure }], { opened, episodes: EPISODES, rng: createRng(1) });
    expect(alone[name]).toEqual(taken[name]);
  });

  it('measures, or refuses in words, an agent without decoder and one that imagines nothing', () => {
    const one = blind[name];
    if ('refused' in one) expect(one.refused).toMatch(/^needs .{10,}[^.]$/);
    else requireInRange(measure, one.values);
    expect(measure.refuses(without('dynamics')) ?? 'needs nothing of the kind').toMatch(/^needs .{10,}[^.]$/);
  });
});

it('those that look at imagined pictures say that there is no decoder', () => {
  const refused = Object.entries(blind).filter(([, one]) => 'refused' in one && one.refused.includes('model.decoder = none'));
  expect(refused.map(([name]) => name)).toEqual(expect.arrayContaining(['open-loop', 'sharpness']));
  expect(blind['reward-error']).toEqual(taken['reward-error']); // rewards are imagined without pictures
});
