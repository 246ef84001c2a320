import { createHmac } from 'node:crypto';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIceServers } from '#api/ice-servers.ts';
import type { UserId } from '#shared/ids.ts';
import { type TurnResponse, turnResponse } from '#shared/schema/http.ts';
import { type ApiServer, type Registered, createAgent, signUp, startApi } from '../support/api-server.ts';

const HOUR = 3_600;
const SECRET = 'a secret that the relay knows too';
const turn = { urls: ['turn:127.0.0.1:3478?transport=udp'], secret: SECRET };
const stunUrls = ['stun:127.0.0.1:3478'];

describe('GET /api/turn', () => {
  let server: ApiServer;
  let ann: Registered;
  beforeAll(async () => {
    server = await startApi({ stunUrls, turn, limitScale: 1 });
    ann = await signUp(server, 'ann');
  });
  afterAll(() => server.dispose());
  const ask = async (who = ann) => who.agent.get<TurnResponse>('/api/turn', who.bearer);

  test('gives addresses and credentials that the relay takes for an hour', async () => {
    const { status, body, headers } = await ask();
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(v.parse(turnResponse, body)).toEqual(body);
    const [stun, relay] = body.servers;
    expect(body).toMatchObject({ ttl: HOUR, relay: true });
    expect(stun).toEqual({ urls: stunUrls });
    expect(relay?.urls).toEqual(turn.urls);
    // As coturn checks it.
    const [, ends, word] = /^(\d+):([\w-]{16})$/.exec(relay?.username ?? '') ?? [];
    expect(word).toBeDefined();
    const left = Number(ends) - Date.now() / 1_000;
    expect(left).toBeGreaterThan(HOUR - 60);
    expect(left).toBeLessThanOrEqual(2 * HOUR);
    const expected = createHmac('sha1', SECRET)
      .update(relay?.username ?? '')
      .digest('base64');
    expect(relay?.credential).toBe(expected);
  });

  test('the same through an hour, so that the relay can bound it, without a word of who asks, and for nobody else', async () => {
    const cas = await signUp(server, 'cas');
    const answers = await Promise.all([ask(), ask(cas)]);
    const names = answers.map(({ body }) => body.servers[1]?.username);
    expect(new Set(names).size).toBe(2);
    const word = (user: UserId, now: number) =>
      createIceServers({ stunUrls, turn }, { now: () => now * 1_000 })(user).servers[1]?.username;
    const { userId } = ann.session;
    expect(word(userId, 10 * HOUR)).toBe(word(userId, 11 * HOUR - 1));
    expect(word(userId, 11 * HOUR)).not.toBe(word(userId, 11 * HOUR - 1));
    expect(JSON.stringify(answers.map(({ body }) => body))).not.toContain(ann.session.userId);
    expect(server.logged()).not.toContain(SECRET);
    expect(server.logged()).not.toContain(names[0]);
  });

  test('gives nothing to who is not signed in', async () => {
    expect(await createAgent(server).get('/api/turn')).toMatchObject({
      status: 401,
      body: { code: 'UNAUTHENTICATED' },
    });
  });

  test('gives so many and no more, to each', async () => {
    const ben = await signUp(server, 'ben');
    let refused = await ask(ben);
    for (let asked = 1; asked < 61; asked++) refused = await ask(ben);
    expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect((await ask()).status).toBe(200);
  });
});

test.each([
  [stunUrls, [{ urls: stunUrls }]],
  [[], []],
])('without a relay GET /api/turn says so: %j', async (urls, servers) => {
  const server = await startApi({ stunUrls: urls });
  try {
    const ann = await signUp(server, 'ann');
    const { body } = await ann.agent.get<TurnResponse>('/api/turn', ann.bearer);
    expect(body).toEqual({ servers, ttl: HOUR, relay: false });
  } finally {
    await server.dispose();
  }
});
