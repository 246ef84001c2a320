import { fileURLToPath } from 'node:url';
import { preact } from '@preact/preset-vite';
import icons from 'unplugin-icons/vite';
import { type PluginOption, type UserConfig, defineConfig } from 'vite';
import { type VitePWAOptions, VitePWA } from 'vite-plugin-pwa';
import pkg from './package.json' with { type: 'json' };

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The oldest engines with everything the app relies on: container queries, `:has`, Web Locks, module workers. */
const BROWSERS = ['chrome111', 'edge111', 'firefox115', 'safari16.4'];

/**
 * What comes together, comes as one file: it compresses better than a dozen, and nothing waits for what it imports. The
 * rest is cut where it is imported.
 */
const PARTS = [
  // The first screen.
  { name: 'index', tags: ['$initial' as const], priority: 2 },
  // What every start fetches behind it: writing, reading what comes in, the line to the server.
  {
    name: 'work',
    test: /pwa.(store.(after-open|call-store|lead)|transport.line)\.ts$/,
    priority: 1,
  },
  // What a newcomer sees first.
  { name: 'door', test: /pwa.views.(door|parts)./ },
];

/** What turns views into script. */
export const drawing = (): PluginOption[] => [
  icons({ compiler: { compiler: iconComponent, extension: 'jsx' }, scale: 1 }),
  preact({ reactAliasesEnabled: false }),
];

/**
 * MessagePack's decoder makes two errors while it is evaluated: one asks the engine for a fault of Internet Explorer, one
 * is kept to be thrown. With an inspector at the page V8 parses the whole file anew for each one's place, which is a
 * third of the time that evaluating the app takes there. Here the first is not made, and the other when it is thrown.
 */
const withoutEarlyErrors = (): PluginOption => ({
  name: 'without-early-errors',
  transform: {
    filter: { id: /@msgpack.msgpack.dist\.esm.Decoder\.mjs$/ },
    handler(code) {
      const kept = /^const MORE_DATA = (new RangeError\("[^"]*"\));\n/m;
      const probe = /^try \{[^}]*EMPTY_VIEW\.getInt8\(0\);\s*\}\s*catch \(e\) \{.*?\n\}\n/ms;
      const made = kept.exec(code)?.[1];
      if (made === undefined || !probe.test(code))
        this.error('MessagePack has changed: is this still needed?');
      const rest = code.replace(kept, '').replace(probe, '').replaceAll('throw MORE_DATA', `throw ${made}`);
      return { code: rest, map: null };
    },
  },
});

/** `vite build` makes the client, `vite build --ssr` the server and, beside it, the operator's tool. */
export default defineConfig(({ isSsrBuild }) => (isSsrBuild ? server : client));

const client: UserConfig = {
  root: here('pwa'),
  cacheDir: here('node_modules/.vite'),
  // Dexie's entry wraps its build for engines of ten years ago; ours need only the modern one.
  resolve: { alias: [{ find: /^dexie$/, replacement: 'dexie/dist/modern/dexie.mjs' }] },
  plugins: [withoutEarlyErrors(), drawing(), VitePWA(installable())],
  worker: { format: 'es' },
  // `:dir()` (4) stays: what would be put in its place asks for the language of the page, not for the direction of a text.
  css: { lightningcss: { exclude: 4 } },
  define: { 'import.meta.env.APP_VERSION': JSON.stringify(pkg.version) },
  build: {
    outDir: here('dist/client'),
    emptyOutDir: true,
    target: BROWSERS,
    // The content security policy allows no inline script, and data: addresses nowhere.
    // Parts are cut so that what is asked for next comes in one file: no list of what to fetch beside it is needed.
    modulePreload: false,
    assetsInlineLimit: 0,
    sourcemap: false,
    // Names what the first screen loads, for the size budgets; files that start with a dot are not served.
    manifest: true,
    reportCompressedSize: false,
    rolldownOptions: { output: { codeSplitting: { groups: PARTS } } },
  },
};

const server: UserConfig = {
  root: here('.'),
  publicDir: false,
  build: {
    ssr: true,
    outDir: here('dist/server'),
    emptyOutDir: true,
    target: 'node20',
    sourcemap: true,
    rolldownOptions: {
      input: { main: here('api/main.ts'), nexchat: here('api/cli/main.ts') },
      output: { entryFileNames: '[name].js' },
    },
  },
};

/** SVG is JSX already, as Preact takes attributes by their SVG names; so an icon needs no other compiler. */
function iconComponent(svg: string): string {
  return `export default (props) => ${svg.replace('<svg', '<svg aria-hidden="true" {...props}')};`;
}

function installable(): Partial<VitePWAOptions> {
  return {
    strategies: 'injectManifest',
    srcDir: 'sw',
    filename: 'sw.ts',
    injectRegister: false,
    registerType: 'prompt',
    includeManifestIcons: false,
    // The worker is built by itself, and louder than the rest.
    integration: {
      configureCustomSWViteBuild(worker) {
        worker.logLevel = 'error';
        (worker.plugins ??= []).push(withoutEarlyErrors());
        const output = worker.build?.rollupOptions?.output;
        if (output && !Array.isArray(output)) {
          delete output.inlineDynamicImports;
          output.codeSplitting = false;
        }
      },
    },
    injectManifest: {
      // Vite takes it for a library then, and leaves out what loads parts of a page.
      rollupFormat: 'iife',
      globPatterns: ['**/*.{js,css,html,woff2,svg,png}'],
      // Only an installer looks at these, and it has a network.
      globIgnores: ['screenshots/**', 'icons/*512.png'],
      // Vite puts a hash into the name of everything in assets/.
      dontCacheBustURLsMatching: /^assets\//,
      target: BROWSERS,
      sourcemap: false,
    },
    manifest: {
      id: '/',
      name: 'NexChat',
      short_name: 'NexChat',
      description: 'End-to-end encrypted chat that keeps working offline',
      lang: 'en',
      dir: 'ltr',
      start_url: '/',
      scope: '/',
      display: 'standalone',
      orientation: 'any',
      theme_color: '#fbf3ea',
      background_color: '#fbf3ea',
      categories: ['social', 'communication'],
      // Answered by the service worker and taken out of the address at once.
      // What browsers take when nothing is said, said: Chromium complains otherwise.
      share_target: {
        action: '/share',
        method: 'GET',
        enctype: 'application/x-www-form-urlencoded',
        params: { title: 'title', text: 'text', url: 'url' },
      },
      // Links such as web+nexchat:mira lead to a person; see views/people/person-link.ts.
      protocol_handlers: [{ protocol: 'web+nexchat', url: '/people?name=%s' }],
      launch_handler: { client_mode: ['navigate-existing', 'auto'] },
      icons: [
        { src: '/icons/icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
        { src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
        { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        { src: '/icons/monochrome-512.png', sizes: '512x512', type: 'image/png', purpose: 'monochrome' },
      ],
      screenshots: [
        { src: '/screenshots/wide.png', sizes: '1280x800', type: 'image/png', form_factor: 'wide' },
        { src: '/screenshots/narrow.png', sizes: '390x844', type: 'image/png', form_factor: 'narrow' },
      ],
      shortcuts: [
        { name: 'Find people', url: '/people', icons: [{ src: '/icons/icon-192.png', sizes: '192x192' }] },
        {
          name: 'Friend requests',
          url: '/requests',
          icons: [{ src: '/icons/icon-192.png', sizes: '192x192' }],
        },
      ],
    },
  };
}
