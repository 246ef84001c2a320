import type { ErrorCode } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import { ok } from '#shared/result.ts';
import { decodeUp, encodeFrame } from '../wire/codec.ts';
import type { Down, OpResult } from '../wire/down.ts';
import type { Operation, Up } from '../wire/up.ts';
import { type FramePeer, type ReadLimits, type ServedConnection, createConnection } from './connection.ts';
import { type ExecutorDeps, createExecutor } from './execute.ts';
import { sweepCalls } from './calls.ts';
import { createHub } from './hub.ts';
import type { Meter, Timers, Waker } from './ports.ts';

export interface SyncServerDeps extends Omit<ExecutorDeps, 'wake'> {
  readonly timers: Timers;
  /** Names this node among those on the bus; needed only where there are several. */
  readonly node?: string;
  /** Counts nothing when left out. */
  readonly meter?: Meter;
  /** Nobody is woken when left out. */
  readonly waker?: Waker | undefined;
  /** Failures that a client was only told the code of. */
  readonly report: (code: ErrorCode, error: unknown) => void;
  /** Those of production when left out. */
  readonly limits?: ReadLimits;
}

/** An authenticated socket, as its transport offers it. */
export interface Peer extends Omit<FramePeer, 'say'> {
  send(data: Bytes): void;
}

export interface Attached {
  receive(data: Uint8Array): void;
  closed(): void;
}

export interface SyncServer {
  /** Takes over an authenticated socket. */
  accept(peer: Peer): Attached;
  /**
   * One exchange without a socket, for service workers and for networks that let none through: hears `frames` (a
   * hello first) and gives everything that is answered, until nothing is left to answer or 20 seconds are over.
   */
  exchange(who: Pick<Peer, 'user' | 'session' | 'expires'>, frames: readonly Up[]): Promise<Down[]>;
  /** Carries out one operation of a user outside of any conversation. */
  execute(user: UserId, op: Operation): Promise<OpResult>;
  /** Whether the user is connected, to whichever node. */
  online(user: UserId): boolean;
  /** How many connections this node has, and of how many people. */
  counts(): { readonly connections: number; readonly people: number };
  /** Tells that these users' logs grew by something else than an operation. */
  announce(users: readonly UserId[]): void;
  /** Says goodbye to every connection, each with another time to come back; accepts no more. */
  stop(): void;
}

const EXCHANGE_LIMIT = 20_000;
/** Over how many milliseconds those who were connected are told to come back. */
const RETURN_SPREAD = 5_000;

const NO_METER: Meter = { frame() {}, operation: () => () => {}, signal() {}, ended() {} };

/** Puts the parts together: one executor, one hub, a connection for every socket. */
export function createSyncServer(deps: SyncServerDeps): SyncServer {
  const { store, bus, clock, timers, report, limits, node = '', meter = NO_METER } = deps;
  const onError = (error: unknown): void => report('INTERNAL', error);
  const hub = createHub({ store, bus, timers, node, onError, waker: deps.waker });
  const { wake } = hub;
  const execute = createExecutor({ ...deps, wake });
  const stopSweep = sweepCalls({ store, bus, clock, timers, wake, onError });
  const parts = { store, bus, hub, clock, timers, execute, report, limits, meter };
  const connections = new Set<ServedConnection>();
  let stopped = false;

  function keep(connection: ServedConnection): void {
    connections.add(connection);
    if (stopped) connection.end('UNAVAILABLE', RETURN_SPREAD);
  }

  return {
    accept(peer) {
      const say = (frame: Down): void => {
        const data = encodeFrame(frame);
        meter.frame('out', data.byteLength);
        peer.send(data);
      };
      const connection = createConnection({ ...peer, say }, parts);
      keep(connection);
      return {
        receive(data) {
          meter.frame('in', data.byteLength);
          connection.hear(decodeUp(data));
        },
        closed() {
          connections.delete(connection);
          connection.closed();
        },
      };
    },

    exchange(who, frames) {
      return new Promise((resolve) => {
        const answers: Down[] = [];
        let over = false;
        const finish = (): void => {
          if (over) return;
          over = true;
          cancel();
          connections.delete(connection);
          connection.closed();
          resolve(answers);
        };
        const connection = createConnection(
          {
            ...who,
            say: (frame) => void answers.push(frame),
            close: finish,
            buffered: () => 0,
            reauthenticate: async () => null,
          },
          parts,
          // Between two frames everything may be answered for a moment.
          () => heardAll && finish(),
        );
        let heardAll = false;
        const cancel = timers.after(EXCHANGE_LIMIT, finish);
        keep(connection);
        for (const frame of frames.slice(0, -1)) connection.hear(ok(frame));
        heardAll = true;
        for (const frame of frames.slice(-1)) connection.hear(ok(frame));
      });
    },
    execute,
    online: hub.online,
    counts: () => ({ connections: connections.size, people: hub.people() }),
    announce(users) {
      for (const user of users) bus.publish({ kind: 'grew', user });
    },
    stop() {
      hub.stop();
      stopSweep();
      stopped = true;
      const ending = [...connections];
      ending.forEach((connection, index) =>
        connection.end('UNAVAILABLE', Math.floor((RETURN_SPREAD * index) / ending.length)),
      );
    },
  };
}
