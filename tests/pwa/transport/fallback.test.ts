import { describe, expect, it } from 'vitest';
import type { Transport, TransportEvents } from '#sync/client/ports.ts';
import { createFallbackTransport } from '#pwa/transport/fallback.ts';

/** Two ways to the server whose connections do what the test says. */
function twoWays() {
  const opened: { way: 'socket' | 'exchange'; events: TransportEvents }[] = [];
  const way = (name: 'socket' | 'exchange'): Transport => ({
    connect(events) {
      opened.push({ way: name, events });
      return { send() {}, close: () => events.closed(null) };
    },
  });
  const world = { time: 0, reachable: true };
  const said: unknown[] = [];
  const transport = createFallbackTransport({
    socket: way('socket'),
    exchange: way('exchange'),
    answers: () => Promise.resolve(world.reachable),
    through: () => said.push('through'),
    now: () => world.time,
  });
  const connect = () =>
    transport.connect({
      open: (exchange) => said.push(exchange === true ? 'open exchange' : 'open'),
      frame: () => said.push('frame'),
      closed: (code) => said.push({ closed: code }),
    });
  const last = () => {
    const made = opened.at(-1);
    if (made === undefined) throw new Error('nothing was opened');
    return made;
  };
  return {
    world,
    transport,
    said,
    connect,
    last,
    ways: () => opened.map((one) => one.way),
    /** Connects, and the handshake fails. */
    async fail(code: string | null = null) {
      connect();
      last().events.closed(code);
      await settle();
    },
  };
}

/** Lets the question whether the server answers be answered. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('where no socket gets through', () => {
  it('C20: exchanges follow three sockets in a row that came to nothing while the server answers', async () => {
    const { fail, connect, last, ways, said } = twoWays();
    await fail();
    await fail('OFFLINE');
    await fail();
    connect();
    expect(ways()).toEqual(['socket', 'socket', 'socket', 'exchange']);
    last().events.open(true);
    expect(said).toEqual([{ closed: null }, { closed: 'OFFLINE' }, { closed: null }, 'open exchange']);
  });

  it('C20: a socket that opens and never carries anything is none', async () => {
    const { connect, last, ways } = twoWays();
    for (let i = 0; i < 3; i++) {
      const connection = connect();
      last().events.open();
      // The sync client gives up on a hello without an answer.
      connection.close();
      await settle();
    }
    connect();
    expect(ways().at(-1)).toBe('exchange');
  });

  it('C20: a lost network, a refusal with a reason and a socket that carried something do not count', async () => {
    const { fail, connect, last, ways, world } = twoWays();
    await fail();
    await fail();
    world.reachable = false;
    await fail();
    world.reachable = true;
    await fail();
    await fail();
    connect();
    last().events.open();
    last().events.frame(new Uint8Array());
    last().events.closed(null);
    await settle();
    await fail();
    await fail();
    for (let i = 0; i < 5; i++) await fail('UNAVAILABLE');
    connect();
    expect(new Set(ways())).toEqual(new Set(['socket']));
  });

  it('C20: a socket is tried again after five minutes and after a wake, beside the exchanges', async () => {
    const { fail, connect, ways, world, transport, said } = twoWays();
    for (let i = 0; i < 3; i++) await fail();
    world.time += 299_000;
    connect();
    expect(ways().slice(3)).toEqual(['exchange']);
    world.time += 1_000;
    connect();
    connect();
    expect(ways().slice(4)).toEqual(['socket', 'exchange', 'exchange']);
    // Nothing of the try is heard by the client.
    expect(said).toHaveLength(3);
    transport.wake();
    expect(ways()).toHaveLength(7);
  });

  it('C20: a socket that opens while an exchange is under way takes over when that has ended', async () => {
    const { fail, connect, last, transport, said } = twoWays();
    for (let i = 0; i < 3; i++) await fail();
    connect();
    const exchanging = last();
    transport.wake();
    last().events.open();
    exchanging.events.closed('EXCHANGED');
    expect(said.slice(3)).toEqual(['through', { closed: 'EXCHANGED' }, 'through']);
  });

  it('C20: a socket that opens again takes over with the next connection', async () => {
    const { fail, connect, last, ways, transport, said } = twoWays();
    for (let i = 0; i < 3; i++) await fail();
    transport.wake();
    last().events.closed(null);
    connect();
    transport.wake();
    expect(said).not.toContain('through');
    last().events.open();
    expect(said.at(-1)).toBe('through');
    connect();
    expect(ways().slice(3)).toEqual(['socket', 'exchange', 'socket', 'socket']);
    transport.wake();
    expect(ways()).toHaveLength(7);
  });
});
