import { type ErrorCode, Failure } from '#shared/errors.ts';
import { type Bytes, type UserId, pairOf } from '#shared/ids.ts';
import { decodeUp, encodeFrame } from '../wire/codec.ts';
import type { Execute } from './execute.ts';
import type { Hub, Listener } from './hub.ts';
import type { Bus, Clock, PageLimits, SyncStore, Timers } from './ports.ts';
import { type SessionEffect, type SessionEvent, type SessionState, openSession, step } from './session.ts';

/** An authenticated socket, as its transport offers it. */
export interface Peer {
  readonly user: UserId;
  /** The sign-in (refresh family) that the access token belongs to. */
  readonly session: string;
  /** When the access token ends, milliseconds since 1970. */
  readonly expires: number;
  send(data: Bytes): void;
  close(code: ErrorCode): void;
  /** Bytes handed to `send` that have not left yet. */
  buffered(): number;
  /** The end of a fresh access token of the same sign-in, or null when it is refused. */
  reauthenticate(token: string): Promise<number | null>;
}

export interface Attached {
  receive(data: Uint8Array): void;
  closed(): void;
}
export interface ServedConnection extends Attached {
  /** Says goodbye with a reason, and closes. */
  end(code: ErrorCode): void;
}

export interface ConnectionDeps {
  readonly store: SyncStore;
  readonly bus: Bus;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly execute: Execute;
  readonly report: (code: ErrorCode, error: unknown) => void;
}

const PAGE: PageLimits = { entries: 256, bytes: 262_144 };
/** Above this many unsent bytes a socket is slow: it gets no more pages until it has drained. */
const BUFFER_CAP = 1_048_576;
const DRAIN_CHECK = 250;
/** A client pings at least every 25 s; after this long without a word it is gone. */
const SILENCE_LIMIT = 75_000;
const HELLO_LIMIT = 10_000;

/** The shell around one session: performs its effects, feeds back what came of them. */
export function createConnection(peer: Peer, deps: ConnectionDeps): ServedConnection {
  const { store, bus, hub, clock, timers, execute, report } = deps;
  let state: SessionState = openSession();
  let cancelSilence = timers.after(HELLO_LIMIT, () => hear({ kind: 'end', code: 'BAD_FRAME' }));
  let cancelExpiry = expireAt(peer.expires);
  let cancelDrain = () => {};
  const listener: Listener = { user: peer.user, session: peer.session, hear };

  function hear(event: SessionEvent): void {
    const [next, effects] = step(state, event);
    state = next;
    for (const effect of effects) perform(effect);
  }

  function perform(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'send':
        peer.send(encodeFrame(effect.frame));
        if (!state.slow && peer.buffered() > BUFFER_CAP) {
          hear({ kind: 'slow' });
          awaitDrain();
        }
        return;
      case 'read':
        return attempt(async () => {
          const page = await store.read(peer.user, effect.cursor, PAGE);
          hear({ kind: 'read', page, epoch: await store.epoch(), now: clock.now() });
        });
      case 'execute':
        return attempt(async () => {
          const result = await execute(peer.user, effect.op);
          hear({ kind: 'executed', id: effect.op.id, lane: effect.lane, result });
        });
      case 'announce-presence':
        return attempt(async () => {
          const online = await hub.onlineFriends(peer.user);
          if (online.length > 0) hear({ kind: 'presence', online, offline: [] });
        });
      case 'announce-typing':
        return attempt(async () => {
          const relation = await store.relation(pairOf(peer.user, effect.to));
          if (relation.state === 'friends') {
            bus.publish({ kind: 'typing', from: peer.user, to: effect.to, on: effect.on });
          }
        });
      case 'reauthenticate':
        return attempt(async () => {
          const expires = await peer.reauthenticate(effect.token);
          if (expires === null) return hear({ kind: 'end', code: 'TOKEN_INVALID' });
          cancelExpiry();
          cancelExpiry = expireAt(expires);
        });
      case 'close':
        release();
        return peer.close(effect.code);
    }
  }

  /** Whatever fails here may pass: the session ends with the reason, and the client tries all of it again. */
  function attempt(action: () => Promise<void>): void {
    action().catch((error: unknown) => {
      const code = error instanceof Failure ? error.code : 'INTERNAL';
      report(code, error);
      hear({ kind: 'failed', code });
    });
  }

  function awaitDrain(): void {
    cancelDrain = timers.after(DRAIN_CHECK, () => {
      if (peer.buffered() > BUFFER_CAP / 2) awaitDrain();
      else hear({ kind: 'drained' });
    });
  }

  function expireAt(time: number): () => void {
    return timers.after(Math.max(0, time - clock.now()), () => hear({ kind: 'end', code: 'TOKEN_EXPIRED' }));
  }

  function release(): void {
    cancelSilence();
    cancelExpiry();
    cancelDrain();
    hub.remove(listener);
  }

  // Before the hello already: a sign-in may be revoked between the upgrade and the hello.
  hub.add(listener);

  return {
    receive(data) {
      cancelSilence();
      cancelSilence = timers.after(SILENCE_LIMIT, () => hear({ kind: 'end', code: 'UNAVAILABLE' }));
      const frame = decodeUp(data);
      hear(frame.ok ? { kind: 'frame', frame: frame.value } : { kind: 'broken-frame', code: frame.error });
    },
    closed() {
      release();
      state = { ...state, phase: 'closed' };
    },
    end: (code) => hear({ kind: 'end', code }),
  };
}
