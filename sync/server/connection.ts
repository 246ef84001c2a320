import { type ErrorCode, Failure } from '#shared/errors.ts';
import { type UserId, pairOf } from '#shared/ids.ts';
import type { Result } from '#shared/result.ts';
import type { Down } from '../wire/down.ts';
import type { Up } from '../wire/up.ts';
import { createBucket } from './bucket.ts';
import { areInCall, keepCall } from './calls.ts';
import type { Execute } from './execute.ts';
import type { Hub, Listener } from './hub.ts';
import type { Bus, Clock, Meter, News, PageLimits, SnapshotLimits, SyncStore, Timers } from './ports.ts';
import {
  type SessionEffect,
  type SessionEvent,
  SNAPSHOT_ABOVE,
  type SessionState,
  isCurrent,
  isIdle,
  openSession,
  step,
} from './session.ts';

/** Whoever is at the other end, authenticated, in frames. */
export interface FramePeer {
  readonly user: UserId;
  /** The sign-in (refresh family) that the access token belongs to. */
  readonly session: string;
  /** When the access token ends, milliseconds since 1970. */
  readonly expires: number;
  say(frame: Down): void;
  close(code: ErrorCode): void;
  /** Bytes handed over that have not left yet. */
  buffered(): number;
  /** The end of a fresh access token of the same sign-in, or null when it is refused. */
  reauthenticate(token: string): Promise<number | null>;
}

/** One end of a conversation, in frames. */
export interface ServedConnection {
  hear(frame: Result<Up>): void;
  closed(): void;
  /** Says goodbye with a reason and when to come back (in milliseconds), and closes. */
  end(code: ErrorCode, retryAfter?: number): void;
}

export interface ConnectionDeps {
  readonly store: SyncStore;
  readonly bus: Bus;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly execute: Execute;
  readonly report: (code: ErrorCode, error: unknown) => void;
  readonly meter: Meter;
  readonly limits?: ReadLimits | undefined;
}

/** How much one read gives, and when a snapshot is shorter than the log. */
export interface ReadLimits {
  readonly page: PageLimits;
  readonly history: PageLimits;
  readonly part: SnapshotLimits;
  readonly exchangePart: SnapshotLimits;
  /** Entries. */
  readonly snapshotAbove: number;
}

/** At 2 KB a second 48 KiB are through before the client would take the silence for a dead socket. */
const READ_LIMITS: ReadLimits = {
  page: { entries: 256, bytes: 49_152 },
  history: { entries: 200, bytes: 49_152 },
  part: { pairs: 25, messages: 30, bytes: 49_152 },
  // A snapshot can't be continued by the next exchange, so one must hold all of it: some 1,000 conversations.
  exchangePart: { pairs: 100, messages: 8, bytes: 262_144 },
  snapshotAbove: SNAPSHOT_ABOVE,
};
/** Above this many unsent bytes a socket is slow: it gets no more pages until it has drained. */
const BUFFER_CAP = 1_048_576;
const DRAIN_CHECK = 250;
/** A client pings at least every 25 s; after this long without a word it is gone. */
const SILENCE_LIMIT = 75_000;
const HELLO_LIMIT = 10_000;
/** A device that does not say in so many milliseconds that it has stored what is new is asleep, as far as anybody can tell. */
const WAKE_AFTER = 5_000;
/** Signs of life included. Two devices that look for a way to each other say some dozens at once. */
const SIGNALS_PER_SECOND = 50;

type RelaySignal = Extract<SessionEffect, { kind: 'relay-signal' }>;

/**
 * The shell around one session: performs its effects, feeds back what came of them. With `onIdle` it is one exchange:
 * nobody is told that the user is online, and `onIdle` is called when everything that was asked has been answered.
 */
