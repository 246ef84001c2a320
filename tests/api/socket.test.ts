import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { derivePairRoot, sealEnvelope } from '#shared/crypto/envelope.ts';
import type { Bytes, OpId } from '#shared/ids.ts';
import { ENVELOPE_TYPE } from '#shared/schema/envelope.ts';
import type { Up } from '#sync/wire/up.ts';
import { MAX_UP_FRAME } from '#sync/wire/codec.ts';
import { VERSIONS } from '#sync/wire/version.ts';
import { createOpId } from '#api/op-id.ts';
import { someBytes, someUserId } from '../support/api-people.ts';
import { type ApiServer, type Registered, createAgent, signUp, startApi } from '../support/api-server.ts';
import {
  type Hello,
  type Line,
  dial as dialServer,
  greet as greetServer,
  helloOf,
  protocolsOf,
  refusalOf,
} from '../support/api-socket.ts';
import { settled, until } from '../support/wait.ts';

async function sealedFor(from: Registered, to: Registered, id: OpId): Promise<Bytes> {
  const party = ({ session, identity }: Registered) => ({
    userId: session.userId,
    publicKey: identity.agreementPublic,
  });
  const root = await derivePairRoot(from.identity.agreement, party(from), party(to));
  return sealEnvelope({ root, type: ENVELOPE_TYPE.message, id, time: Date.now(), payload: someBytes(20) });
}

