import { GlobalFonts } from '@napi-rs/canvas';
import { expect, test } from 'vitest';
import { canvasFont, loadSharp } from '../../src/viz/fonts.ts';

test('SVG text is set in the font that the project brings, whatever the machine has', async () => {
  const sharp = await loadSharp();
  const draw = (family: string, text: string): Promise<Buffer> =>
    sharp(Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="99" height="40">
        <text y="30" font-size="24" font-family="${family}">${text}</text>
      </svg>`,
    )).raw().toBuffer();
  const sans = await draw('DejaVu Sans', 'gλ→');
  // Fontconfig knows no other family, so every name leads to ours; and letters are letters, not boxes.
  expect(sans.equals(await draw('DejaVu Serif', 'gλ→'))).toBe(true);
  expect(sans.equals(await draw('DejaVu Sans', 'oλ→'))).toBe(false);
});

test('canvas text has the same font under a name of its own', () => {
  const font = canvasFont(14);
  expect(font).toBe('14px "Dreamtree Sans"');
  expect(GlobalFonts.has('Dreamtree Sans')).toBe(true);
});
