import type { UserId } from '#shared/ids.ts';
import type { Clock } from '#sync/server/ports.ts';
import type { TurnResponse } from '#shared/schema/http.ts';
import type { SyncServer } from '#sync/server/server.ts';
import type { Passwords } from '../auth/passwords.ts';
import type { RecoveryCodes } from '../auth/recovery-codes.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { Limits } from '../limits.ts';
import type { PushServices } from '../push/services.ts';
import type { Origins } from '../origins.ts';
import type { Store } from '../store/ports.ts';

/** What routes are handed. */
export interface RouteDeps {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly recoveryCodes: RecoveryCodes;
  readonly limits: Limits;
  readonly origins: Origins;
  readonly clock: Clock;
  readonly directory: 'open' | 'search';
  readonly iceServers: (user: UserId) => TurnResponse;
  /** With which key the server signs what it sends to push services, and to which. Null where it sends nothing. */
  readonly push: { readonly key: string; readonly services: PushServices } | null;
  /** The sync server's doors for what does not come through a socket. */
  readonly execute: SyncServer['execute'];
  readonly exchange: SyncServer['exchange'];
  readonly online: SyncServer['online'];
  readonly announce: SyncServer['announce'];
}
