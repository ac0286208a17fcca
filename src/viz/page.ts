/**
 * The page of a run: one HTML file that holds everything it shows, asks for nothing from anywhere, and runs no script.
 */
import { writeOutput } from './output-file.ts';
import type { PictureFormat } from './picture.ts';
import { printable } from '../printable.ts';

export type PageSection = { readonly heading: string; readonly note?: string } & (
  /** Markup of our own plots: it goes in as it is. */
  | { readonly kind: 'svg'; readonly svg: string }
  | { readonly kind: 'image'; readonly bytes: Uint8Array; readonly format: PictureFormat; readonly alt: string }
  /** Numbers are shown with four significant digits; format them yourself for other needs. */
  | {
      readonly kind: 'table';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly (string | number)[])[];
    }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'pre'; readonly text: string }
);

export interface PageContent {
  readonly title: string;
  readonly summary: string;
  /** The lines to read first, set large. */
  readonly results: readonly string[];
  readonly sections: readonly PageSection[];
}

const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ground: #f6f8fa; --ink: #1f2328; --faded: #59636e; --line: #d9dee3;
  --accent: #1a7f37; }
@media (prefers-color-scheme: dark) { :root { --paper: #1a1a1a; --ground: #0f1011; --ink: #e6e8eb; --faded: #9aa4af;
  --line: #33373c; --accent: #4ac26b; } figure > svg { filter: invert(.9) hue-rotate(180deg); } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.05rem; margin: 2.4rem 0 .7rem; }
p { margin: 0 0 .7rem; white-space: pre-line; } .summary, .note { color: var(--faded); } .note { font-size: .9rem; }
.results { margin: 1.4rem 0 0; padding: .9rem 1.2rem; background: var(--paper); border: 1px solid var(--line);
  border-left: 4px solid var(--accent); border-radius: 6px; font-size: 1.15rem; font-variant-numeric: tabular-nums; }
.results p { margin: 0; }
figure { margin: 0; padding: 1rem; background: var(--paper); border: 1px solid var(--line); border-radius: 6px;
  overflow-x: auto; }
figure.image { background: #fff; } figure > svg, figure > img { display: block; margin: 0 auto; max-width: 100%;
  height: auto; } figure > svg { width: 100%; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; color: var(--faded); } td { overflow-wrap: break-word; }
.number { text-align: right; padding-right: 1.6rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
pre { margin: 0; padding: .9rem 1.1rem; background: var(--paper); border: 1px solid var(--line); border-radius: 6px;
  overflow-x: auto; font: .88rem/1.5 ui-monospace, 'DejaVu Sans Mono', monospace; }
`;

/** The whole page as HTML. */
export function renderPage({ title, summary, results, sections }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="summary">${escapeHtml(summary)}</p>
${results.length ? `<div class="results">${results.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}</div>` : ''}
${sections.map(renderSection).join('\n')}
</main>
</body>
</html>
`;
}

/** Write the page, making its folder. @throws UserError where it cannot be written */
export async function writePage(path: string, content: PageContent): Promise<void> {
  await writeOutput(path, renderPage(content));
}

function renderSection(section: PageSection): string {
  const note = section.note ? `\n<p class="note">${escapeHtml(section.note)}</p>` : '';
  return `<section>\n<h2>${escapeHtml(section.heading)}</h2>${note}\n${renderBody(section)}\n</section>`;
}

function renderBody(section: PageSection): string {
  switch (section.kind) {
    case 'svg':
      return `<figure>${section.svg}</figure>`;
    case 'image': {
      const data = Buffer.from(section.bytes).toString('base64');
      const source = `data:image/${section.format};base64,${data}`;
      return `<figure class="image"><img alt="${escapeHtml(section.alt)}" src="${source}"></figure>`;
    }
    case 'table': {
      const first = section.rows[0] ?? [];
      const head = section.columns
        .map((name, i) => `<th${typeof first[i] === 'number' ? ' class="number"' : ''}>${escapeHtml(name)}</th>`)
        .join('');
      const body = section.rows.map((row) => `<tr>${row.map(renderCell).join('')}</tr>`).join('\n');
      return `<figure><table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table></figure>`;
    }
    case 'text':
      return `<p>${escapeHtml(section.text)}</p>`;
    case 'pre':
      return `<pre>${escapeHtml(section.text)}</pre>`;
  }
}

function renderCell(value: string | number): string {
  if (typeof value === 'string') return `<td>${escapeHtml(value)}</td>`;
  const shown = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  return `<td class="number">${shown}</td>`;
}

function escapeHtml(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