export function createConnection(
  peer: FramePeer,
  deps: ConnectionDeps,
  onIdle?: () => void,
): ServedConnection {
  const { store, bus, hub, clock, timers, execute, report, meter, limits = READ_LIMITS } = deps;
  let state: SessionState = openSession(limits.snapshotAbove);
  let cancelSilence = timers.after(HELLO_LIMIT, () => hear({ kind: 'end', code: 'BAD_FRAME' }));
  let cancelExpiry = expireAt(peer.expires);
  let cancelDrain = () => {};
  const signals = createBucket({ perSecond: SIGNALS_PER_SECOND, burst: SIGNALS_PER_SECOND, clock });
  /** Signals arrive in the order they were said: each waits for the one before. */
  let relayed: Promise<void> = Promise.resolve();
  /** What the device is to be woken for, the newest of each kind. */
  const owed = new Map<News['kind'], News>();
  let cancelWaking = () => {};
  const listener: Listener = {
    user: peer.user,
    session: peer.session,
    hear,
    owe(news) {
      if (owed.size === 0) cancelWaking = timers.after(WAKE_AFTER, wakeUp);
      owed.set(news.kind, news);
    },
    isCurrent: () => isCurrent(state),
  };

  function hear(event: SessionEvent): void {
    const [next, effects] = step(state, event);
    state = next;
    for (const effect of effects) perform(effect);
    if (owed.size > 0 && isCurrent(state)) settle();
    if (onIdle && isIdle(state)) onIdle();
  }

  function perform(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'send':
        peer.say(effect.frame);
        if (!state.slow && peer.buffered() > BUFFER_CAP) {
          hear({ kind: 'slow' });
          awaitDrain();
        }
        return;
      case 'read':
        return attempt(async () => {
          const page = await store.read(peer.user, effect.cursor, limits.page);
          hear({ kind: 'read', page, epoch: await store.epoch(), now: clock.now() });
        });
      case 'read-snapshot':
        return attempt(async () => {
          const part = onIdle ? limits.exchangePart : limits.part;
          hear({ kind: 'part', read: await store.snapshot(peer.user, effect.after, part) });
        });
      case 'read-history':
        return attempt(async () => {
          const page = await store.history(peer.user, effect.peer, effect.before, limits.history);
          hear({ kind: 'history', id: effect.id, page });
        });
      case 'use-device':
        return attempt(async () => {
          hear({ kind: 'generation', gen: await store.useDevice(peer.user, effect.device, effect.gen) });
        });
      case 'execute':
        return attempt(async () => {
          const done = meter.operation(effect.op.kind);
          try {
            const result = await execute(peer.user, effect.op);
            done(result.ok ? 'ok' : result.code);
            hear({ kind: 'executed', id: effect.op.id, lane: effect.lane, result });
          } catch (error) {
            done(codeOf(error));
            throw error;
          }
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
      case 'relay-signal':
        if (!signals.take()) return hear({ kind: 'end', code: 'RATE_LIMITED' });
        return attempt(() => {
          // What went wrong with the one before was told with that one.
          const turn = relayed.then(() => relay(effect));
          relayed = turn.catch(() => {});
          return turn;
        });
      case 'keep-call':
        if (!signals.take()) return hear({ kind: 'end', code: 'RATE_LIMITED' });
        return attempt(() => keepCall(deps, peer.user, effect.device, effect.peer, effect.call));
      case 'reauthenticate':
        return attempt(async () => {
          const expires = await peer.reauthenticate(effect.token);
          if (expires === null) return hear({ kind: 'end', code: 'TOKEN_INVALID' });
          cancelExpiry();
          cancelExpiry = expireAt(expires);
        });
      case 'close':
        meter.ended(effect.code);
        release();
        return peer.close(effect.code);
    }
  }

  /** What is not between the two devices of a call is dropped, and nobody is told. An exchange is nobody's device. */
  async function relay({ device, to, toDevice, envelope }: RelaySignal): Promise<void> {
    if (state.phase === 'closed') return;
    const passes = !onIdle && (await areInCall(store, peer.user, device, to, toDevice));
    if (passes) bus.publish({ kind: 'signal', from: peer.user, device, to, toDevice, envelope });
    meter.signal(passes ? 'relayed' : 'dropped');
    hear({ kind: 'signalled' });
  }

  /** Whatever fails here may pass: the session ends with the reason, and the client tries all of it again. */
  function attempt(action: () => Promise<void>): void {
    action().catch((error: unknown) => {
      const code = codeOf(error);
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

  /** The device knows, or somebody else sees to it now. */
  function settle(): void {
    cancelWaking();
    owed.clear();
  }

  function wakeUp(): void {
    const asleepFor = [...owed.values()];
    settle();
    for (const news of asleepFor) hub.wakeSilent(listener, news);
  }

  function release(): void {
    cancelSilence();
    cancelExpiry();
    cancelDrain();
    hub.remove(listener);
    wakeUp();
  }

  // Before the hello already: a sign-in may be revoked between the upgrade and the hello.
  if (!onIdle) hub.add(listener);

  return {
    hear(frame) {
      // What was on its way when the connection ended.
      if (state.phase === 'closed') return;
      cancelSilence();
      cancelSilence = timers.after(SILENCE_LIMIT, () => hear({ kind: 'end', code: 'UNAVAILABLE' }));
      hear(frame.ok ? { kind: 'frame', frame: frame.value } : { kind: 'broken-frame', code: frame.error });
    },
    closed() {
      release();
      state = { ...state, phase: 'closed' };
    },
    end: (code, retryAfter) => hear({ kind: 'end', code, retryAfter }),
  };
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof Failure ? error.code : 'INTERNAL';
}
