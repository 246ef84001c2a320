import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compressFiles } from '#api/dev/compress.ts';
import { someBytes } from '../support/api-people.ts';
import { type ApiServer, createAgent, startApi } from '../support/api-server.ts';
import { settled, until } from '../support/wait.ts';

const PAGE = `<!doctype html><title>the app</title>${'<p>text</p>'.repeat(200)}`;
const doorIn = (language: string) => PAGE.replace('the app', `the door, ${language}`);
const COOKIE = 'nexchat=token';
const SCRIPT = 'export const answer = 42;\n'.repeat(200);
const YEAR = 'public, max-age=31536000, immutable';
/** What a page depends on. */
const BY_VISITOR = 'Accept-Encoding, Accept-Language, Cookie';
const SOON = { within: 5_000 };

describe('files of the built app', () => {
  let dir: string;
  let server: ApiServer;
  const inClient = (name: string) => join(dir, name);
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nexchat-files-'));
    for (const folder of ['assets', '.vite']) await mkdir(inClient(folder));
    await writeFile(inClient('index.html'), PAGE);
    await writeFile(inClient('door.de.html'), doorIn('de'));
    await writeFile(inClient('door.en.html'), doorIn('en'));
    await writeFile(inClient('sw.js'), SCRIPT);
    await writeFile(inClient('favicon.svg'), '<svg/>');
    await writeFile(inClient('icon.png'), 'picture'.repeat(300));
    await writeFile(inClient('assets/noise.css'), someBytes(2_000));
    await writeFile(inClient('assets/main-abc123.js'), SCRIPT);
    await writeFile(inClient('.vite/manifest.json'), '{"secret":1}');
    await compressFiles(dir);
    server = await startApi({ clientDir: dir });
  });
  afterAll(async () => {
    await server.dispose();
    await rm(dir, { recursive: true });
  });

  interface Got {
    readonly status: number | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly body: Buffer;
  }

  /** The answer as it came over the wire: `fetch` would decompress it. */
  async function get(path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Got> {
    const got = async (): Promise<Got> => {
      const asked = request({ host: '127.0.0.1', port: server.port, path, headers, method });
      asked.end();
      const [answer] = await once(asked, 'response');
      const body = Buffer.concat(await answer.toArray());
      return { status: answer.statusCode, headers: answer.headers, body };
    };
    return settled(got(), { ...SOON, for: path });
  }

  test('a build leaves smaller copies of its text, and of nothing else', async () => {
    const copies = (await readdir(dir, { recursive: true })).filter((name) => /\.(br|gz)$/.test(name));
    expect(copies.toSorted()).toEqual(
      ['assets/main-abc123.js', 'door.de.html', 'door.en.html', 'index.html', 'sw.js'].flatMap((name) => [
        `${name}.br`,
        `${name}.gz`,
      ]),
    );
    expect(brotliDecompressSync(await readFile(inClient('sw.js.br'))).toString()).toBe(SCRIPT);
    expect(gunzipSync(await readFile(inClient('sw.js.gz'))).toString()).toBe(SCRIPT);
  });

  test.each([
    ['/', PAGE, 'text/html;charset=utf-8', 'no-cache', BY_VISITOR],
    ['/chats/ann', PAGE, 'text/html;charset=utf-8', 'no-cache', BY_VISITOR],
    ['/sw.js', SCRIPT, 'text/javascript', 'no-cache', 'Accept-Encoding'],
    ['/assets/main-abc123.js', SCRIPT, 'text/javascript', YEAR, 'Accept-Encoding'],
  ])(
    '%s comes as small as the browser takes it, and is the same',
    async (path, content, type, keep, vary) => {
      const common = { vary, 'content-type': type, 'cache-control': keep };
      const ask = (encodings: string) =>
        get(path, { accept: 'text/html', cookie: COOKIE, 'accept-encoding': encodings });
      const [br, gz, plain] = [
        await ask('gzip, deflate, br, zstd'),
        await ask('gzip'),
        await ask('identity'),
      ];
      expect(br).toMatchObject({ status: 200, headers: { ...common, 'content-encoding': 'br' } });
      expect(brotliDecompressSync(br.body).toString()).toBe(content);
      expect(gz).toMatchObject({ status: 200, headers: { ...common, 'content-encoding': 'gzip' } });
      expect(gunzipSync(gz.body).toString()).toBe(content);
      expect(plain).toMatchObject({ status: 200, headers: common });
      expect(plain.headers['content-encoding']).toBeUndefined();
      expect(plain.body.toString()).toBe(content);
      expect(new Set([br, gz, plain].map(({ headers }) => headers.etag)).size).toBe(3);
    },
  );

  test.each([
    ['en-GB,en;q=0.9', 'en'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['fr,de;q=0.9,en;q=0.8', 'de'],
    ['fr', 'en'],
    ['', 'en'],
    ['*', 'en'],
  ])('who is not signed in and prefers “%s” gets the door in it', async (languages, language) => {
    for (const path of ['/', '/chats/ann']) {
      const asked = { accept: 'text/html', 'accept-language': languages };
      const { headers, body } = await get(path, asked);
      expect(body.toString()).toBe(doorIn(language));
      expect(headers).toMatchObject({ vary: BY_VISITOR, 'cache-control': 'no-cache' });
      // What a browser kept of the door is not taken for the app of whoever is signed in.
      const again = await get(path, { ...asked, 'if-none-match': String(headers.etag) });
      expect(again.status).toBe(304);
      const inside = await get(path, { ...asked, cookie: COOKIE, 'if-none-match': String(headers.etag) });
      expect([inside.status, inside.body.toString()]).toEqual([200, PAGE]);
    }
  });

  test('what is kept for offline use is the app itself, whoever asks', async () => {
    for (const headers of [{}, { cookie: COOKIE }]) {
      const { body } = await get('/index.html', { accept: '*/*', ...headers });
      expect(body.toString()).toBe(PAGE);
    }
  });

  test('what has no smaller copy comes as it is', async () => {
    for (const path of ['/favicon.svg', '/icon.png', '/assets/noise.css']) {
      const { status, headers } = await get(path, { 'accept-encoding': 'gzip, br' });
      expect([path, status, headers['content-encoding']]).toEqual([path, 200, undefined]);
    }
  });

  test('the answers of the API are never compressed: their length would tell of secrets', async () => {
    const agent = createAgent(server);
    const answer = await agent.post(
      '/api/auth/prelogin',
      { username: 'ann' },
      { 'accept-encoding': 'gzip, br' },
    );
    expect([answer.status, answer.headers.get('content-encoding')]).toEqual([200, null]);
  });

  test.each([
    ['bytes=0-9', 0, 9],
    ['bytes=5-5', 5, 5],
    ['bytes=100-', 100, SCRIPT.length - 1],
    [`bytes=5100-999999`, 5100, SCRIPT.length - 1],
  ])('Range: %s is answered with that part', async (range, first, last) => {
    const { status, headers, body } = await get('/sw.js', { range });
    expect([status, headers['content-range']]).toEqual([206, `bytes ${first}-${last}/${SCRIPT.length}`]);
    expect(body.toString()).toBe(SCRIPT.slice(first, last + 1));
    expect(Number(headers['content-length'])).toBe(body.length);
  });

  test.each([
    { range: 'bytes=5-1' },
    { range: 'bytes=abc' },
    { range: 'bytes=' },
    { range: 'bytes=-' },
    { range: 'bytes=-5' },
    { range: 'bytes=0-0' },
    { range: 'bytes=0-1,3-4' },
    { range: 'bytes=1.5-9' },
    { range: 'lines=1-2' },
    { range: `bytes=0-${'9'.repeat(30)}` },
    { range: 'bytes=0-9', 'if-range': '"another"' },
  ])('%j is ignored: the whole file comes', async (headers) => {
    const answer = await get('/sw.js', headers);
    expect([answer.status, answer.headers['content-range'], answer.body.toString()]).toEqual([
      200,
      undefined,
      SCRIPT,
    ]);
    expect((await get('/sw.js', headers, 'HEAD')).status).toBe(200);
    expect(server.logged()).not.toContain('RangeError');
  });

  test('a Range behind the end of the file is 416', async () => {
    const answer = await get('/sw.js', { range: `bytes=${SCRIPT.length}-` });
    expect([answer.status, answer.headers['content-range'], answer.body.length]).toEqual([
      416,
      `bytes */${SCRIPT.length}`,
      0,
    ]);
  });

  test.each([
    '/.vite/manifest.json',
    '/%2evite/manifest.json',
    '/%2Evite/manifest.json?x',
    '//.vite/manifest.json',
    '/assets/..%2f.vite/manifest.json',
    '/.vite',
    '/foo.txt',
    '/foo.txt?x=1',
    '/chats/foo.js',
  ])('GET %s is NOT_FOUND, for a page too', async (path) => {
    for (const accept of ['*/*', 'text/html']) {
      const { status, body } = await get(path, { accept });
      expect([status, JSON.parse(body.toString())]).toMatchObject([404, { code: 'NOT_FOUND' }]);
    }
  });

  test.skipIf(process.platform !== 'linux')('a reader that goes away leaves no file open', async () => {
    const big = inClient('big.js');
    await writeFile(big, someBytes(8_000_000));
    for (let at = 0; at < 3; at++) {
      const socket = connect(server.port, '127.0.0.1');
      socket.write('GET /big.js HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await settled(once(socket, 'data'), { ...SOON, for: 'the first bytes' });
      socket.destroy();
    }
    const open = async () => {
      const files = (await readdir('/proc/self/fd')).map((fd) =>
        readlink(`/proc/self/fd/${fd}`).catch(() => ''),
      );
      return (await Promise.all(files)).filter((file) => file === big).length;
    };
    await until(async () => (await open()) === 0, { ...SOON, for: 'the files to be closed' });
  });

  test('a file that can’t be opened ends its request, and only that', async () => {
    const unreadable = createServer().listen(inClient('unreadable.js'));
    await once(unreadable, 'listening');
    await expect(get('/unreadable.js')).rejects.toThrow('socket hang up');
    unreadable.close();
    expect((await get('/')).status).toBe(200);
    expect(server.logged()).toContain('the response could not be sent');
  });
});