const SOON = { within: 5_000 };
describe.each(['memory', 'sqlite'] as const)('sockets on %s', (store) => {
  let server: ApiServer;
  let ann: Registered;
  const lines: Line[] = [];
  beforeEach(async () => {
    server = await startApi({ store });
    ann = await signUp(server, 'ann');
  });
  afterEach(async () => {
    for (const { ws } of lines.splice(0)) ws.terminate();
    await server.dispose();
  });

  async function kept(line: Promise<Line>): Promise<Line> {
    lines.push(await line);
    return line;
  }
  const dial = (person: Registered): Promise<Line> => kept(dialServer(server, person));
  const greet = (person: Registered): Promise<Line> => kept(greetServer(server, person));
  const refusal = (protocols: string[], options: WebSocket.ClientOptions, path?: string) =>
    refusalOf(server, protocols, options, path);

  test('a signed-in page gets a socket that names only our subprotocol, and is greeted', async () => {
    const line = await dial(ann);
    expect(line.ws.protocol).toBe('nexchat.v1');
    expect(line.ws.extensions).toBe('');
    line.say(helloOf(ann));
    expect(await line.hear('welcome')).toMatchObject({
      v: VERSIONS[1],
      head: 0,
      gen: 1,
      epoch: await server.store.epoch(),
    });
  });

  test.each([
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['a look-alike origin', { origin: 'http://localhost.evil.example' }],
    ['the null origin', { origin: 'null' }],
    ['no origin', {}],
  ])('%s is refused before the upgrade', async (_what, options) => {
    expect(await refusal(protocolsOf(ann), options)).toMatchObject({
      status: 403,
      body: { code: 'ORIGIN_REFUSED' },
    });
  });

  test.each([
    ['no protocol', 426, 'UNSUPPORTED_VERSION', () => []],
    ['only the token', 426, 'UNSUPPORTED_VERSION', (token: string) => [`bearer.${token}`]],
    ['another version', 426, 'UNSUPPORTED_VERSION', (token: string) => ['nexchat.v2', `bearer.${token}`]],
    ['no token', 401, 'UNAUTHENTICATED', () => ['nexchat.v1']],
    ['two tokens', 401, 'UNAUTHENTICATED', (token: string) => ['nexchat.v1', `bearer.${token}`, 'bearer.x']],
    ['noise for a token', 401, 'TOKEN_INVALID', () => ['nexchat.v1', 'bearer.noise']],
    [
      'a changed token',
      401,
      'TOKEN_INVALID',
      (token: string) => ['nexchat.v1', `bearer.${token.slice(0, -4)}AAAA`],
    ],
  ])('%s is refused before the upgrade', async (_what, status, code, protocols) => {
    const offered = protocols(ann.session.accessToken);
    expect(await refusal(offered, { origin: server.url })).toMatchObject({ status, body: { code } });
  });

  test('a token in the address is not looked at', async () => {
    const path = `/api/socket?token=${ann.session.accessToken}&access_token=${ann.session.accessToken}`;
    const answer = await refusal(['nexchat.v1'], { origin: server.url }, path);
    expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    expect(server.logged()).not.toContain(ann.session.accessToken);
  });

  test('an expired token and an ended sign-in are told apart', async () => {
    await ann.agent.post('/api/auth/logout', {});
    expect(await refusal(protocolsOf(ann), { origin: server.url })).toMatchObject({
      status: 401,
      body: { code: 'SESSION_ENDED' },
    });
    server.advance(601_000);
    expect(await refusal(protocolsOf(ann), { origin: server.url })).toMatchObject({
      status: 401,
      body: { code: 'TOKEN_EXPIRED' },
    });
  });

  test('other addresses take no upgrade', async () => {
    for (const path of ['/', '/api', '/api/socket/x', '/socket']) {
      expect(await refusal(protocolsOf(ann), { origin: server.url }, path)).toMatchObject({
        status: 404,
        body: { code: 'NOT_FOUND' },
      });
    }
  });

  test('a broken handshake and a socket cut in the middle of it leave the server standing', async () => {
    const handshake = (version: string): string =>
      `GET /api/socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: ${server.url}\r\n` +
      `Sec-WebSocket-Protocol: ${protocolsOf(ann).join(', ')}\r\nSec-WebSocket-Version: ${version}\r\nSec-WebSocket-Key: x\r\n\r\n`;
    const broken = connect(server.port, '127.0.0.1', () => broken.write(handshake('99')));
    const [answer] = (await settled(once(broken, 'data'), { ...SOON, for: 'an answer' })) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 400 /);
    const cut = connect(server.port, '127.0.0.1', () => {
      cut.write(handshake('13'));
      cut.resetAndDestroy();
    });
    await settled(once(cut, 'close'), { ...SOON, for: 'the cut' });
    expect((await createAgent(server).get('/healthz')).status).toBe(200);
  });

  test('text instead of binary ends the socket as BAD_FRAME', async () => {
    const line = await dial(ann);
    line.ws.send('hello');
    expect(await line.closed).toEqual({ code: 4400, reason: 'BAD_FRAME' });
  });

  test('W3: a client that offers only older versions is told so, whatever shape its hello has', async () => {
    const older: Hello['v'] = [0, VERSIONS[0] - 1];
    const { gen: _, ...unknownShape } = helloOf(ann, older);
    for (const hello of [helloOf(ann, older), unknownShape]) {
      const line = await dial(ann);
      line.say(hello as Up);
      expect(await line.hear('bye')).toEqual({ t: 'bye', code: 'UNSUPPORTED_VERSION' });
      expect(await line.closed).toEqual({ code: 4426, reason: 'UNSUPPORTED_VERSION' });
    }
  });

  test('noise ends the socket with a goodbye', async () => {
    const line = await greet(ann);
    line.ws.send(Buffer.from([0xc1, 0xff, 0x00]));
    expect(await line.hear('bye')).toMatchObject({ code: 'BAD_FRAME' });
    expect(await line.closed).toEqual({ code: 4400, reason: 'BAD_FRAME' });
  });

  test('a frame above the limit ends the socket before it is read', async () => {
    const line = await dial(ann);
    line.ws.on('error', () => {});
    line.ws.send(someBytes(MAX_UP_FRAME + 1));
    expect(await line.closed).toEqual({ code: 1009, reason: '' });
    expect((await createAgent(server).get('/healthz')).status).toBe(200);
  });

  test('a flood of frames ends the socket as RATE_LIMITED', async () => {
    await server.dispose();
    server = await startApi({ store, framesPerSecond: 5 });
    const line = await greet(await signUp(server, 'ann'));
    for (let id = 0; id < 500; id++) line.say({ t: 'ping', id });
    expect(await line.closed).toEqual({ code: 4429, reason: 'RATE_LIMITED' });
  });

  test('a sealed message reaches a friend at once and is acknowledged; without friendship nothing arrives', async () => {
    const bob = await signUp(server, 'bob');
    const [mine, theirs] = [await greet(ann), await greet(bob)];
    const send = async () => {
      const id = createOpId(Date.now());
      const envelope = await sealedFor(ann, bob, id);
      mine.say({ t: 'ops', ops: [{ id, kind: 'message.send', to: bob.session.userId, envelope }] });
      const results = () => mine.frames.flatMap((frame) => (frame.t === 'results' ? frame.results : []));
      const result = await until(() => results().find((found) => found.id === id), {
        ...SOON,
        for: 'a result',
      });
      return { id, envelope, result };
    };
    expect((await send()).result).toMatchObject({ ok: false, code: 'NOT_FRIENDS' });
    expect(await server.store.head(bob.session.userId)).toBe(0);

    await ann.agent.post('/api/friends/request', { receiver: 'bob' }, ann.bearer);
    await bob.agent.post('/api/friends/accept', { sender: 'ann' }, bob.bearer);
    const { id, envelope, result } = await send();
    expect(result).toMatchObject({ ok: true, n: 1 });
    const arrived = await until(
      () =>
        theirs.frames
          .flatMap((frame) => (frame.t === 'entries' ? frame.page.entries : []))
          .find((entry) => entry.kind === 'message'),
      { ...SOON, for: 'the message' },
    );
    expect(arrived).toMatchObject({ op: id, from: ann.session.userId, to: bob.session.userId, n: 1 });
    expect(Buffer.compare((arrived as { envelope: Uint8Array }).envelope, envelope)).toBe(0);
    const directory = await bob.agent.get('/api/directory', bob.bearer);
    expect(directory.body).toMatchObject({ people: [{ username: 'ann', online: true }] });
  });

  test('logging out closes the sign-in’s sockets, and no other', async () => {
    const line = await greet(ann);
    const bob = await greet(await signUp(server, 'bob'));
    await ann.agent.post('/api/auth/logout', {});
    expect(await line.hear('bye')).toMatchObject({ code: 'SESSION_ENDED' });
    expect(await line.closed).toEqual({ code: 4401, reason: 'SESSION_ENDED' });
    expect(bob.ws.readyState).toBe(WebSocket.OPEN);
  });

  test('a socket outlives its token only with a fresh one of the same sign-in', async () => {
    const [line, bob] = [await greet(ann), await signUp(server, 'bob')];
    const { body } = await ann.agent.post<{ accessToken: string }>('/api/auth/refresh', {
      device: ann.login.device.id,
    });
    line.say({ t: 'auth', token: body.accessToken });
    line.say({ t: 'ping', id: 7 });
    expect(await line.hear('pong')).toMatchObject({ id: 7 });
    line.say({ t: 'auth', token: bob.session.accessToken });
    expect(await line.closed).toEqual({ code: 4401, reason: 'TOKEN_INVALID' });
  });

  test('S23: the server says goodbye when it stops, to each with another time to come back', async () => {
    const [line, other] = [await greet(ann), await greet(ann)];
    const stopped = server.close();
    expect(await line.hear('bye')).toMatchObject({ code: 'UNAVAILABLE', retryAfter: 0 });
    expect(await other.hear('bye')).toMatchObject({ code: 'UNAVAILABLE', retryAfter: 2_500 });
    expect(await line.closed).toEqual({ code: 4503, reason: 'UNAVAILABLE' });
    await settled(stopped, { ...SOON, for: 'the server to stop' });
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });

  test('an operation towards nobody is answered, not dropped', async () => {
    const line = await greet(ann);
    line.say({ t: 'ops', ops: [{ id: createOpId(Date.now()), kind: 'friend.request', to: someUserId() }] });
    expect(await line.hear('results')).toMatchObject({ results: [{ ok: false, code: 'UNKNOWN_USER' }] });
  });
});
