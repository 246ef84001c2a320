import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '#shared/errors.ts';
import type { DeviceId } from '#shared/ids.ts';
import { createExchangeTransport } from '#pwa/transport/exchange.ts';
import { timers } from '#pwa/transport/timers.ts';
import { decodeUpExchange, encodeExchange, encodeFrame } from '#sync/wire/codec.ts';
import type { Down } from '#sync/wire/down.ts';
import type { Up } from '#sync/wire/up.ts';
import { freePort } from '#tests/support/free-port.ts';
import { until } from '#tests/support/wait.ts';

const hello: Up = {
  t: 'hello',
  v: [1, 1],
  device: 'AAAAAAAAAAAAAAAAAAAAAw' as DeviceId,
  gen: 3,
  cursor: null,
  ops: [],
};
const ping: Up = { t: 'ping', id: 7 };
const welcome: Down = { t: 'welcome', v: 1, epoch: 'e', head: 0, time: 5, gen: 4 };
const pong: Down = { t: 'pong', id: 7, head: 0 };

/** A server that answers as it is told to and writes down what it heard. */
let answer: { status: number; body: Uint8Array | string } | null;
let heard: { frames: unknown; authorization: string | undefined; type: string | undefined }[];
let server: Server;
let base: string;

beforeEach(async () => {
  answer = { status: 200, body: encodeExchange([welcome, pong]) };
  heard = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { authorization, 'content-type': type } = request.headers;
      heard.push({ frames: decodeUpExchange(Buffer.concat(chunks)), authorization, type });
      if (answer !== null) response.writeHead(answer.status).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function transport(
  tokens: { current?: () => Promise<string>; renew?: () => Promise<string> } = {},
  timeoutMs = 10_000,
) {
  let renewals = 0;
  const answered: string[][] = [];
  const made = createExchangeTransport({
    base,
    timers,
    timeoutMs,
    answered: (frames) => answered.push(frames.map(({ t }) => t)),
    tokens: {
      current: tokens.current ?? (() => Promise.resolve('good')),
      renew() {
        renewals += 1;
        return tokens.renew?.() ?? Promise.resolve('better');
      },
    },
  });
  return {
    answered,
    renewals: () => renewals,
    /** One exchange, in which the client says `frames` in one breath as soon as it may. */
    exchange(...frames: Up[]) {
      const events: unknown[] = [];
      const connection = made.connect({
        open(exchange) {
          events.push({ open: exchange });
          for (const frame of frames) connection.send(encodeFrame(frame));
        },
        frame: (data) => events.push([...data]),
        closed: (code) => events.push({ closed: code }),
      });
      return { connection, events };
    },
  };
}

const bytes = (frame: Down) => [...encodeFrame(frame)];
const over = (events: unknown[]) =>
  until(() => events.some((event) => typeof event === 'object' && event !== null && 'closed' in event), {
    within: 3_000,
    for: 'the end of the exchange',
  });

describe('an exchange', () => {
  it('W7: opens at once, posts what is said in one breath, and gives every answer in order', async () => {
    const { exchange, answered } = transport();
    const { events } = exchange(hello, ping);
    expect(events).toEqual([]);
    await over(events);
    expect(events).toEqual([{ open: true }, bytes(welcome), bytes(pong), { closed: 'EXCHANGED' }]);
    expect(heard).toEqual([
      {
        frames: { ok: true, value: [hello, ping] },
        authorization: 'Bearer good',
        type: 'application/msgpack',
      },
    ]);
    expect(answered).toEqual([['welcome', 'pong']]);
  });

  it('does not carry what is said later', async () => {
    const { exchange } = transport();
    const { connection, events } = exchange(hello);
    await until(() => heard.length === 1, { within: 3_000 });
    connection.send(encodeFrame(ping));
    await over(events);
    expect(heard).toHaveLength(1);
    expect(heard[0]?.frames).toEqual({ ok: true, value: [hello] });
  });

  it('ends once, without a code, when the client gives it up', async () => {
    answer = null;
    const { exchange, answered } = transport();
    const { connection, events } = exchange(hello);
    await until(() => heard.length === 1, { within: 3_000 });
    connection.close();
    connection.close();
    await over(events);
    expect(events).toEqual([{ open: true }, { closed: null }]);
    expect(answered).toEqual([]);
  });

  it('hands on nothing more when the client has heard enough', async () => {
    const events: unknown[] = [];
    const made = createExchangeTransport({
      base,
      timers,
      tokens: { current: () => Promise.resolve('good'), renew: () => Promise.resolve('') },
    });
    const chatty = made.connect({
      open: () => chatty.send(encodeFrame(hello)),
      frame(data) {
        events.push([...data]);
        chatty.close();
      },
      closed: (code) => events.push({ closed: code }),
    });
    await over(events);
    expect(events).toEqual([bytes(welcome), { closed: null }]);
  });

  it.each([
    [503, '{"code":"UNAVAILABLE","message":"…"}', 'UNAVAILABLE'],
    [426, '{"code":"UNSUPPORTED_VERSION","message":"…"}', 'UNSUPPORTED_VERSION'],
    [502, '<h1>Bad gateway</h1>', 'UNAVAILABLE'],
    [200, 'this is no MessagePack', 'BAD_FRAME'],
  ])('ends with the code of status %i and %j', async (status, body, code) => {
    answer = { status, body };
    const { exchange } = transport();
    const { events } = exchange(hello);
    await over(events);
    expect(events).toEqual([{ open: true }, { closed: code }]);
  });

  it('renews a token that was refused, once, and then goes on', async () => {
    answer = { status: 401, body: '{"code":"TOKEN_EXPIRED","message":"…"}' };
    const { exchange, renewals } = transport();
    for (let i = 0; i < 3; i++) {
      const { events } = exchange(hello);
      await over(events);
      expect(events).toEqual([{ open: true }, { closed: null }]);
    }
    expect(renewals()).toBe(1);
    answer = { status: 200, body: encodeExchange([welcome]) };
    await over(exchange(hello).events);
    answer = { status: 401, body: '' };
    await over(exchange(hello).events);
    expect(renewals()).toBe(2);
  });

  it('says that the session ended when the renewal is refused', async () => {
    answer = { status: 401, body: '{"code":"SESSION_ENDED","message":"…"}' };
    const { exchange } = transport({ renew: () => Promise.reject(new Failure('SESSION_ENDED')) });
    const { events } = exchange(hello);
    await over(events);
    expect(events).toEqual([{ open: true }, { closed: 'SESSION_ENDED' }]);
  });

  it.each([
    ['UNAUTHENTICATED', 'SESSION_ENDED'],
    ['OFFLINE', 'OFFLINE'],
  ] as const)('asks nothing when there is no token for %s', async (code, said) => {
    const { exchange } = transport({ current: () => Promise.reject(new Failure(code)) });
    const { events } = exchange(hello);
    await over(events);
    expect(events).toEqual([{ open: true }, { closed: said }]);
    expect(heard).toEqual([]);
  });

  it('is OFFLINE when no answer comes in time, and when nothing listens', async () => {
    answer = null;
    const silent = transport({}, 300).exchange(hello);
    await over(silent.events);
    expect(silent.events).toEqual([{ open: true }, { closed: 'OFFLINE' }]);
    base = `http://127.0.0.1:${await freePort()}`;
    const nobody = transport().exchange(hello);
    await over(nobody.events);
    expect(nobody.events).toEqual([{ open: true }, { closed: 'OFFLINE' }]);
  });
});
