import { mkdtemp, rm } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, type CDPSession, type Page, chromium } from 'playwright-core';
import { build } from 'vite';
import { CHROMIUM_ARGS, chromiumPath } from './chromium.ts';

/** A test module at work in a real browser with a profile of its own. */
export interface BrowserSuite {
  readonly origin: string;
  readonly context: BrowserContext;
  /** Opens a tab in which the module has run. */
  tab(): Promise<Page>;
  /** The DevTools protocol of a tab. */
  devtools(page: Page): Promise<CDPSession>;
  close(): Promise<void>;
}

/** Bundles `entry`, serves it on loopback and starts Chromium. What the module offers it puts on `globalThis`. */
export async function openBrowserSuite(entry: URL): Promise<BrowserSuite> {
  const server = await serve(await bundle(fileURLToPath(entry)));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const profile = await mkdtemp(join(tmpdir(), 'nexchat-suite-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: await chromiumPath(),
    args: [...CHROMIUM_ARGS],
    headless: true,
  });
  context.setDefaultTimeout(15_000);
  return {
    origin,
    context,
    async tab() {
      const page = await context.newPage();
      await page.goto(origin);
      await page.waitForFunction(() => 'suiteReady' in globalThis);
      return page;
    },
    devtools: (page) => context.newCDPSession(page),
    async close() {
      await context.close();
      await new Promise((resolve) => server.close(resolve));
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** One script of a module and everything that it imports. */
export async function bundle(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      target: 'esnext',
      lib: { entry, formats: ['es'] },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  });
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((part) =>
    'output' in part ? part.output : [],
  );
  const chunk = outputs.find((output) => output.type === 'chunk' && output.isEntry);
  if (chunk?.type !== 'chunk') throw new Error(`Nothing came of ${entry}`);
  return chunk.code;
}

export const PAGE = `<!doctype html><meta charset="utf-8"><title>suite</title><link rel="icon" href="data:,">
<script type="module">import '/suite.js'; globalThis.suiteReady = true;</script>`;

function serve(code: string): Promise<Server> {
  const server = createServer((request, response) => {
    const script = request.url === '/suite.js';
    response.setHeader(
      'content-type',
      script ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8',
    );
    response.end(script ? code : PAGE);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
