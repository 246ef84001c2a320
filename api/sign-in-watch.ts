import type { UserId } from '#shared/ids.ts';
import type { Bus, Clock, Timers } from '#sync/server/ports.ts';
import type { SyncServer } from '#sync/server/server.ts';
import type { AccountStore } from './store/ports.ts';

/** Every open socket's sign-in is looked up once in so many seconds, a share of them each second. */
export const ROUND = 60;

export interface SignInWatchDeps {
  readonly sync: SyncServer;
  readonly store: Pick<AccountStore, 'session'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly onError: (error: unknown) => void;
}

/**
 * Closes the sockets of sign-ins that ended without word of it: by a command of the operator, who works on the database
 * beside the server, or by another server whose word was lost. Such a socket lives for a minute at most.
 */
export function watchSignIns(deps: SignInWatchDeps): { readonly sync: SyncServer; stop(): void } {
  const { sync, store, bus, clock, timers, onError } = deps;
  /** In the order in which they are to be looked up. */
  const open = new Map<symbol, { user: UserId; session: string }>();
  let stopped = false;
  let cancel = timers.after(1_000, () => void look());

  async function look(): Promise<void> {
    try {
      const share = Math.ceil(open.size / ROUND);
      for (const [key, signIn] of [...open].slice(0, share)) {
        // Closed while another was looked up.
        if (!open.delete(key)) continue;
        open.set(key, signIn);
        const found = await store.session(signIn.session);
        if (stopped) return;
        const lasts = found && found.ended === null && found.expires > clock.now();
        if (!lasts) bus.publish({ kind: 'revoked', ...signIn });
      }
    } catch (error) {
      if (!stopped) onError(error);
    }
    if (!stopped) cancel = timers.after(1_000, () => void look());
  }

  return {
    sync: {
      ...sync,
      accept(peer) {
        const key = Symbol(peer.session);
        open.set(key, { user: peer.user, session: peer.session });
        const attached = sync.accept(peer);
        return {
          ...attached,
          closed() {
            open.delete(key);
            attached.closed();
          },
        };
      },
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}
