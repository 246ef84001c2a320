import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '#shared/errors.ts';
import type { DeviceId } from '#shared/ids.ts';
import { createApi } from '#pwa/transport/http.ts';
import { freePort } from '#tests/support/free-port.ts';

const device = 'AAAAAAAAAAAAAAAAAAAAAw' as DeviceId;
const session = { userId: 'BBBBBBBBBBBBBBBBBBBBBw', username: 'ann', accessToken: 'token', expiresIn: 600 };

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server that answers everything alike and remembers what it was asked. */
async function answering(status: number, body: string, type = 'application/json') {
  const asked: { method: string; path: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      response.writeHead(status, { 'Content-Type': type }).end(body);
    });
  });
  return { base: await listen(server), asked };
}

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const failureOf = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: unknown) => {
      if (error instanceof Failure) return error;
      throw error;
    },
  );

describe('the JSON API', () => {
  it('sends JSON and gives back what the schema lets through', async () => {
    const { base, asked } = await answering(200, JSON.stringify({ ...session, more: 'ignored' }));
    expect(await createApi(base).refresh(device)).toEqual(session);
    expect(asked[0]).toMatchObject({
      method: 'POST',
      path: '/api/auth/refresh',
      body: JSON.stringify({ device }),
    });
    expect(asked[0]?.headers['content-type']).toBe('application/json');
  });

  it('sends the access token as a header, never in the address', async () => {
    const { base, asked } = await answering(200, '{"people":[]}');
    expect(await createApi(base).directory('secret')).toEqual([]);
    expect(asked[0]?.headers['authorization']).toBe('Bearer secret');
    expect(asked[0]?.path).toBe('/api/directory');
    await createApi(base).directory('secret', 'a.b');
    expect(asked[1]?.path).toBe('/api/directory?q=a.b');
  });

  it('takes an empty answer to a log-out', async () => {
    const { base } = await answering(204, '');
    await createApi(base).logOut();
  });

  it('gives the code of a refusal, with its detail', async () => {
    const { base } = await answering(
      409,
      JSON.stringify({ code: 'USERNAME_TAKEN', message: '…', detail: 'username' }),
    );
    expect(await failureOf(createApi(base).refresh(device))).toMatchObject({
      code: 'USERNAME_TAKEN',
      detail: 'username',
    });
  });

  it.each([
    [401, '{"code":"FROM_THE_FUTURE","message":"?"}', 'UNAUTHENTICATED'],
    [429, '', 'RATE_LIMITED'],
    [502, '<h1>Bad gateway</h1>', 'UNAVAILABLE'],
    [500, 'null', 'INTERNAL'],
  ])('makes a code of status %i with the body %j', async (status, body, code) => {
    const { base } = await answering(status, body);
    expect((await failureOf(createApi(base).refresh(device))).code).toBe(code);
  });

  it.each(['<html></html>', '{}', '{"accessToken":5}'])('refuses the answer %j', async (body) => {
    const { base } = await answering(200, body);
    expect((await failureOf(createApi(base).refresh(device))).code).toBe('INTERNAL');
  });

  it('says OFFLINE when nothing listens', async () => {
    const base = `http://127.0.0.1:${await freePort()}`;
    expect((await failureOf(createApi(base).refresh(device))).code).toBe('OFFLINE');
  });

  it('says OFFLINE when no answer comes in time', async () => {
    const base = await listen(createServer(() => {}));
    const began = performance.now();
    expect((await failureOf(createApi(base, 200).refresh(device))).code).toBe('OFFLINE');
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
