import { existsSync, readFileSync } from 'node:fs';

/** Budgets in kilobytes after gzip. What the first screen loads is read from the build's own list. */
const dist = 'dist/client';
const list = `${dist}/.vite/manifest.json`;
if (!existsSync(list)) throw new Error('Nothing is built yet: run `npm run build`.');
const chunks = JSON.parse(readFileSync(list, 'utf8'));

function loadedAtOnce(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const other of chunks[key].imports ?? []) loadedAtOnce(other, seen);
  return seen;
}

const first = [...loadedAtOnce('index.html')].map((key) => chunks[key]);
const inDist = (file) => `${dist}/${file}`;

/** The service worker holds the addresses that it fetches at installation, as the build put them there. */
const precached = [
  ...readFileSync(inDist('sw.js'), 'utf8').matchAll(/["`']?url["`']?:\s*["`']([^"`']+)["`']/g),
];
if (precached.length === 0) throw new Error('The service worker has no precache list.');
if (precached.some(([, url]) => /\.(?:br|gz)$/.test(url)))
  throw new Error('The service worker fetches compressed copies besides the files themselves.');

export default [
  { name: 'script of the first screen', limit: '89 kB', path: first.map((chunk) => inDist(chunk.file)) },
  { name: 'script in all', limit: '270 kB', path: `${dist}/assets/*.js` },
  { name: 'styles', limit: '20 kB', path: `${dist}/assets/*.css` },
  // It holds the sync client and the local database, to send what waits when every tab is closed.
  { name: 'service worker', limit: '90 kB', path: inDist('sw.js') },
  { name: 'precache', limit: '1 MB', path: precached.map(([, url]) => inDist(url)) },
].map((budget) => Object.assign(budget, { gzip: true, brotli: false }));
