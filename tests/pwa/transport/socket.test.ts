import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket as NodeSocket, WebSocketServer } from 'ws';
import { Failure } from '#shared/errors.ts';
import { createSocketTransport, socketUrl } from '#pwa/transport/socket.ts';
import { timers } from '#pwa/transport/timers.ts';
import { freePort } from '#tests/support/free-port.ts';
import { until } from '#tests/support/wait.ts';

/** A server that admits the tokens it is told to, says their protocols back and echoes frames. */
let admitted: Set<string>;
let server: Server;
let sockets: WebSocketServer;
let url: string;
let addresses: string[];
let stalled: Duplex[];

beforeEach(async () => {
  admitted = new Set(['good']);
  addresses = [];
  stalled = [];
  server = createServer();
  sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'nexchat.v1' });
  server.on('upgrade', (request, socket, head) => {
    addresses.push(request.url ?? '');
    const token = /^nexchat\.v1,\s*bearer\.(.+)$/.exec(request.headers['sec-websocket-protocol'] ?? '')?.[1];
    if (token === 'silent') return void stalled.push(socket);
    if (token === undefined || !admitted.has(token)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (peer) => {
      peer.on('message', (data) => peer.send(data));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = socketUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(async () => {
  for (const peer of sockets.clients) peer.terminate();
  for (const socket of stalled) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function transport(tokens: { current: () => Promise<string>; renew?: () => Promise<string> }, at = url) {
  const renewals = { count: 0 };
  const made = createSocketTransport({
    url: at,
    timers,
    connectTimeoutMs: 300,
    open(address, protocols) {
      const socket = new NodeSocket(address, protocols);
      // Browsers follow this event with `close`, and so does ws; but in Node nobody listening is a crash.
      socket.on('error', () => {});
      return socket as unknown as WebSocket;
    },
    tokens: {
      current: tokens.current,
      renew() {
        renewals.count += 1;
        return tokens.renew === undefined ? Promise.reject(new Failure('OFFLINE')) : tokens.renew();
      },
    },
  });
  return {
    renewals,
    connect() {
      const heard: unknown[] = [];
      const connection = made.connect({
        open: () => heard.push('open'),
        frame: (data) => heard.push([...data]),
        closed: (code) => heard.push({ closed: code }),
      });
      return { connection, heard };
    },
  };
}

const heardWithin = (heard: unknown[], length: number) =>
  until(() => heard.length >= length, { within: 3_000 });
/** Long enough for something that must not happen to happen. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 60));

describe('the socket', () => {
  it('opens with the token as a subprotocol, carries bytes both ways and closes once', async () => {
    const { connect } = transport({ current: () => Promise.resolve('good') });
    const { connection, heard } = connect();
    await heardWithin(heard, 1);
    connection.send(Uint8Array.of(1, 2, 3));
    await heardWithin(heard, 2);
    connection.close();
    connection.close();
    await aMoment();
    expect(heard).toEqual(['open', [1, 2, 3], { closed: null }]);
    expect(addresses).toEqual(['/api/socket']);
  });

  it('says once that the server closed', async () => {
    const { connect } = transport({ current: () => Promise.resolve('good') });
    const { heard } = connect();
    await heardWithin(heard, 1);
    for (const peer of sockets.clients) peer.terminate();
    await heardWithin(heard, 2);
    await aMoment();
    expect(heard).toEqual(['open', { closed: null }]);
  });

  it('gives the reason with which the server closed', async () => {
    const { connect } = transport({ current: () => Promise.resolve('good') });
    for (const [reason, said] of [
      ['SESSION_ENDED', 'SESSION_ENDED'],
      ['whatever', null],
    ] as const) {
      const { heard } = connect();
      await heardWithin(heard, 1);
      for (const peer of sockets.clients) peer.close(4000, reason);
      await heardWithin(heard, 2);
      expect(heard).toEqual(['open', { closed: said }]);
    }
  });

  it('finds by a renewal that the session has ended, when the handshake was refused', async () => {
    const { connect } = transport({
      current: () => Promise.resolve('bad'),
      renew: () => Promise.reject(new Failure('TOKEN_INVALID')),
    });
    const { heard } = connect();
    await heardWithin(heard, 1);
    expect(heard).toEqual([{ closed: 'SESSION_ENDED' }]);
  });

  it('finds that the session has ended after a renewal that reached nobody', async () => {
    const failures = [new Failure('OFFLINE'), new Failure('TOKEN_INVALID')];
    const { connect } = transport({
      current: () => Promise.resolve('bad'),
      renew: () => Promise.reject(failures.shift() ?? new Failure('INTERNAL')),
    });
    for (const code of ['OFFLINE', 'SESSION_ENDED']) {
      const { heard } = connect();
      await heardWithin(heard, 1);
      expect(heard).toEqual([{ closed: code }]);
    }
  });

  it('renews once after a refusal, connects with the new token, and may renew again later', async () => {
    let token = 'old';
    const { connect, renewals } = transport({
      current: () => Promise.resolve(token),
      renew: () => Promise.resolve((token = 'good')),
    });
    const refused = connect();
    await heardWithin(refused.heard, 1);
    expect(refused.heard).toEqual([{ closed: null }]);
    const accepted = connect();
    await heardWithin(accepted.heard, 1);
    expect(accepted.heard).toEqual(['open']);
    accepted.connection.close();

    admitted.clear();
    for (let i = 0; i < 3; i++) {
      const again = connect();
      await heardWithin(again.heard, 1);
      expect(again.heard).toEqual([{ closed: null }]);
    }
    expect(renewals.count).toBe(2);
  });

  it.each([
    ['SESSION_ENDED', 'SESSION_ENDED'],
    ['UNAUTHENTICATED', 'SESSION_ENDED'],
    ['OFFLINE', 'OFFLINE'],
    ['UNAVAILABLE', 'UNAVAILABLE'],
  ] as const)('does not open when the token fails with %s', async (code, said) => {
    const { connect } = transport({ current: () => Promise.reject(new Failure(code)) });
    const { heard } = connect();
    await heardWithin(heard, 1);
    expect(heard).toEqual([{ closed: said }]);
    expect(addresses).toEqual([]);
  });

  it('gives up on a handshake that takes too long', async () => {
    const { connect } = transport({ current: () => Promise.resolve('silent') });
    const { heard } = connect();
    await heardWithin(heard, 1);
    await aMoment();
    expect(heard).toEqual([{ closed: 'OFFLINE' }]);
  });

  it('closed before the token came never opens', async () => {
    let give = (_token: string) => {};
    const { connect } = transport({ current: () => new Promise((resolve) => (give = resolve)) });
    const { connection, heard } = connect();
    connection.close();
    give('good');
    await aMoment();
    expect(heard).toEqual([{ closed: null }]);
    expect(addresses).toEqual([]);
  });

  it('says so when nothing listens', async () => {
    const nowhere = socketUrl(`http://127.0.0.1:${await freePort()}`);
    const { connect } = transport({ current: () => Promise.resolve('good') }, nowhere);
    const { heard } = connect();
    await heardWithin(heard, 1);
    expect(heard).toEqual([{ closed: 'OFFLINE' }]);
  });
});
