import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { rowsOf } from '#tests/support/api-rows.ts';
import { startApi } from '#tests/support/api-server.ts';
import { freePort } from '#tests/support/free-port.ts';
import { type Proxy, createProxy } from '#tests/support/proxy.ts';
import { seed } from '#tests/support/seed.ts';
import { settled, until } from '#tests/support/wait.ts';

const SOON = 2000;
const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

describe('until', () => {
  it('returns the first thing that is something', async () => {
    let looks = 0;
    expect(await until(() => (++looks === 3 ? 'there' : null), { within: SOON })).toBe('there');
  });

  it('says what it waited for and what it saw last', async () => {
    await expect(until(() => false, { within: 50, for: 'rain' })).rejects.toThrow(
      '50 ms for rain; at last it gave false',
    );
    await expect(until(() => Promise.reject(new Error('dry')), { within: 50 })).rejects.toThrow(
      'it threw: dry',
    );
  });

  it('gives up on a look that never answers', async () => {
    await expect(until(() => new Promise(() => undefined), { within: 50 })).rejects.toThrow(
      'it had not answered',
    );
  });
});

describe('settled', () => {
  it('passes a result on and bounds a wait', async () => {
    expect(await settled(Promise.resolve(1), { within: SOON })).toBe(1);
    await expect(settled(new Promise(() => undefined), { within: 50, for: 'rain' })).rejects.toThrow('rain');
  });
});

describe('proxy', () => {
  it('hands bytes and ends on, both ways', async () => {
    const { client, arrived, proxy } = await open();
    client.write('hello');
    await until(() => arrived(client) === 'hello', { within: SOON });
    expect(proxy.passed('up')).toBe(5);
    client.end();
    await until(() => client.destroyed, { within: SOON });
    await until(() => proxy.open() === 0, { within: SOON });
  });

  it('refuses WebSockets while it is told to, and nothing else', async () => {
    const { client, arrived, proxy, again } = await open();
    const upgrade =
      'GET /api/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    proxy.refuseSockets(true);
    client.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => arrived(client).startsWith('GET /healthz'), { within: SOON });
    const refused = await again();
    refused.client.write(upgrade);
    await until(() => refused.arrived(refused.client).startsWith('HTTP/1.1 403'), { within: SOON });
    expect(proxy.refusedSockets()).toBe(1);
    expect(proxy.requests('GET /healthz')).toBe(1);
    proxy.refuseSockets(false);
    const admitted = await again();
    admitted.client.write(upgrade);
    await until(() => admitted.arrived(admitted.client) === upgrade, { within: SOON });
  });

  it('cuts what is open and lets new connections in', async () => {
    const { client, proxy, again } = await open();
    proxy.cut();
    await until(() => client.destroyed, { within: SOON });
    const { client: next, arrived } = await again();
    next.write('back');
    await until(() => arrived(next) === 'back', { within: SOON });
  });

  it('refuses until it accepts', async () => {
    const { client, arrived, proxy, again } = await open();
    await proxy.refuse();
    await expect(again()).rejects.toThrow('ECONNREFUSED');
    client.write('still here');
    await until(() => arrived(client) === 'still here', { within: SOON });
    await proxy.accept();
    await again();
  });

  it.each(['up', 'down'] as const)('holds back what goes %s and delivers it later', async (direction) => {
    const { client, arrived, proxy } = await open();
    proxy.stall(direction);
    client.write('held');
    await until(() => (direction === 'up' ? true : proxy.passed('up') === 4), { within: SOON });
    await expect(until(() => arrived(client) !== '', { within: 150 })).rejects.toThrow();
    expect(client.destroyed).toBe(false);
    proxy.flow();
    await until(() => arrived(client) === 'held', { within: SOON });
  });

  it('hides an end while it stalls', async () => {
    const { client, proxy, ends } = await open();
    proxy.stall('up', 'down');
    client.destroy();
    await expect(until(() => ends() > 0, { within: 150 })).rejects.toThrow();
    proxy.flow();
    await until(() => ends() === 1, { within: SOON });
  });

  it('slows down', async () => {
    const { client, arrived, proxy } = await open();
    proxy.throttle(20_000);
    const start = performance.now();
    client.write('x'.repeat(4000));
    await until(() => arrived(client).length === 4000, { within: 5000 });
    expect(performance.now() - start).toBeGreaterThan(180);
  });

  it('ends everything when it closes', async () => {
    const { client, proxy } = await open();
    proxy.stall('up', 'down');
    await proxy.close();
    await until(() => client.destroyed, { within: SOON });
  });
});

it('freePort gives a port that can be listened on', async () => {
  const server = createServer().listen(await freePort(), '127.0.0.1');
  closers.push(() => void server.close());
  await settled(once(server, 'listening'), { within: SOON });
});

/** A client, connected to an echo server through a proxy. */
async function open() {
  const texts = new Map<Socket, string>();
  let ends = 0;
  const sockets = new Set<Socket>();
  const echo = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => ends++);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const address = echo.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  closers.push(() => {
    echo.close();
    for (const socket of sockets) socket.destroy();
  });
  const proxy: Proxy = await createProxy(address.port);
  closers.push(async () => proxy.close());

  const again = async () => {
    const client = connect(proxy.port, '127.0.0.1');
    closers.push(() => void client.destroy());
    await once(client, 'connect');
    client.on('error', () => undefined);
    client.on('data', (chunk: Buffer) => texts.set(client, (texts.get(client) ?? '') + chunk.toString()));
    return { client, arrived: (socket: Socket) => texts.get(socket) ?? '' };
  };
  return { ...(await again()), proxy, again, ends: () => ends };
}

describe('seeding', () => {
  it('makes two friends with their messages, of whom one missed a call', async () => {
    const server = await startApi({ store: 'sqlite' });
    closers.push(() => server.dispose());
    expect(await seed({ url: server.url, messages: 8, missedCall: true })).toBe(true);
    const { messages = [], calls = [] } = rowsOf(server);
    expect(messages).toHaveLength(8);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatch(/missed/);
    expect(await seed({ url: server.url, messages: 8, missedCall: true })).toBe(false);
  }, 30_000);
});
