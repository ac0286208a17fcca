import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { renderPage, writePage } from '../../src/viz/page.ts';
import type { PageContent } from '../../src/viz/page.ts';
import { plotLines } from '../../src/viz/plot.ts';

const nasty = '<script>alert("x")</script> & \'co\'';
const content: PageContent = {
  title: nasty,
  summary: nasty,
  results: ['random −0.6 · this agent 0.99', nasty],
  sections: [
    {
      heading: 'Learning curve',
      kind: 'svg',
      svg: plotLines({ title: nasty, xLabel: 'steps', yLabel: nasty, series: [], rules: [{ y: 1, label: nasty }] }),
    },
    { heading: 'Dream', kind: 'image', bytes: Uint8Array.of(1, 2, 255), format: 'webp', alt: nasty, note: nasty },
    { heading: 'Config', kind: 'table', columns: ['key', nasty], rows: [[nasty, 0.000123456], ['steps', 12000]] },
    { heading: nasty, kind: 'text', text: nasty },
    { heading: 'Next', kind: 'pre', text: `npx dreamtree dream runs/x\n${nasty}` },
  ],
};

test('every text is shown as it is and never becomes markup', () => {
  const { document } = parseHTML(renderPage(content));
  expect(document.querySelectorAll('script').length).toBe(0);
  expect(document.querySelector('h1')?.textContent).toBe(nasty);
  expect(document.querySelector('title')?.textContent).toBe(nasty);
  expect(document.querySelector('.results')?.textContent).toContain(nasty);
  expect(document.querySelector('img')?.getAttribute('alt')).toBe(nasty);
  expect(document.querySelector('th:last-child')?.textContent).toBe(nasty);
  expect(document.querySelector('section:last-child pre')?.textContent).toContain(nasty);
  expect([...document.querySelectorAll('h2')].map((heading) => heading.textContent)).toEqual([
    'Learning curve', 'Dream', 'Config', nasty, 'Next',
  ]);
});

test('numbers are short and the image is in the file', () => {
  const { document } = parseHTML(renderPage(content));
  expect([...document.querySelectorAll('td.number')].map((cell) => cell.textContent)).toEqual(['0.0001235', '12000']);
  expect(document.querySelector('img')?.getAttribute('src')).toBe('data:image/webp;base64,AQL/');
  expect(document.querySelectorAll('figure > svg').length).toBe(1);
});

test('nothing is asked for from anywhere', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'page-'));
  try {
    await writePage(join(folder, 'run', 'index.html'), content);
    const html = await readFile(join(folder, 'run', 'index.html'), 'utf8');
    const references = [...html.matchAll(/(?:src|href|srcset|action)\s*=\s*["']?([^"'\s>]*)/g)].map(([, to]) => to);
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) expect(reference).toMatch(/^data:/);
    expect(html).not.toMatch(/url\(|@import|<script|<iframe/);
    // Namespaces are names, not addresses to load from.
    expect(html.replaceAll(/xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:\/\//);
    expect(html).toContain("default-src 'none'");
  } finally {
    await rm(folder, { recursive: true });
  }
});
