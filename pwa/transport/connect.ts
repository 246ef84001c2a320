import type { ErrorCode } from '#shared/errors.ts';
import type { DeviceId, UserId } from '#shared/ids.ts';
import type { SyncClient } from '#sync/client/client.ts';
import type { ClientStore, SyncListener } from '#sync/client/ports.ts';
import type { Api } from './http.ts';
import { type Seat, takeSeat } from './leadership.ts';
import { createSocketTransport, socketUrl } from './socket.ts';
import { random, timers } from './timers.ts';
import { type Tokens, createTokens } from './tokens.ts';
import { watchWake } from './wake.ts';

interface ConnectDeps {
  readonly user: UserId;
  readonly device: DeviceId;
  readonly store: ClientStore;
  readonly api: Pick<Api, 'refresh'>;
  readonly listener: SyncListener;
  readonly ended: (code: ErrorCode) => void;
  /** Told of failures that the sync client works around by itself. */
  readonly report: (code: string, error: unknown) => void;
}

/** Joins this tab to the others of its user and, when it leads them, to the server. */
export function connect(deps: ConnectDeps): { tokens: Tokens; seat: Seat } {
  const { user, device, store, listener, report } = deps;
  const tokens = createTokens({
    user,
    refresh: () => deps.api.refresh(device),
    locks: navigator.locks,
    timers,
    now: Date.now,
    ended: deps.ended,
  });
  const transport = createSocketTransport({ url: socketUrl(location.origin), tokens, timers });

  const seat = takeSeat({
    user,
    listener,
    lead(toAll) {
      let client: SyncClient | null = null;
      let stopRenewing = () => {};
      let over = false;
      // What is stored is on the screen before the part that speaks to the server is even loaded.
      import('#sync/client/client.ts')
        .then(({ createSyncClient }) => {
          if (over) return;
          client = createSyncClient({ store, transport, timers, random, device, listener: toAll, report });
          stopRenewing = tokens.keepFresh((token) => client?.reauthenticate(token));
          client.start();
        })
        .catch((error: unknown) => report('INTERNAL', error));
      return {
        start: () => client?.start(),
        wake: () => client?.wake(),
        networkGone: () => client?.networkGone(),
        typing: (to, on) => client?.typing(to, on),
        async stop() {
          over = true;
          stopRenewing();
          await client?.stop();
        },
      };
    },
  });
  const stopWatching = watchWake(seat);

  return {
    tokens,
    seat: {
      ...seat,
      leave() {
        stopWatching();
        return seat.leave();
      },
    },
  };
}
