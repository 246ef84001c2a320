import { openBrowserSuite } from '#tests/support/browser-suite.ts';
import { settled } from '#tests/support/wait.ts';
import { type CryptoFigures, measureHere } from './crypto-work.ts';
import { type Report, short } from './table.ts';

/** What sealing costs, in Node and in a page of Chromium: the same code in both. */
export async function measureCrypto(): Promise<Report> {
  const figures = { node: await measureHere(), chromium: await measureInChromium() };
  const row = (name: string, figure: (of: CryptoFigures) => string): string[] => [
    name,
    figure(figures.node),
    figure(figures.chromium),
  ];
  const rows = [
    row('Seal a message, µs', ({ seal }) => short(seal * 1000)),
    row('Open a message, µs', ({ open }) => short(open * 1000)),
    row('Agree with a new contact, ms', ({ agree }) => short(agree)),
    row('Stretch a password (PBKDF2, 600,000), ms', ({ password }) => short(password)),
  ];
  return { tables: [{ name: 'crypto', columns: ['', 'Node', 'Chromium'], rows }], figures };
}

async function measureInChromium(): Promise<CryptoFigures> {
  const suite = await openBrowserSuite(new URL('crypto-page.ts', import.meta.url));
  try {
    const page = await suite.tab();
    const measured = page.evaluate(() =>
      (globalThis as unknown as { measureHere: typeof measureHere }).measureHere(),
    );
    return await settled(measured, { within: 60_000, for: 'the page to seal and open' });
  } finally {
    await suite.close();
  }
}
