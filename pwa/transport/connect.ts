import type { ErrorCode } from '#shared/errors.ts';
import type { DeviceId, UserId } from '#shared/ids.ts';
import type { SyncListener } from '#sync/client/ports.ts';
import type { LocalStore } from '../store/ports.ts';
import type { Api } from './http.ts';
import { startLeading } from './leader.ts';
import { type Seat, takeSeat } from './leadership.ts';
import { timers } from './timers.ts';
import { type Tokens, createTokens } from './tokens.ts';
import { watchWake } from './wake.ts';

interface ConnectDeps {
  readonly user: UserId;
  readonly device: DeviceId;
  readonly store: Pick<LocalStore, 'lead'>;
  readonly api: Pick<Api, 'refresh' | 'answers'>;
  readonly listener: SyncListener;
  readonly ended: (code: ErrorCode) => void;
  /** Told of failures that the sync client works around by itself. */
  readonly report: (code: string, error: unknown) => void;
}

/** Joins this tab to the others of its user and, when it leads them, to the server. */
export function connect(deps: ConnectDeps): { tokens: Tokens; seat: Seat } {
  const { user, device, store, api, listener, report } = deps;
  const tokens = createTokens({
    user,
    refresh: () => api.refresh(device),
    locks: navigator.locks,
    timers,
    now: Date.now,
    ended: deps.ended,
  });
  const seat = takeSeat({
    user,
    listener,
    lead: (toAll, lost) => startLeading({ store, tokens, api, listener: toAll, lost, report }),
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
