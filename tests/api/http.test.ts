import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Agent,
  type ApiServer,
  createAgent,
  registrationOf,
  signUp,
  startApi,
} from '../support/api-server.ts';
import { settled } from '../support/wait.ts';

/** Sends a request byte for byte, as no well-behaved client would, and gives the whole answer. */
async function rawRequest(port: number, head: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.write(head);
  await settled(once(socket, 'close'), { within: 5_000, for: 'the answer' });
  return answer;
}

describe('the edge of the HTTP API', () => {
  let server: ApiServer;
  let agent: Agent;
  beforeAll(async () => {
    server = await startApi();
    agent = createAgent(server);
  });
  afterAll(() => server.dispose());

  test.each([
    ['an open brace', '{'],
    ['text', 'hello'],
    ['a number', '5'],
    ['a string', '"username"'],
    ['null', 'null'],
    ['a trailing comma', '{"username":"ann",}'],
    ['a polluted prototype', '{"username":"ann","__proto__":{"admin":true}}'],
  ])('%s as a body is BAD_JSON', async (_what, body) => {
    const answer = await agent.post('/api/auth/prelogin', body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_JSON' } });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
  ])('a body of type %s is refused: a foreign page could send it without asking', async (type) => {
    const answer = await agent.post('/api/auth/prelogin', '{"username":"ann"}', { 'content-type': type });
    expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_JSON' } });
  });

  test.each([
    ['nothing', {}, 'username'],
    ['a number for text', { username: 5 }, 'username'],
    ['an operator object for text', { username: { $ne: null } }, 'username'],
    ['a list for text', { username: ['ann'] }, 'username'],
    ['an overlong name', { username: 'a'.repeat(65) }, 'username'],
    ['an unknown field', { username: 'ann', role: 'admin' }, 'role'],
  ])('%s is BAD_FIELD and says which', async (_what, body, detail) => {
    expect(await agent.post('/api/auth/prelogin', body)).toMatchObject({
      status: 400,
      body: { code: 'BAD_FIELD', detail },
    });
  });

  test('a body above the limit is FRAME_TOO_LARGE, with or without a stated length', async () => {
    const big = JSON.stringify({ username: 'a'.repeat(40_000) });
    expect(await agent.post('/api/auth/prelogin', big)).toMatchObject({
      status: 413,
      body: { code: 'FRAME_TOO_LARGE' },
    });
    const chunked = await rawRequest(
      server.port,
      `POST /api/auth/prelogin HTTP/1.1\r\nHost: localhost\r\nOrigin: ${server.url}\r\nContent-Type: application/json\r\n` +
        `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n`,
    );
    expect(chunked).toMatch(/^HTTP\/1.1 413 /);
    expect(chunked).toContain('FRAME_TOO_LARGE');
  });

  test.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://localhost:1' }],
    ['https instead of http', { origin: 'https://localhost' }],
    ['no page (null)', { origin: 'null' }],
    ['a look-alike', { origin: 'http://localhost.evil.example' }],
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }],
    ['a same-site fetch', { 'sec-fetch-site': 'same-site' }],
    ['a typed address', { 'sec-fetch-site': 'none' }],
    [
      'our own fetch with a foreign origin',
      { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
    ],
  ])('the cookie endpoints refuse %s, and nothing is made', async (_what, headers) => {
    const body = await registrationOf('from-elsewhere');
    const answer = await agent.post('/api/auth/register', body, headers);
    expect(answer).toMatchObject({ status: 403, body: { code: 'ORIGIN_REFUSED' } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(await server.store.account('from-elsewhere')).toBeUndefined();
    for (const path of ['login', 'refresh', 'logout', 'prelogin']) {
      expect(await agent.post(`/api/auth/${path}`, {}, headers)).toMatchObject({
        status: 403,
        body: { code: 'ORIGIN_REFUSED' },
      });
    }
  });

  test('a request that does not say where it comes from is refused', async () => {
    const answer = await rawRequest(
      server.port,
      'POST /api/auth/logout HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 403 /);
    expect(answer).toContain('ORIGIN_REFUSED');
  });

  test('Sec-Fetch-Site alone is enough, as for a page that sends no origin', async () => {
    const head = 'POST /api/auth/logout HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n';
    expect(await rawRequest(server.port, `${head}Content-Length: 0\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 204 /,
    );
  });

  test.each([
    '/api',
    '/api/',
    '/api/nope',
    '/api/auth',
    '/api/auth/login/x',
    '/api/../api/nope',
    '/api/%2e%2e/x',
    '/api/socket',
  ])('GET %s is NOT_FOUND, in JSON', async (path) => {
    expect(await agent.get(path)).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND', message: expect.any(String) },
    });
  });

  test.each([
    ['GET', '/api/auth/login', 'POST'],
    ['DELETE', '/api/auth/register', 'POST'],
    ['PUT', '/api/directory', 'HEAD, GET'],
    ['PROPFIND', '/api/directory', 'HEAD, GET'],
    ['POST', '/healthz', 'HEAD, GET'],
  ])('%s %s is METHOD_NOT_ALLOWED and says what is', async (method, path, allow) => {
    const answer = await fetch(`${server.url}${path}`, { method });
    expect([answer.status, await answer.json()]).toMatchObject([405, { code: 'METHOD_NOT_ALLOWED' }]);
    if (method !== 'PROPFIND') expect(answer.headers.get('allow')).toBe(allow);
  });

  test('a request that is not HTTP is turned away and the server lives on', async () => {
    expect(await rawRequest(server.port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    expect((await agent.get('/healthz')).status).toBe(200);
  });

  test('every answer carries the strict headers, errors too', async () => {
    for (const path of ['/healthz', '/api/nope', '/']) {
      const { headers } = await agent.get(path);
      expect(headers.get('content-security-policy')).toContain(`default-src 'none'; script-src 'self';`);
      expect(headers.get('content-security-policy')).toContain(`require-trusted-types-for 'script'`);
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect(headers.get('content-security-policy')).toContain(
        `connect-src 'self' ws://localhost:${server.port} ws://127.0.0.1:${server.port};`,
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      for (const needed of ['camera', 'microphone', 'display-capture', 'autoplay', 'picture-in-picture'])
        expect(headers.get('permissions-policy')).toContain(`${needed}=(self)`);
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('strict-transport-security')).toBeNull();
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });

  test('a bug shows as INTERNAL, without a stack, and is logged with its request id', async () => {
    const broken = await startApi();
    try {
      broken.store.account = () => Promise.reject(new Error('a detail of the inside'));
      const answer = await createAgent(broken).post('/api/auth/prelogin', { username: 'ann' });
      expect(answer).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
      expect(JSON.stringify(answer.body)).not.toContain('detail of the inside');
      expect(broken.logged()).toContain('a detail of the inside');
      expect(broken.logged()).toContain(answer.headers.get('x-request-id'));
    } finally {
      await broken.dispose();
    }
  });
});

describe('limits', () => {
  test('too many sign-ups of one address are RATE_LIMITED and say when to come back', async () => {
    const server = await startApi({ limitScale: 1 });
    try {
      const agent = createAgent(server);
      const answers = [];
      for (let at = 0; at < 21; at++) answers.push(await agent.post('/api/auth/register', {}));
      expect(answers.slice(0, 20).every(({ status }) => status === 400)).toBe(true);
      expect(answers[20]).toMatchObject({
        status: 429,
        body: { code: 'RATE_LIMITED', retryAfter: expect.any(Number) },
      });
      expect(Number(answers[20]?.headers.get('retry-after'))).toBeGreaterThan(3_000);
    } finally {
      await server.dispose();
    }
  });

  test('guessing one account is stopped, but the owner’s device still gets in', async () => {
    const server = await startApi({ limitScale: 1, proxies: 1 });
    try {
      const { login, agent: owner } = await signUp(server, 'ann');
      const guesser = createAgent(server);
      const wrong = { ...login, authKey: 'A'.repeat(43), device: { id: 'B'.repeat(22), name: 'x' } };
      const guess = (from: string) => guesser.post('/api/auth/login', wrong, { 'x-forwarded-for': from });
      for (let at = 0; at < 10; at++) expect((await guess('192.0.2.1')).status).toBe(401);
      expect(await guess('192.0.2.1')).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
      // A header that the client made up itself comes first, and is not believed.
      expect((await guess('198.51.100.9, 192.0.2.1')).status).toBe(429);

      for (let at = 0; at < 90; at++) expect((await guess(`203.0.113.${at}`)).status).toBe(401);
      expect((await guess('203.0.113.200')).status).toBe(429);
      // Not even who knows the id of the owner's device, as every friend does.
      const asOwner = { 'x-forwarded-for': '203.0.113.201' };
      expect((await guesser.post('/api/auth/login', login, asOwner)).status).toBe(429);
      const from = { 'x-forwarded-for': '203.0.113.202' };
      expect((await owner.post('/api/auth/login', login, from)).status).toBe(200);
    } finally {
      await server.dispose();
    }
  });

  test('what tells the owner’s device from a guesser’s is a token of its own, even of a sign-in that ended', async () => {
    const server = await startApi({ limitScale: 1, proxies: 1 });
    try {
      const [ann, bob] = [await signUp(server, 'ann'), await signUp(server, 'bob')];
      const wrong = { ...ann.login, authKey: 'A'.repeat(43) };
      for (let at = 0; at < 100; at++)
        await createAgent(server).post('/api/auth/login', wrong, { 'x-forwarded-for': `203.0.113.${at}` });
      let hosts = 0;
      const logIn = async (cookie: string): Promise<number> => {
        const agent = createAgent(server);
        agent.cookie = cookie;
        const from = { 'x-forwarded-for': `198.51.100.${++hosts}` };
        return (await agent.post('/api/auth/login', ann.login, from)).status;
      };
      const own = ann.agent.cookie;
      const [, session = ''] = /=(.+)\./.exec(own) ?? [];
      for (const cookie of ['', bob.agent.cookie, 'nexchat=noise', `nexchat=${session}.${'A'.repeat(43)}`])
        expect(await logIn(cookie), cookie).toBe(429);
      server.advance(31_000);
      await ann.agent.post('/api/auth/refresh', { device: ann.login.device.id });
      await ann.agent.ask('DELETE', `/api/devices/${session}`, undefined, ann.bearer);
      expect((await server.store.session(session))?.ended).not.toBeNull();
      expect(await logIn('')).toBe(429);
      expect(await logIn(ann.agent.cookie)).toBe(200);
    } finally {
      await server.dispose();
    }
  });
});

describe('the built app', () => {
  let dir: string;
  let server: ApiServer;
  let agent: Agent;
  const page = { accept: 'text/html' };
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nexchat-client-'));
    await mkdir(join(dir, 'client', 'assets'), { recursive: true });
    await writeFile(join(dir, 'secret.txt'), 'outside');
    await writeFile(join(dir, 'client', 'index.html'), '<!doctype html>the app');
    await writeFile(join(dir, 'client', 'sw.js'), '// worker');
    await writeFile(join(dir, 'client', 'assets', 'main-abc123.js'), '// code');
    server = await startApi({ clientDir: join(dir, 'client') });
    agent = createAgent(server);
  });
  afterAll(async () => {
    await server.dispose();
    await rm(dir, { recursive: true });
  });

  test('the page and the worker are asked for anew, hashed files are kept', async () => {
    const home = await agent.get('/', page);
    expect(home).toMatchObject({ status: 200, body: '<!doctype html>the app' });
    expect(home.headers.get('cache-control')).toBe('no-cache');
    expect(home.headers.get('content-security-policy')).toContain(`default-src 'none'`);
    const worker = await agent.get('/sw.js');
    expect(worker.headers.get('cache-control')).toBe('no-cache');
    expect(worker.headers.get('content-type')).toMatch(/^text\/javascript/);
    const asset = await agent.get('/assets/main-abc123.js');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('an unchanged file is not sent again', async () => {
    const etag = (await agent.get('/sw.js')).headers.get('etag') ?? '';
    expect(await agent.get('/sw.js', { 'if-none-match': etag })).toMatchObject({ status: 304, body: '' });
  });

  test('a navigation anywhere in the app gets the page, anything else that is missing is NOT_FOUND', async () => {
    expect(await agent.get('/chat/ann', page)).toMatchObject({ status: 200, body: '<!doctype html>the app' });
    expect(await agent.get('/chat/ann?x=1', page)).toMatchObject({ status: 200 });
    for (const [path, headers] of [
      ['/chat/ann', { accept: 'application/json' }],
      ['/assets/old-000000.js', page],
      ['/favicon.ico', page],
      ['/api/nope', page],
    ] as const) {
      expect(await agent.get(path, headers)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    }
  });

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//../secret.txt',
    '/%00',
    '/%',
  ])('GET %s leads nowhere outside', async (path) => {
    const answer = await rawRequest(
      server.port,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 (400|404) /);
    expect(answer).not.toContain('outside');
  });

  test('files are read, not written', async () => {
    expect(await agent.post('/index.html', {})).toMatchObject({
      status: 405,
      body: { code: 'METHOD_NOT_ALLOWED' },
    });
  });

  test('an app that is not built yet is a plain sentence, and appears once it is', async () => {
    const empty = await startApi({ clientDir: join(dir, 'later') });
    try {
      const fresh = createAgent(empty);
      const early = await fresh.get('/', page);
      expect(early.status).toBe(503);
      expect(early.body).toContain('not built yet');
      await mkdir(join(dir, 'later'));
      await writeFile(join(dir, 'later', 'index.html'), 'built');
      expect(await fresh.get('/', page)).toMatchObject({ status: 200, body: 'built' });
    } finally {
      await empty.dispose();
    }
  });
});
