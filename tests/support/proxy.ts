import { once } from 'node:events';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** `up` runs from the client to the server. */
export type Direction = 'up' | 'down';

/** A TCP proxy on 127.0.0.1 that does to connections what real networks do to them. */
export interface Proxy {
  readonly port: number;
  /** Connections that are open at the moment. */
  open(): number;
  /** Bytes handed on so far. */
  passed(direction: Direction): number;
  /** Resets every open connection. New ones are accepted. */
  cut(): void;
  /** New connections are refused until `accept()`. Open ones stay. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  /**
   * A black hole: connections stay open and new ones open, but nothing (not even an end) gets through in the
   * direction until `flow()`; then what was held back arrives.
   */
  stall(...directions: Direction[]): void;
  flow(): void;
  /** How many requests of this method and path have begun, such as `GET /sw.js`. */
  requests(what: string): number;
  /** Answers every request for a WebSocket with 403 by itself, as some companies' proxies do; or no longer. */
  refuseSockets(refused: boolean): void;
  /** How many requests for WebSockets it has refused. */
  refusedSockets(): number;
  /** Bytes per second in each direction, null for as fast as it goes. */
  throttle(bytesPerSecond: number | null): void;
  close(): Promise<void>;
}

/** A proxy in front of a port of 127.0.0.1. */
export async function createProxy(target: number): Promise<Proxy> {
  const links = new Set<Link>();
  const gates: Record<Direction, Gate> = { up: createGate(), down: createGate() };
  const passed: Record<Direction, number> = { up: 0, down: 0 };
  let rate: number | null = null;
  const requests = new Map<string, number>();
  let socketsRefused = false;
  let refusals = 0;

  const pass = async (link: Link, direction: Direction, chunk: Buffer, sink: Socket) => {
    for (let at = 0; at < chunk.length;) {
      const slice = chunk.subarray(
        at,
        rate === null ? undefined : at + Math.max(1, Math.ceil(rate / SLICES)),
      );
      at += slice.length;
      if (rate !== null) await sleep((slice.length / rate) * 1000, undefined, { signal: link.ended.signal });
      await gates[direction].passage(link.ended.signal);
      passed[direction] += slice.length;
      if (!sink.write(slice)) await once(sink, 'drain', { signal: link.ended.signal });
    }
  };

  const pump = async (link: Link, direction: Direction, source: Socket, sink: Socket) => {
    let broken = false;
    try {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        if (direction === 'up') {
          const text = chunk.toString('latin1');
          const what = REQUEST.exec(text)?.[1];
          if (what !== undefined) requests.set(what, (requests.get(what) ?? 0) + 1);
          if (socketsRefused && UPGRADE.test(text)) return refuseSocket(link);
        }
        await pass(link, direction, chunk, sink);
      }
    } catch {
      broken = true;
    }
    if (link.ended.signal.aborted) return;
    await gates[direction].passage(link.ended.signal).catch(() => undefined);
    if (broken) endLink(link);
    else sink.end();
  };

  const refuseSocket = (link: Link) => {
    refusals += 1;
    link.ended.abort();
    link.client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    link.server.resetAndDestroy();
  };

  const endLink = (link: Link) => {
    links.delete(link);
    link.ended.abort();
    link.client.resetAndDestroy();
    link.server.resetAndDestroy();
  };

  const accepted = (client: Socket) => {
    const server = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    const link: Link = { client, server, ended: new AbortController() };
    links.add(link);
    client.setNoDelay(true);
    server.setNoDelay(true);
    // Failures come out of the pumps, which read from both.
    client.on('error', () => undefined);
    server.on('error', () => undefined);
    void Promise.all([pump(link, 'up', client, server), pump(link, 'down', server, client)]).then(() =>
      links.delete(link),
    );
  };

  let listener: Server | null = null;
  const listen = async (port: number) => {
    const server = createServer({ allowHalfOpen: true }, accepted);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    listener = server;
    return server;
  };
  // Connections outlive the listener, so its close is not waited for.
  const refuse = async () => {
    listener?.close();
    listener = null;
    await sleep(0);
  };

  const address = (await listen(0)).address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port.');
  const { port } = address;
  const cut = () => [...links].forEach(endLink);

  return {
    port,
    open: () => links.size,
    passed: (direction) => passed[direction],
    cut,
    refuse,
    async accept() {
      if (listener === null) await listen(port);
    },
    stall(...directions) {
      for (const direction of directions) gates[direction].shut();
    },
    flow() {
      gates.up.open();
      gates.down.open();
    },
    requests: (what) => requests.get(what) ?? 0,
    refuseSockets(refused) {
      socketsRefused = refused;
    },
    refusedSockets: () => refusals,
    throttle(bytesPerSecond) {
      rate = bytesPerSecond;
    },
    async close() {
      await refuse();
      cut();
    },
  };
}

/** Browsers begin every request with a packet of its own. */
const REQUEST = /^([A-Z]+ \/\S*) HTTP\/1\.1\r\n/;

/** The head of a request for a WebSocket. */
const UPGRADE = /^GET [^\r]*\r\n(?:[^\r]+\r\n)*?upgrade: websocket\r\n/i;

/** Throttled bytes come in this many portions a second. */
const SLICES = 50;

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly ended: AbortController;
}

interface Gate {
  shut(): void;
  open(): void;
  /** Resolves while the gate is open; rejects when the signal aborts. */
  passage(signal: AbortSignal): Promise<void>;
}

function createGate(): Gate {
  let waiting: (() => void)[] | null = null;
  const queue = () => waiting;
  return {
    shut() {
      waiting ??= [];
    },
    open() {
      const released = waiting ?? [];
      waiting = null;
      for (const release of released) release();
    },
    async passage(signal) {
      for (let line = queue(); line !== null; line = queue()) {
        const mine = line;
        await new Promise<void>((resolve, reject) => {
          mine.push(resolve);
          signal.addEventListener('abort', () => reject(new Error('The connection has ended.')), {
            once: true,
          });
        });
      }
    },
  };
}
