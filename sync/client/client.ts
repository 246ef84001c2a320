import { Failure } from '#shared/errors.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import { decodeDown, encodeFrame } from '../wire/codec.ts';
import type { CallOperation, Cursor } from '../wire/up.ts';
import type { ClientStore, Connection, Random, SyncListener, Timers, Transport } from './ports.ts';
import {
  type ClientEffect,
  type ClientEvent,
  type Incoming,
  type TimerName,
  newClient,
  step,
} from './state.ts';

export interface SyncClientDeps {
  readonly store: ClientStore;
  readonly transport: Transport;
  readonly timers: Timers;
  readonly random: Random;
  readonly listener: SyncListener;
  /** Told of failures that the client works around by itself. */
  readonly report: (code: string, error: unknown) => void;
}

export interface SyncClient {
  start(): void;
  /** Ends the connection; nothing is stored or sent after the returned promise has resolved. */
  stop(): Promise<void>;
  /** The network, the page or a token is back: try now, or ask whether the connection still lives. */
  wake(): void;
  /** The browser says that the network is gone. */
  networkGone(): void;
  typing(to: UserId, on: boolean): void;
  /** Somebody wants to read the messages of this conversation below number `before`. */
  want(peer: UserId, before: number): void;
  reauthenticate(token: string): void;
  /**
   * Sends an operation that is meant for now: ahead of everything that waits, and again on every new connection until
   * it is answered (`SyncListener.callResult`). Nothing of it is stored.
   */
  call(op: CallOperation): void;
  /** Forgets one that has no answer: it is not sent again. */
  dropCall(id: OpId): void;
  /** For one device of a friend; lost when there is no connection. */
  signal(to: UserId, device: DeviceId, envelope: Bytes): void;
  /** This device still is in that call. */
  inCall(call: OpId, peer: UserId): void;
}

/** The shell around the client's state: performs its effects, feeds back what came of them. */
export function createSyncClient(deps: SyncClientDeps): SyncClient {
  const { store, transport, timers, random, listener, report } = deps;
  let state = newClient();
  let connection: Connection | null = null;
  let stopOutbox = () => {};
  // One after the other: a page must not be stored while a reset or another page is under way.
  let storeQueue: Promise<void> = Promise.resolve();
  const cancels = new Map<TimerName, () => void>();

  function hear(event: ClientEvent): void {
    const [next, effects] = step(state, event);
    state = next;
    for (const effect of effects) perform(effect);
  }

  function perform(effect: ClientEffect): void {
    switch (effect.kind) {
      case 'connect':
        return connect();
      case 'disconnect': {
        const old = connection;
        connection = null;
        old?.close();
        return;
      }
      case 'send':
        return connection?.send(encodeFrame(effect.frame));
      case 'timer': {
        cancels.get(effect.name)?.();
        const ms = effect.jitter ? Math.floor(effect.ms * random.next()) : effect.ms;
        cancels.set(
          effect.name,
          timers.after(ms, () => hear({ kind: 'timer', name: effect.name })),
        );
        return;
      }
      case 'cancel':
        cancels.get(effect.name)?.();
        cancels.delete(effect.name);
        return;
      case 'load-outbox':
        return loadOutbox(effect.limit);
      case 'store': {
        const { item, cursor } = effect;
        const { epoch } = state;
        return inOrder(
          async () => {
            await keep(item, cursor, epoch);
            hear({ kind: 'stored', item });
          },
          (code) => hear({ kind: 'store-failed', item, code }),
        );
      }
      case 'find-hole':
        return inOrder(
          async () => hear({ kind: 'hole', wish: await store.nextHole() }),
          () => hear({ kind: 'hole', wish: null }),
        );
      case 'keep-generation':
        // Not kept, the server gives the same one again.
        return inOrder(
          async () => {
            await store.keepGeneration(effect.gen);
            hear({ kind: 'generation-kept', gen: effect.gen });
          },
          () => {},
        );
      case 'rename-device':
        return inOrder(
          async () => {
            await store.renameDevice();
            hear({ kind: 'renamed', standing: await store.standing() });
          },
          (code) => hear({ kind: 'rename-failed', code }),
        );
      case 'settle':
        return inOrder(
          async () => {
            await store.settle(effect.results);
            hear({ kind: 'settled' });
          },
          (code) => hear({ kind: 'settle-failed', code }),
        );
      case 'status':
        return listener.status(effect.status);
      case 'presence':
        return listener.presence(effect.online, effect.offline, effect.fresh);
      case 'typing':
        return listener.typing(effect.from, effect.on, effect.ttl);
      case 'signal':
        return listener.signal(effect.from, effect.device, effect.envelope);
      case 'call-result':
        return listener.callResult(effect.result);
    }
  }

  async function keep(item: Incoming, cursor: Cursor | null, epoch: string): Promise<void> {
    if (item.kind === 'part') return store.applyPart(item.part, cursor, epoch);
    if (item.kind === 'history') return store.applyHistory(item.page);
    if (item.kind === 'reset') return store.reset();
    if (cursor === null) throw new Error('a page without a cursor');
    return store.applyPage(item.page, cursor);
  }

  function connect(): void {
    // Events of a connection that was given up must not be taken for those of its successor.
    const current = transport.connect({
      open: (exchange) => connection === current && hear({ kind: 'opened', exchange: exchange ?? false }),
      frame(data) {
        if (connection !== current) return;
        const frame = decodeDown(data);
        hear(frame.ok ? { kind: 'frame', frame: frame.value } : { kind: 'garbage' });
      },
      closed(code) {
        if (connection !== current) return;
        connection = null;
        hear({ kind: 'closed', code });
      },
    });
    connection = current;
  }

  function loadOutbox(limit: number): void {
    store.outbox(limit).then(
      (queued) => hear({ kind: 'outbox', queued }),
      (error: unknown) => {
        report(codeOf(error), error);
        hear({ kind: 'outbox', queued: [] });
      },
    );
  }

  function inOrder(action: () => Promise<void>, failed: (code: string) => void): void {
    storeQueue = storeQueue.then(action).catch((error: unknown) => {
      const code = codeOf(error);
      report(code, error);
      failed(code);
    });
  }

  return {
    start() {
      stopOutbox();
      stopOutbox = store.onOutbox(() => hear({ kind: 'outbox-changed' }));
      store.standing().then(
        (standing) => hear({ kind: 'start', standing }),
        (error: unknown) => {
          report(codeOf(error), error);
          hear({ kind: 'stop', reason: codeOf(error) });
        },
      );
    },
    async stop() {
      stopOutbox();
      hear({ kind: 'stop', reason: null });
      await storeQueue;
    },
    wake: () => hear({ kind: 'wake' }),
    networkGone: () => hear({ kind: 'network-gone' }),
    want: (peer, before) => hear({ kind: 'want', wish: { peer, before } }),
    typing: (to, on) => hear({ kind: 'type', to, on }),
    reauthenticate: (token) => hear({ kind: 'token', token }),
    call: (op) => hear({ kind: 'call', op }),
    dropCall: (id) => hear({ kind: 'drop-call', id }),
    signal: (to, device, envelope) => hear({ kind: 'signal', to, device, envelope }),
    inCall: (call, peer) => hear({ kind: 'in-call', call, peer }),
  };
}

function codeOf(error: unknown): string {
  return error instanceof Failure ? error.code : 'INTERNAL';
}
