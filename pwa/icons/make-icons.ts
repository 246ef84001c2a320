import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

/**
 * Draws every icon from icon.svg into ../public: `npx tsx pwa/icons/make-icons.ts`. The results are kept in the
 * repository, because installing and building need no browser.
 */
const source = new URL('./icon.svg', import.meta.url);
const target = new URL('../public/', import.meta.url);

const CHROMIUM = process.env['NEXCHAT_CHROMIUM'] ?? '/usr/bin/chromium';

interface Variant {
  readonly file: string;
  readonly size: number;
  /** Changes to the drawing, as CSS. */
  readonly style: string;
}

/** The platform cuts a shape of its own: the ground fills the square, the mark keeps to the safe inner circle. */
const BLEED = '#ground { rx: 0 } #mark { transform: scale(0.82); transform-origin: 256px 256px }';
/** Only the shape counts, the platform colours it: the keyhole is cut out. */
const ONE_COLOUR =
  '#ground { display: none } #bubble { fill: #000; mask: url(#hole) } #keyhole { display: none } ' +
  '#mark { transform: scale(1.15); transform-origin: 256px 262px }';

const VARIANTS: readonly Variant[] = [
  { file: 'icons/icon-192.png', size: 192, style: '' },
  { file: 'icons/icon-512.png', size: 512, style: '' },
  { file: 'icons/maskable-512.png', size: 512, style: BLEED },
  { file: 'icons/monochrome-512.png', size: 512, style: ONE_COLOUR },
  // iOS rounds the corners itself and paints transparency black.
  { file: 'icons/apple-touch-180.png', size: 180, style: '#ground { rx: 0 }' },
];

const HOLE =
  '<mask id="hole"><rect width="512" height="512" fill="#fff" /><use href="#keyhole-shape" fill="#000" /></mask>';

const svg = await readFile(source, 'utf8');
const shape = /<path id="keyhole"[^>]* d="([^"]+)"/.exec(svg)?.[1];
if (shape === undefined) throw new Error('icon.svg has lost its keyhole');
const drawing = svg.replace('</defs>', `<path id="keyhole-shape" d="${shape}" />${HOLE}</defs>`);

await mkdir(new URL('icons/', target), { recursive: true });
await copyFile(source, new URL('favicon.svg', target));
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage();
  for (const { file, size, style } of VARIANTS) {
    await page.setViewportSize({ width: size, height: size });
    await page.setContent(
      `<style>body { margin: 0 } svg { display: block; width: 100vw } ${style}</style>${drawing}`,
    );
    const path = new URL(file, target);
    await writeFile(path, await page.screenshot({ omitBackground: true }));
    process.stdout.write(`${fileURLToPath(path)}\n`);
  }
} finally {
  await browser.close();
}
