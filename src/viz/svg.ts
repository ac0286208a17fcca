/** SVG as text: elements, and what must be escaped in them. */

export type Attributes = Readonly<Record<string, string | number>>;

/** To hundredths of a pixel. */
export function hundredths(value: number): number {
  return Number(value.toFixed(2));
}

/** One element around children that are markup already. Numbers are rounded to hundredths. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => {
    return ` ${key}="${typeof value === 'number' ? hundredths(value) : escapeXml(value)}"`;
  });
  const start = `<${name}${written.join('')}`;
  return children.length > 0 ? `${start}>${children.join('')}</${name}>` : `${start}/>`;
}

/** Characters that XML 1.0 cannot hold become �. */
export function xmlText(text: string): string {
  return text.replace(/[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}

/** Text for content and attributes. */
export function escapeXml(text: string): string {
  return xmlText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
