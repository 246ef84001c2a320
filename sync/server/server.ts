import type { ErrorCode } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import type { OpResult } from '../wire/down.ts';
import type { Operation } from '../wire/up.ts';
import { type Attached, type Peer, type ServedConnection, createConnection } from './connection.ts';
import { type ExecutorDeps, createExecutor } from './execute.ts';
import { createHub } from './hub.ts';
import type { Timers } from './ports.ts';

export interface SyncServerDeps extends ExecutorDeps {
  readonly timers: Timers;
  /** Failures that a client was only told the code of. */
  readonly report: (code: ErrorCode, error: unknown) => void;
}

export interface SyncServer {
  /** Takes over an authenticated socket. */
  accept(peer: Peer): Attached;
  /** Carries out one operation of a user outside of any socket. */
  execute(user: UserId, op: Operation): Promise<OpResult>;
  online(user: UserId): boolean;
  /** Says goodbye to every connection; accepts no more. */
  stop(): void;
}

/** Puts the parts together: one executor, one hub, a connection for every socket. */
export function createSyncServer(deps: SyncServerDeps): SyncServer {
  const { store, bus, clock, timers, report } = deps;
  const hub = createHub({ store, bus, onError: (error) => report('INTERNAL', error) });
  const execute = createExecutor(deps);
  const connections = new Set<ServedConnection>();

  return {
    accept(peer) {
      const connection = createConnection(peer, { store, bus, hub, clock, timers, execute, report });
      connections.add(connection);
      return {
        receive: connection.receive,
        closed() {
          connections.delete(connection);
          connection.closed();
        },
      };
    },
    execute,
    online: hub.online,
    stop() {
      hub.stop();
      for (const connection of connections) connection.end('UNAVAILABLE');
    },
  };
}
