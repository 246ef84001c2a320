import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { type WebSocket, WebSocketServer } from 'ws';
import { ERRORS, type ErrorCode, Failure } from '#shared/errors.ts';
import { createBucket } from '#sync/server/bucket.ts';
import type { Clock } from '#sync/server/ports.ts';
import type { SyncServer } from '#sync/server/server.ts';
import { MAX_UP_FRAME } from '#sync/wire/codec.ts';
import { SUBPROTOCOL } from '#sync/wire/version.ts';
import type { Identity } from './auth/access-token.ts';
import type { Sessions } from './auth/sessions.ts';
import { createCork } from './cork.ts';
import { errorBody } from './middleware/failures.ts';
import { clientIp, networkOf } from './network.ts';
import type { Origins } from './origins.ts';

export const SOCKET_PATH = '/api/socket';
/** How long a socket may take to say goodbye, in ms. */
const CLOSE_LIMIT = 2_000;
/** A burst may be so many seconds' worth of frames: a device that comes back has a lot to say at once. */
const BURST_SECONDS = 5;

export interface SocketDeps {
  readonly sync: SyncServer;
  readonly sessions: Sessions;
  readonly origins: Origins;
  readonly limiter: RateLimiterAbstract;
  readonly clock: Clock;
  readonly log: Logger;
  readonly proxies: number;
  readonly framesPerSecond: number;
}

export interface Sockets {
  /** Refuses new sockets, and waits until the open ones are closed, a little while at most. */
  stop(): Promise<void>;
}

/**
 * The WebSocket door: decides who may come in before the upgrade, then moves bytes between sockets and the sync
 * server. The access token comes as a subprotocol, never in the address, which proxies and logs would keep.
 */
export function attachSockets(server: Server, deps: SocketDeps): Sockets {
  const { sync, sessions, origins, limiter, clock, log, proxies, framesPerSecond } = deps;
  const open = new Set<WebSocket>();
  let stopping = false;
  const wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // Above this ws closes by itself, with 1009 and no reason, before anybody is told: no code of ours can be said.
    maxPayload: MAX_UP_FRAME,
    // Sealed bytes don't compress, and compressing what an attacker can add to leaks.
    perMessageDeflate: false,
    handleProtocols: () => SUBPROTOCOL,
  });
  wss.on('wsClientError', (_error, socket) => refuse(socket, new Failure('BAD_FIELD', 'upgrade')));

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Until the upgrade nobody else listens, and a reset would end the process.
    const onError = (error: Error): void => log.debug({ err: error }, 'a socket broke before its upgrade');
    socket.on('error', onError);
    admit(request).then(
      (identity) => {
        if (socket.destroyed) return;
        socket.off('error', onError);
        wss.handleUpgrade(request, socket, head, (ws) => serve(ws, socket, identity));
      },
      (error: unknown) => {
        const failure = error instanceof Failure ? error : new Failure('INTERNAL', undefined, error);
        if (failure.code === 'INTERNAL') log.error({ err: error }, 'an upgrade failed');
        refuse(socket, failure, failure.code === 'RATE_LIMITED' ? '60' : undefined);
      },
    );
  });

  /** Who may open a socket. Throws a Failure. */
  async function admit(request: IncomingMessage): Promise<Identity> {
    if (request.url?.split('?')[0] !== SOCKET_PATH) throw new Failure('NOT_FOUND');
    if (stopping) throw new Failure('UNAVAILABLE');
    if (!origins.allows(request.headers.origin)) throw new Failure('ORIGIN_REFUSED');
    const network = networkOf(clientIp(request, proxies));
    await limiter.consume(network).catch(() => Promise.reject(new Failure('RATE_LIMITED')));
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(SUBPROTOCOL)) throw new Failure('UNSUPPORTED_VERSION');
    const bearers = offered.filter((name) => name.startsWith('bearer.'));
    if (bearers.length !== 1 || !bearers[0]) throw new Failure('UNAUTHENTICATED');
    return sessions.identify(bearers[0].slice('bearer.'.length));
  }

  function serve(ws: WebSocket, socket: Duplex, identity: Identity): void {
    const { user, session, expires } = identity;
    const cork = createCork(socket);
    const frames = createBucket({
      perSecond: framesPerSecond,
      burst: framesPerSecond * BURST_SECONDS,
      clock,
    });
    open.add(ws);

    const close = (code: ErrorCode): void => {
      if (ws.readyState !== ws.OPEN) return;
      ws.close(closeCode(code), code);
      setTimeout(() => ws.terminate(), CLOSE_LIMIT).unref();
    };
    const attached = sync.accept({
      user,
      session,
      expires,
      send(data) {
        if (ws.readyState !== ws.OPEN) return;
        cork();
        ws.send(data);
      },
      close,
      buffered: () => ws.bufferedAmount,
      async reauthenticate(token) {
        try {
          const fresh = await sessions.identify(token);
          return fresh.user === user && fresh.session === session ? fresh.expires : null;
        } catch (error) {
          // Ended, expired, locked out.
          if (error instanceof Failure && ERRORS[error.code].status < 500) return null;
          throw error;
        }
      },
    });

    ws.on('message', (data: Buffer, isBinary) => {
      if (ws.readyState !== ws.OPEN) return;
      if (!isBinary) return close('BAD_FRAME');
      if (!frames.take()) return close('RATE_LIMITED');
      attached.receive(data);
    });
    ws.on('error', (error) => log.debug({ err: error }, 'a socket broke'));
    ws.on('close', () => {
      open.delete(ws);
      attached.closed();
    });
  }

  return {
    async stop() {
      stopping = true;
      const deadline = setTimeout(() => open.forEach((ws) => ws.terminate()), CLOSE_LIMIT);
      await Promise.all(Array.from(open, (ws) => new Promise((resolve) => ws.once('close', resolve))));
      clearTimeout(deadline);
    },
  };
}

/** The close code of a failure: 4000 + its HTTP status; the reason is its code. */
function closeCode(code: ErrorCode): number {
  return 4_000 + ERRORS[code].status;
}

/** Answers an upgrade with a status and our JSON body instead. */
function refuse(socket: Duplex, failure: Failure, retryAfter?: string): void {
  const body = JSON.stringify(errorBody(failure, retryAfter));
  const head = [
    `HTTP/1.1 ${ERRORS[failure.code].status} ${failure.code}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
