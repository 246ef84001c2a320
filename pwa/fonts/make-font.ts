import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import subsetFont from 'subset-font';

/**
 * Cuts Inter down to what the app draws: `npx tsx pwa/fonts/make-font.ts`. Less than half is left, and a newcomer waits
 * for it. The result is kept in the repository, because it is the same every time.
 */
const INTER = createRequire(import.meta.url).resolve(
  '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2',
);
const tokens = new URL('../styles/tokens.css', import.meta.url);
const target = new URL('./inter-latin.woff2', import.meta.url);

/** The weights and letters that the style sheet declares. */
const css = await readFile(tokens, 'utf8');
const weights = /font-weight: (\d+) (\d+);/.exec(css);
const letters = /unicode-range:([^;]+);/.exec(css)?.[1];
if (weights === null || letters === undefined) throw new Error('tokens.css declares no font');

function lettersOf(range: string): string {
  return range
    .split(',')
    .map((part) => {
      const [from = 0, to = from] = (part.match(/[0-9A-F]+/g) ?? []).map((hex) => Number.parseInt(hex, 16));
      return Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join('');
    })
    .join('');
}

const font = await subsetFont(await readFile(INTER), lettersOf(letters), {
  targetFormat: 'woff2',
  variationAxes: { wght: { min: Number(weights[1]), max: Number(weights[2]) } },
  // Kerning, figures of one width (times), and accents. Not: other shapes of letters, fractions, small capitals.
  keepFeatures: ['kern', 'tnum', 'ccmp', 'locl', 'mark', 'mkmk'],
});
await writeFile(target, font);
process.stdout.write(`${fileURLToPath(target)}: ${font.length} bytes\n`);
