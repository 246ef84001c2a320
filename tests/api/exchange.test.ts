import { once } from 'node:events';
import { connect } from 'node:net';
import { encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createOpId } from '#api/op-id.ts';
import type { ErrorResponse } from '#shared/schema/http.ts';
import { decodeDownExchange, encodeExchange } from '#sync/wire/codec.ts';
import type { Down } from '#sync/wire/down.ts';
import type { Cursor, Operation, Up } from '#sync/wire/up.ts';
import { MAX_EXCHANGE, VERSIONS } from '#sync/wire/version.ts';
import { someUserId } from '../support/api-people.ts';
import { type ApiServer, type Registered, signUp, startApi } from '../support/api-server.ts';
import { settled } from '../support/wait.ts';

const SOON = { within: 5_000 };
const TYPE = 'application/msgpack';

describe.each(['memory', 'sqlite'] as const)('exchanges on %s', (store) => {
  let server: ApiServer;
  let ann: Registered;
  beforeEach(async () => {
    server = await startApi({ store });
    ann = await signUp(server, 'ann');
  });
  afterEach(() => server.dispose());

  const post = (
    body: Uint8Array<ArrayBuffer> | string,
    { type = TYPE, authorization = ann.bearer.authorization } = {},
  ) =>
    fetch(`${server.url}/api/sync`, {
      method: 'POST',
      headers: { 'content-type': type, ...(authorization !== '' && { authorization }) },
      body,
      signal: AbortSignal.timeout(SOON.within),
    });
  async function refusal(...args: Parameters<typeof post>): Promise<{ status: number; code: string }> {
    const response = await post(...args);
    const { code } = (await response.json()) as ErrorResponse;
    return { status: response.status, code };
  }
  async function exchange(person: Registered, ...frames: Up[]): Promise<Down[]> {
    const response = await post(encodeExchange(frames), person.bearer);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(TYPE);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const read = decodeDownExchange(new Uint8Array(await response.arrayBuffer()));
    if (!read.ok) throw new Error(read.error);
    return read.value;
  }
  const helloOf = (person: Registered, fields: Partial<Extract<Up, { t: 'hello' }>> = {}): Up => ({
    t: 'hello',
    v: [...VERSIONS],
    device: person.login.device.id,
    gen: 0,
    cursor: null,
    ops: [],
    ...fields,
  });
  const only = <T extends Down['t']>(frames: Down[], t: T): Extract<Down, { t: T }>[] =>
    frames.filter((frame): frame is Extract<Down, { t: T }> => frame.t === t);

  test('W7: a hello alone is answered by all that a socket would have brought, and nobody was online', async () => {
    expect(await exchange(ann, helloOf(ann))).toMatchObject([{ t: 'welcome', head: 0, gen: 1 }]);
    const bob = await signUp(server, 'bob');
    await ann.agent.post('/api/friends/request', { receiver: 'bob' }, ann.bearer);
    await bob.agent.post('/api/friends/accept', { sender: 'ann' }, bob.bearer);
    const answers = await exchange(ann, helloOf(ann));
    const [part] = only(answers, 'snapshot');
    expect(part).toMatchObject({ part: { seq: 2, first: true, done: true, contacts: [{ name: 'bob' }] } });
    expect((await bob.agent.get('/api/directory', bob.bearer)).body).toMatchObject({
      people: [{ username: 'ann', online: false }],
    });

    const cursor: Cursor = {
      epoch: only(answers, 'welcome')[0]?.epoch ?? '',
      seq: part?.part.seq ?? 0,
      tag: part?.part.tag ?? 0,
    };
    await ann.agent.post('/api/friends/remove', { target: 'bob' }, ann.bearer);
    const next = await exchange(ann, helloOf(ann, { cursor, gen: only(answers, 'welcome')[0]?.gen ?? 0 }));
    expect(next.map(({ t }) => t)).toEqual(['welcome', 'entries']);
    expect(next[1]).toMatchObject({ page: { from: 2, to: 3, entries: [{ standing: 'none' }] } });
  });

  test('W7: operations, in the hello and after it, have their results in the answer', async () => {
    const request = (): Operation => ({
      id: createOpId(Date.now()),
      kind: 'friend.request',
      to: someUserId(),
    });
    const [first, second, third] = [request(), request(), request()];
    const bob = await signUp(server, 'bob');
    const answers = await exchange(
      ann,
      helloOf(ann, { ops: [first] }),
      { t: 'ops', ops: [second, { ...third, to: bob.session.userId }] },
      { t: 'history', id: 5, peer: bob.session.userId, before: 4 },
      { t: 'ping', id: 9 },
    );
    const results = only(answers, 'results').flatMap((frame) => frame.results);
    expect(new Map(results.map((result) => [result.id, result.ok || result.code]))).toEqual(
      new Map<string, unknown>([
        [first.id, 'UNKNOWN_USER'],
        [second.id, 'UNKNOWN_USER'],
        [third.id, true],
      ]),
    );
    expect(only(answers, 'history')).toMatchObject([{ id: 5, page: { from: 4, before: 4 } }]);
    expect(only(answers, 'pong')).toMatchObject([{ id: 9 }]);
    expect(await server.store.head(bob.session.userId)).toBe(1);
  });

  test('W3 W7: a client that offers only older versions is told so', async () => {
    const older: [number, number] = [0, VERSIONS[0] - 1];
    expect(await exchange(ann, helloOf(ann, { v: older }))).toEqual([
      { t: 'bye', code: 'UNSUPPORTED_VERSION' },
    ]);
    // Its hello may have another shape as well.
    const body = encode([{ t: 'hello', v: older, device: ann.login.device.id }]);
    expect(await refusal(body)).toEqual({ status: 426, code: 'UNSUPPORTED_VERSION' });
  });

  test('W5 W7: anything before the hello ends the exchange', async () => {
    expect(await exchange(ann, { t: 'ping', id: 1 }, helloOf(ann))).toEqual([
      { t: 'bye', code: 'BAD_FRAME' },
    ]);
  });

  test('S21: an older generation is told that it is a copy, and nothing of it is carried out', async () => {
    const bob = await signUp(server, 'bob');
    for (const gen of [0, 1, 2]) await exchange(ann, helloOf(ann, { gen }));
    const op: Operation = { id: createOpId(Date.now()), kind: 'friend.request', to: bob.session.userId };
    expect(await exchange(ann, helloOf(ann, { gen: 1, ops: [op] }), { t: 'ops', ops: [op] })).toEqual([
      { t: 'bye', code: 'DEVICE_CLONED' },
    ]);
    expect(await server.store.head(bob.session.userId)).toBe(0);
  });

  test('who does not sign in, or has signed out, has no exchange', async () => {
    const hello = encodeExchange([helloOf(ann)]);
    expect(await refusal(hello, { authorization: '' })).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
    expect(await refusal(hello, { authorization: 'Bearer noise' })).toEqual({
      status: 401,
      code: 'TOKEN_INVALID',
    });
    await ann.agent.post('/api/auth/logout', {});
    expect(await refusal(hello)).toEqual({ status: 401, code: 'SESSION_ENDED' });
    server.advance(601_000);
    expect(await refusal(hello)).toEqual({ status: 401, code: 'TOKEN_EXPIRED' });
  });

  const hello = { t: 'hello', v: [...VERSIONS], device: 'D'.repeat(22), gen: 0, cursor: null, ops: [] };
  test.each([
    ['another content type', 400, 'BAD_FRAME', encode([hello]), 'application/json'],
    ['no MessagePack', 400, 'BAD_FRAME', new Uint8Array([0xc1, 1]), TYPE],
    ['nothing', 400, 'BAD_FRAME', new Uint8Array(0), TYPE],
    ['one frame without a list', 400, 'BAD_FRAME', encode(hello), TYPE],
    ['an empty list', 400, 'BAD_FIELD', encode([]), TYPE],
    ['a type nobody knows', 400, 'BAD_FIELD', encode([hello, { t: 'dance' }]), TYPE],
    ['more than 16 frames', 400, 'BAD_FIELD', encode(Array.from({ length: 17 }, () => hello)), TYPE],
    ['more than 8 MiB', 413, 'FRAME_TOO_LARGE', new Uint8Array(MAX_EXCHANGE + 1), TYPE],
  ])('W7: %s is refused', async (_what, status, code, body, type) => {
    expect(await refusal(body, { type })).toEqual({ status, code });
  });

  test('W7: a body above the limit is refused as well when its length is not stated', async () => {
    const socket = connect(server.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', () => {});
    socket.write(
      `POST /api/sync HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${ann.bearer.authorization}\r\n` +
        `Content-Type: ${TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(1_048_576), Buffer.from('\r\n')]);
    for (let at = 0; at < 9; at++) socket.write(chunk);
    await settled(once(socket, 'close'), { ...SOON, for: 'the answer' });
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain('FRAME_TOO_LARGE');
  });

  test('a request that breaks off leaves the server standing', async () => {
    const socket = connect(server.port, '127.0.0.1', () =>
      socket.write(
        `POST /api/sync HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${ann.bearer.authorization}\r\n` +
          `Content-Type: ${TYPE}\r\nContent-Length: 1000\r\n\r\nxx`,
        () => socket.resetAndDestroy(),
      ),
    );
    await settled(once(socket, 'close'), { ...SOON, for: 'the cut' });
    expect((await exchange(ann, helloOf(ann)))[0]).toMatchObject({ t: 'welcome' });
  });

  test('exchanges are counted by user', async () => {
    await server.dispose();
    server = await startApi({ store, limitScale: 1 });
    ann = await signUp(server, 'ann');
    const bob = await signUp(server, 'bob');
    // Counted before anything is read, so that what is wrong costs as much.
    const statuses: number[] = [];
    for (let at = 0; at < 305; at += 5) {
      const posts = Array.from({ length: 5 }, async () => (await post('')).status);
      statuses.push(...(await Promise.all(posts)));
    }
    expect(statuses.filter((status) => status === 400)).toHaveLength(300);
    expect(statuses.slice(-5)).toEqual([429, 429, 429, 429, 429]);
    expect(await refusal(encodeExchange([helloOf(ann)]))).toEqual({ status: 429, code: 'RATE_LIMITED' });
    expect((await exchange(bob, helloOf(bob)))[0]).toMatchObject({ t: 'welcome' });
  });
});
