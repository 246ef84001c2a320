import type { Connection, Transport, TransportEvents } from '#sync/client/ports.ts';

interface FallbackDeps {
  readonly socket: Transport;
  readonly exchange: Transport;
  /** Whether the server answers a plain request. Never rejects. */
  readonly answers: () => Promise<boolean>;
  /** Called when a socket gets through again: the next connection is one. */
  readonly through: () => void;
  /** Milliseconds, from any start. */
  readonly now: () => number;
}

export interface FallbackTransport extends Transport {
  /** Something about the network has changed: a socket may get through now. */
  wake(): void;
}

/** So many sockets in a row that came to nothing, while the server could be reached, are no accident. */
const ENOUGH = 3;
const AGAIN_MS = 5 * 60_000;

/**
 * A socket, or exchanges where none gets through: some networks and proxies refuse the upgrade. A socket counts as
 * through when the first frame comes, because some proxies accept it and then swallow what it carries. While
 * exchanges carry on, a socket is tried beside them now and then.
 */
export function createFallbackTransport(deps: FallbackDeps): FallbackTransport {
  const { socket, exchange, answers, through, now } = deps;
  let failures = 0;
  let byExchanges = false;
  let triedAt = 0;
  let trial: Connection | null = null;

  async function count(): Promise<void> {
    failures = (await answers()) ? failures + 1 : 0;
    if (failures < ENOUGH) return;
    byExchanges = true;
    triedAt = now();
  }

  function bySocket(events: TransportEvents): Connection {
    let heard = false;
    return socket.connect({
      open: events.open,
      frame(data) {
        heard = true;
        failures = 0;
        events.frame(data);
      },
      closed(code) {
        // With any other code something was said after all.
        if (!heard && (code === null || code === 'OFFLINE')) void count();
        events.closed(code);
      },
    });
  }

  function byExchange(events: TransportEvents): Connection {
    return exchange.connect({
      open: events.open,
      frame: events.frame,
      closed(code) {
        events.closed(code);
        // While it was under way, nobody could connect.
        if (!byExchanges) through();
      },
    });
  }

  function trySocketAside(): void {
    if (trial !== null) return;
    triedAt = now();
    trial = socket.connect({
      open() {
        byExchanges = false;
        failures = 0;
        trial?.close();
        through();
      },
      frame() {},
      closed() {
        trial = null;
      },
    });
  }

  return {
    connect(events) {
      if (!byExchanges) return bySocket(events);
      if (now() - triedAt >= AGAIN_MS) trySocketAside();
      return byExchange(events);
    },
    wake() {
      if (byExchanges) trySocketAside();
    },
  };
}
