import { isErrorCode } from '#shared/errors.ts';
import type { Connection, Timers, Transport, TransportEvents } from '#sync/client/ports.ts';
import { SUBPROTOCOL } from '#sync/wire/version.ts';
import { type Tokens, linkCodeOf } from './tokens.ts';

interface SocketDeps {
  /** `wss://host/api/socket` */
  readonly url: string;
  readonly tokens: Pick<Tokens, 'current' | 'renew'>;
  readonly timers: Timers;
  /** Makes the socket; injected where the platform has none of its own. */
  readonly open?: (url: string, protocols: string[]) => WebSocket;
  readonly connectTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** The socket's address for the origin that served the page. */
export const socketUrl = (origin: string): string => `${origin.replace(/^http/, 'ws')}/api/socket`;

/**
 * The sync client's transport over a WebSocket. The access token travels as a subprotocol, because a browser can set
 * no header on a WebSocket and a token in the address would end in logs.
 */
export function createSocketTransport(deps: SocketDeps): Transport {
  const open = deps.open ?? ((url, protocols) => new WebSocket(url, protocols));
  /** A refused handshake was looked into since the last connection that worked. */
  let probed = false;

  return {
    connect(events: TransportEvents): Connection {
      let socket: WebSocket | null = null;
      let state: 'connecting' | 'open' | 'probing' | 'over' = 'connecting';

      const finish = (code: string | null) => {
        if (state === 'over') return;
        state = 'over';
        cancelTimeout();
        socket?.close();
        events.closed(code);
      };
      const cancelTimeout = deps.timers.after(deps.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, () => {
        if (state === 'connecting') finish('OFFLINE');
      });

      /** A browser says only "1006" of a refused handshake; a renewed token tells whether the sign-in was the reason. */
      const probe = () => {
        if (probed) return finish(null);
        probed = true;
        state = 'probing';
        cancelTimeout();
        deps.tokens.renew().then(
          () => finish(null),
          (error: unknown) => {
            const code = linkCodeOf(error);
            // Nobody was reached, so that nothing was looked into.
            if (code === 'OFFLINE') probed = false;
            finish(code);
          },
        );
      };

      deps.tokens.current().then(
        (token) => {
          if (state !== 'connecting') return;
          socket = open(deps.url, [SUBPROTOCOL, `bearer.${token}`]);
          socket.binaryType = 'arraybuffer';
          socket.addEventListener('open', () => {
            if (state !== 'connecting') return;
            state = 'open';
            probed = false;
            cancelTimeout();
            events.open();
          });
          socket.addEventListener('message', (event: MessageEvent<unknown>) => {
            if (state === 'open' && event.data instanceof ArrayBuffer)
              events.frame(new Uint8Array(event.data));
          });
          socket.addEventListener('close', ({ reason }) => {
            if (state === 'connecting') probe();
            else if (state === 'open') finish(isErrorCode(reason) ? reason : null);
          });
        },
        (error: unknown) => finish(linkCodeOf(error)),
      );

      return {
        send(data) {
          if (state === 'open') socket?.send(data as Uint8Array<ArrayBuffer>);
        },
        // A frozen socket may take minutes to say that it closed, so that nobody waits for its event.
        close: () => finish(null),
      };
    },
  };
}
