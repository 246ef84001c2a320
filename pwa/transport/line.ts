import { type SyncClient, type SyncClientDeps, createSyncClient } from '#sync/client/client.ts';
import type { LeadStore } from '../store/ports.ts';
import { createExchangeTransport } from './exchange.ts';
import { createFallbackTransport } from './fallback.ts';
import type { Api } from './http.ts';
import { noted } from './noted.ts';
import { createSocketTransport, socketUrl } from './socket.ts';
import { random, timers } from './timers.ts';
import type { Tokens } from './tokens.ts';

interface LineDeps extends Pick<SyncClientDeps, 'listener' | 'report'> {
  readonly store: LeadStore;
  /** The server's origin, without a slash at the end. */
  readonly base: string;
  readonly tokens: Tokens;
  readonly api: Pick<Api, 'answers'>;
}

/** The sync client of a page, on a line to the server: a socket, or exchanges where none gets through. */
export function createLine({ base, tokens, api, ...client }: LineDeps): SyncClient {
  const transport = createFallbackTransport({
    socket: createSocketTransport({ url: socketUrl(base), tokens, timers }),
    exchange: createExchangeTransport({ base, tokens, timers }),
    answers: api.answers,
    through: () => made.wake(),
    now: () => performance.now(),
  });
  const made: SyncClient = createSyncClient({
    ...client,
    transport: noted(transport, client.store),
    timers,
    random,
  });
  return {
    ...made,
    wake() {
      transport.wake();
      made.wake();
    },
  };
}
