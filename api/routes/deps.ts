import type { UserId } from '#shared/ids.ts';
import type { OpResult } from '#sync/wire/down.ts';
import type { Operation } from '#sync/wire/up.ts';
import type { Clock } from '#sync/server/ports.ts';
import type { Passwords } from '../auth/passwords.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { Limits } from '../limits.ts';
import type { Origins } from '../origins.ts';
import type { Store } from '../store/ports.ts';

/** What routes are handed. */
export interface RouteDeps {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly limits: Limits;
  readonly origins: Origins;
  readonly clock: Clock;
  readonly directory: 'open' | 'search';
  /** The sync server's door for operations that do not come through a socket. */
  readonly execute: (user: UserId, op: Operation) => Promise<OpResult>;
  readonly online: (user: UserId) => boolean;
}
