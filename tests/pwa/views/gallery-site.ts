import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { build, loadConfigFromFile, preview } from 'vite';
import type { Plugin, PluginOption } from 'vite';
import { CHROMIUM_ARGS, chromiumPath } from '#tests/support/chromium.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * The chunk with everything that isn't the gallery's own, nor the codec of QR codes, which is loaded when one is shown,
 * nor another language than English.
 */
const VIEWS = 'views';

/** What the product's server sends, in its strictest form: nothing inline, nothing from elsewhere, no HTML from strings. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** The gallery of views as it would be shipped, with a browser to look at it. */
export interface GallerySite {
  readonly browser: Browser;
  /** The address of a state. */
  url(state: string, more?: Record<string, string>): string;
  /** The views and all they need, without the invented people of the gallery: compressed, in bytes. */
  gzipped(extension: '.js' | '.css'): Promise<number>;
  close(): Promise<void>;
}

/**
 * Builds with the product's own configuration, but without its service worker; serves on a free port of this machine.
 * `args` are for the browser.
 */
export async function openGallery(args: readonly string[] = []): Promise<GallerySite> {
  const outDir = await mkdtemp(join(tmpdir(), 'nexchat-gallery-'));
  const loaded = await loadConfigFromFile(
    { command: 'build', mode: 'production' },
    join(root, 'vite.config.ts'),
    root,
  );
  if (loaded === null) throw new Error('vite.config.ts can’t be read');
  const plugins = (await flat(loaded.config.plugins ?? [])).filter(
    ({ name }) => !name.startsWith('vite-plugin-pwa'),
  );
  const config = { ...loaded.config, configFile: false, plugins, logLevel: 'error' } as const;
  await build({
    ...config,
    build: {
      ...loaded.config.build,
      outDir,
      manifest: false,
      rolldownOptions: {
        input: join(root, 'pwa/dev/gallery.html'),
        output: {
          codeSplitting: {
            groups: [
              { name: VIEWS, test: /node_modules\/(?!qr\/)|pwa\/(views\/(?!strings\/de)|models\/|styles\/)/ },
            ],
          },
        },
      },
    },
  });
  const server = await preview({
    ...config,
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0, headers: { 'content-security-policy': POLICY } },
  });
  const browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: [...CHROMIUM_ARGS, ...args],
  });
  const address = server.httpServer.address();
  if (address === null || typeof address === 'string') throw new Error('the preview server has no port');

  return {
    browser,
    url: (state, more = {}) =>
      `http://127.0.0.1:${address.port}/dev/gallery.html?${new URLSearchParams({ state, ...more }).toString()}`,
    async gzipped(extension) {
      const files = (await readdir(outDir, { recursive: true })).filter(
        (file) => basename(file).startsWith(VIEWS) && extname(file) === extension,
      );
      const sizes = await Promise.all(
        files.map(async (file) => gzipSync(await readFile(join(outDir, file))).byteLength),
      );
      return sizes.reduce((sum, size) => sum + size, 0);
    },
    async close() {
      await browser.close();
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

async function flat(options: PluginOption): Promise<Plugin[]> {
  const settled = await options;
  if (Array.isArray(settled)) return (await Promise.all(settled.map(flat))).flat();
  return settled ? [settled] : [];
}
