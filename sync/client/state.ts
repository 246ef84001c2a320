import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { Down, HistoryPage, OpResult, Page, SnapshotPart } from '../wire/down.ts';
import { type Cursor, MAX_OPS_PER_FRAME, type Operation, type Up } from '../wire/up.ts';
import { VERSIONS } from '../wire/version.ts';
import { retryDelay } from './backoff.ts';
import type { HistoryWish, Queued, StoredStanding, SyncStatus } from './ports.ts';

/**
 * The client's side of the conversation with the server, as a pure function: step(state, event) → [state, effects].
 * No clock, no I/O, no randomness. The shell around it (client.ts) performs the effects and feeds their outcomes
 * back as events.
 */

/** Operations sent and not yet answered, at most. */
export const FLIGHT_WINDOW = 256;
/**
 * Bytes of envelopes in one frame, and in a hello, at most. At 2 KB a second they are through before their answer is
 * missed (`PING_EVERY`, `ANSWER_LIMIT`): else a slow network would send the same again and again.
 */
const FRAME_BYTES = 32_768;
const HELLO_BYTES = 12_288;
/** With nothing heard but typing and presence for this long, a ping is sent. */
export const PING_EVERY = 25_000;
/** How long a handshake may take, a renewed token included. */
export const HANDSHAKE_LIMIT = 20_000;
/** A ping or a hello without any answer for this long means that the socket is dead. */
export const ANSWER_LIMIT = 10_000;
/** An exchange is answered as a whole, when all is done. */
const EXCHANGE_LIMIT = 60_000;
/** The same after a wake, when the socket may have died in our sleep. */
export const WAKE_LIMIT = 4_000;
/** A connection that lived this long forgives the failures before it. */
export const STABLE_AFTER = 10_000;
/** How long to wait before a page is stored again on a device that is full. */
export const STORE_RETRY = 15_000;
/** How often an exchange over HTTP asks for news when nothing else makes it speak. */
export const EXCHANGE_EVERY = 25_000;
/** Requests for history on their way, at most. */
const HISTORY_WINDOW = 4;
/** Between two exchanges while there is more to say or to hear. */
const EXCHANGE_NEXT = 100;
/** Shorter gaps to the head are not worth showing as catching up. */
const WORTH_SHOWING = 64;

export interface ClientState {
  readonly phase: 'stopped' | 'waiting' | 'connecting' | 'greeting' | 'live';
  /** Why it stopped, or was cut off last. */
  readonly reason: string | null;
  readonly attempt: number;
  readonly device: DeviceId | null;
  /** The generation that is durably kept: one that was given and could not be stored is given again. */
  readonly gen: number;
  /** This database is a copy, and is getting a name of its own: the hello waits for it. */
  readonly renaming: boolean;
  /** A snapshot is due after a resync, or has begun: pages come after its last part. */
  readonly snapshot: 'none' | 'due' | 'begun';
  /** History that was asked for on this connection, by request. */
  readonly histories: ReadonlyMap<number, HistoryWish>;
  /** The search for a hole to fill is under way. */
  readonly looking: boolean;
  /** The hole that was asked for last: not asked for twice on one connection, whatever the server answers. */
  readonly lastHole: HistoryWish | null;
  /** The present or last connection is an exchange: news comes by asking, and that is no fault to show. */
  readonly exchanging: boolean;
  /** The socket is open, and the hello waits until the page that is being stored has settled the cursor. */
  readonly opened: boolean;
  /** The browser says that there is no network; it may be wrong, so tries go on. */
  readonly offline: boolean;
  /** What is durably stored. */
  readonly cursor: Cursor | null;
  readonly epoch: string;
  readonly head: number;
  /** Where the present catching up began. */
  readonly caughtFrom: number;
  /** What was received and not yet stored, oldest first; the first is being stored while `storing`. */
  readonly incoming: readonly Incoming[];
  readonly storing: boolean;
  /** Results received, and those of them that are being stored. */
  readonly results: readonly OpResult[];
  readonly settling: readonly OpResult[];
  /** The head of the outbox as it was last loaded. */
  readonly outbox: readonly Queued[];
  readonly loading: boolean;
  /** The outbox changed since the present load began. */
  readonly loadAgain: boolean;
  /** Sent on this connection and not yet settled. */
  readonly inFlight: ReadonlySet<OpId>;
  readonly pings: number;
}

/** Something to store, in order. */
export type Incoming =
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'part'; readonly part: SnapshotPart }
  | { readonly kind: 'history'; readonly page: HistoryPage }
  /** The cursor is forgotten, in line with what is stored before and after. */
  | { readonly kind: 'reset' };

export type ClientEvent =
  | { readonly kind: 'start'; readonly standing: StoredStanding }
  | { readonly kind: 'stop'; readonly reason: string | null }
  /** The network, the page or the token is back: look at once whether the connection lives. */
  | { readonly kind: 'wake' }
  | { readonly kind: 'network-gone' }
  /** `exchange`: the connection is one exchange over HTTP. */
  | { readonly kind: 'opened'; readonly exchange?: boolean }
  | { readonly kind: 'closed'; readonly code: string | null }
  | { readonly kind: 'frame'; readonly frame: Down }
  /** Bytes came that are no frame of this wire. */
  | { readonly kind: 'garbage' }
  | { readonly kind: 'timer'; readonly name: TimerName }
  | { readonly kind: 'outbox-changed' }
  | { readonly kind: 'outbox'; readonly queued: readonly Queued[] }
  | { readonly kind: 'stored'; readonly item: Incoming }
  | { readonly kind: 'store-failed'; readonly item: Incoming; readonly code: string }
  /** Somebody wants to read what was before. */
  | { readonly kind: 'want'; readonly wish: HistoryWish }
  | { readonly kind: 'hole'; readonly wish: HistoryWish | null }
  /** The copied database has a name of its own now. */
  | { readonly kind: 'renamed'; readonly standing: StoredStanding }
  | { readonly kind: 'rename-failed'; readonly code: string }
  | { readonly kind: 'generation-kept'; readonly gen: number }
  | { readonly kind: 'settled' }
  | { readonly kind: 'settle-failed'; readonly code: string }
  | { readonly kind: 'type'; readonly to: UserId; readonly on: boolean }
  | { readonly kind: 'token'; readonly token: string };

export type TimerName = 'retry' | 'ping' | 'answer' | 'stable' | 'store';

export type ClientEffect =
  | { readonly kind: 'connect' }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'send'; readonly frame: Up }
  /** Replaces the timer of that name. With `jitter`, anywhere between 0 and `ms`. */
  | { readonly kind: 'timer'; readonly name: TimerName; readonly ms: number; readonly jitter: boolean }
  | { readonly kind: 'cancel'; readonly name: TimerName }
  | { readonly kind: 'load-outbox'; readonly limit: number }
  /** `cursor` is where the log stands with it; null while it does not move. */
  | { readonly kind: 'store'; readonly item: Incoming; readonly cursor: Cursor | null }
  | { readonly kind: 'find-hole' }
  | { readonly kind: 'keep-generation'; readonly gen: number }
  | { readonly kind: 'rename-device' }
  | { readonly kind: 'settle'; readonly results: readonly OpResult[] }
  | { readonly kind: 'status'; readonly status: SyncStatus }
  | {
      readonly kind: 'presence';
      readonly online: readonly UserId[];
      readonly offline: readonly UserId[];
      readonly fresh: boolean;
    }
  | { readonly kind: 'typing'; readonly from: UserId; readonly on: boolean; readonly ttl: number };

type Step = [ClientState, ClientEffect[]];

export function newClient(): ClientState {
  return {
    phase: 'stopped',
    reason: null,
    attempt: 0,
    device: null,
    gen: 0,
    renaming: false,
    snapshot: 'none',
    histories: new Map(),
    looking: false,
    lastHole: null,
    exchanging: false,
    opened: false,
    offline: false,
    cursor: null,
    epoch: '',
    head: 0,
    caughtFrom: 0,
    incoming: [],
    storing: false,
    results: [],
    settling: [],
    outbox: [],
    loading: false,
    loadAgain: false,
    inFlight: new Set(),
    pings: 0,
  };
}

export function step(state: ClientState, event: ClientEvent): Step {
  const [next, effects] = advance(state, event);
  const status = statusOf(next);
  // Told only when it changed: the whole app repaints from it.
  if (!sameStatus(statusOf(state), status)) effects.push({ kind: 'status', status });
  return [next, effects];
}

function advance(state: ClientState, event: ClientEvent): Step {
  switch (event.kind) {
    case 'start':
      if (state.phase !== 'stopped') return [state, []];
      return connect({ ...state, ...event.standing, attempt: 0, reason: null });
    case 'stop':
      return stop(state, event.reason);
    case 'wake':
      return wake({ ...state, offline: false });
    case 'network-gone':
      // A hint only: the socket may live on. It is asked.
      return verify({ ...state, offline: true });
    case 'opened':
      return greetWhenReady({ ...state, opened: true, exchanging: event.exchange ?? false });
    case 'closed':
      return onClosed(state, event.code);
    case 'garbage':
      return drop(state, 'BAD_FRAME');
    case 'frame':
      return heard(state, event.frame);
    case 'timer':
      return onTimer(state, event.name);
    case 'outbox-changed':
      // Not connected, there is nobody to send to: a connection loads the outbox when it begins.
      return isConnected(state) || betweenExchanges(state) ? loadOutbox(state) : [state, []];
    case 'outbox':
      return onOutbox(state, event.queued);
    case 'stored':
      return onStored(state, event.item);
    case 'store-failed':
      return onStoreFailed(state, event.item, event.code);
    case 'want':
      return askHistory(state, event.wish);
    case 'hole':
      return onHole({ ...state, looking: false }, event.wish);
    case 'renamed':
      return greetWhenReady({ ...state, ...event.standing, renaming: false });
    case 'rename-failed':
      // Under the old name the server says the same again, after a longer wait.
      return greetWhenReady({ ...state, renaming: false, reason: event.code });
    case 'generation-kept':
      return [{ ...state, gen: event.gen }, []];
    case 'settled':
      return onSettled(state);
    case 'settle-failed':
      // The rows stay; the server will answer the same when they are sent again.
      return onSettleFailed({ ...state, settling: [], results: [] }, event.code);
    case 'type':
      if (state.phase !== 'live') return [state, []];
      return [state, [send({ t: 'typing', to: event.to, on: event.on })]];
    case 'token':
      if (state.phase !== 'live') return [state, []];
      return [state, [send({ t: 'auth', token: event.token })]];
  }
}

// --- the connection

function connect(state: ClientState): Step {
  const [next, effects] = loadOutbox({
    ...state,
    phase: 'connecting',
    opened: false,
    outbox: [],
    // Exchanges that follow one another are one conversation.
    lastHole: state.exchanging ? state.lastHole : null,
  });
  return [
    next,
    [{ kind: 'cancel', name: 'retry' }, { kind: 'connect' }, answerWithin(HANDSHAKE_LIMIT), ...effects],
  ];
}

function greetWhenReady(state: ClientState): Step {
  if (state.phase !== 'connecting' || !state.opened || state.storing) return [state, []];
  // An outbox that is being loaded may have changed under what is known of it; in an exchange nobody hears it later.
  if (state.renaming || state.loading || !state.device) return [state, []];
  // Versions, cursor and the first operations travel together: nothing new means one round trip.
  const ops = sendable(state, state.exchanging ? FRAME_BYTES : HELLO_BYTES);
  return [
    { ...state, phase: 'greeting', inFlight: new Set(ops.map((op) => op.id)) },
    [
      send({ t: 'hello', v: [...VERSIONS], device: state.device, gen: state.gen, cursor: state.cursor, ops }),
      ...[...state.histories].map(([id, wish]) => send({ t: 'history', id, ...wish })),
      answerWithin(state.exchanging ? EXCHANGE_LIMIT : ANSWER_LIMIT),
    ],
  ];
}

function onClosed(state: ClientState, code: string | null): Step {
  if (state.phase === 'stopped' || state.phase === 'waiting') return [state, []];
  if (code === 'SESSION_ENDED' || code === 'UNSUPPORTED_VERSION') return stop(state, code);
  if (code === 'EXCHANGED') return onExchanged(state);
  return retryLater(state, code ?? state.reason);
}

/**
 * An exchange has said and heard what it could. The next one follows at once while that helps, else in a while; sooner
 * when something is to be said.
 */
function onExchanged(ended: ClientState): Step {
  const state: ClientState = { ...ended, exchanging: true };
  const answered = new Set([...state.results, ...state.settling].map(({ id }) => id));
  const ignored = [...state.inFlight].some((id) => !answered.has(id)) || state.histories.size > 0;
  if (ignored) return park({ ...state, attempt: state.attempt + 1 }, null, backoff(state.attempt + 1));
  const more = state.incoming.length > 0 || state.inFlight.size > 0 || sendable(state).length > 0;
  const ms = more ? EXCHANGE_NEXT : EXCHANGE_EVERY;
  return park({ ...state, attempt: 0 }, null, { ms, jitter: false });
}

/** Gives up on this connection, for a reason of our own. */
function drop(state: ClientState, reason: string): Step {
  if (state.phase === 'stopped' || state.phase === 'waiting') return [state, []];
  const [next, effects] = retryLater(state, reason);
  return [next, [{ kind: 'disconnect' }, ...effects]];
}

function retryLater(state: ClientState, reason: string | null, atLeast = 0): Step {
  // A key that was outdated is no failure of the connection: the operation is sealed again and sent at once.
  const attempt = reason === 'STALE_KEY' ? state.attempt : state.attempt + 1;
  // What was not stored comes again; what is being stored still counts.
  const incoming = state.storing ? state.incoming.slice(0, 1) : [];
  const { ms } = backoff(attempt);
  return park({ ...state, attempt, incoming, exchanging: false }, reason, {
    ms: Math.max(atLeast, ms),
    jitter: atLeast === 0,
  });
}

function backoff(attempt: number): Pause {
  return { ms: retryDelay(attempt), jitter: true };
}

interface Pause {
  readonly ms: number;
  readonly jitter: boolean;
}

/** Waits for the next try. */
function park(state: ClientState, reason: string | null, { ms, jitter }: Pause): Step {
  return [
    {
      ...state,
      phase: 'waiting',
      reason,
      opened: false,
      inFlight: new Set(),
      histories: new Map(),
      snapshot: 'none',
    },
    [
      { kind: 'cancel', name: 'answer' },
      { kind: 'cancel', name: 'ping' },
      { kind: 'cancel', name: 'stable' },
      { kind: 'timer', name: 'retry', ms, jitter },
      { kind: 'presence', online: [], offline: [], fresh: true },
    ],
  ];
}

function stop(state: ClientState, reason: string | null): Step {
  if (state.phase === 'stopped') return [{ ...state, reason }, []];
  const names: TimerName[] = ['retry', 'ping', 'answer', 'stable', 'store'];
  return [
    {
      ...state,
      phase: 'stopped',
      reason,
      inFlight: new Set(),
      incoming: state.storing ? state.incoming.slice(0, 1) : [],
    },
    [
      { kind: 'disconnect' },
      ...names.map((name): ClientEffect => ({ kind: 'cancel', name })),
      { kind: 'presence', online: [], offline: [], fresh: true },
    ],
  ];
}

function wake(state: ClientState): Step {
  return state.phase === 'waiting' ? connect(state) : verify(state);
}

/** After sleep a socket may say that it is open and be dead: only an answer proves that it lives. */
function verify(state: ClientState): Step {
  if (state.phase !== 'live') return [state, []];
  const [next, effects] = ping(state);
  // Behind what is on its way up a ping takes longer, on a slow network, than one that travels alone.
  return [next, [...effects, answerWithin(state.inFlight.size > 0 ? ANSWER_LIMIT : WAKE_LIMIT)]];
}

function ping(state: ClientState): Step {
  const id = state.pings + 1;
  return [{ ...state, pings: id }, [send({ t: 'ping', id })]];
}

function onTimer(state: ClientState, name: TimerName): Step {
  switch (name) {
    case 'retry':
      return state.phase === 'waiting' ? connect(state) : [state, []];
    case 'ping': {
      if (state.phase !== 'live') return [state, []];
      const [next, effects] = ping(state);
      return [next, [...effects, answerWithin(ANSWER_LIMIT)]];
    }
    case 'answer':
      return drop(state, 'OFFLINE');
    case 'stable':
      return [{ ...state, attempt: 0 }, []];
    case 'store':
      return storeNext(state);
  }
}

// --- what the server says

function heard(state: ClientState, frame: Down): Step {
  if (state.phase !== 'greeting' && state.phase !== 'live') return [state, []];
  const [next, effects] = onFrame(state, frame);
  // Friends who type must not put off the ping, which looks into the log; nor call off the wait for its answer.
  if (frame.t === 'typing' || frame.t === 'presence') return [next, effects];
  const alive: ClientEffect[] = [
    { kind: 'cancel', name: 'answer' },
    { kind: 'timer', name: 'ping', ms: PING_EVERY, jitter: false },
  ];
  // Before the welcome only the welcome counts: an operation's result may come first, and nothing after it.
  return [next, next.phase === 'live' ? [...alive, ...effects] : effects];
}

function onFrame(state: ClientState, frame: Down): Step {
  switch (frame.t) {
    case 'welcome':
      return state.phase === 'live' ? drop(state, 'BAD_FRAME') : onWelcome(state, frame);
    case 'resync':
      return onResync(state);
    case 'snapshot':
      return onPart(state, frame.part);
    case 'history':
      return onHistory(state, frame.id, frame.page);
    case 'entries':
      return onPage(state, frame.page);
    case 'results':
      return settle({ ...state, results: [...state.results, ...frame.results] });
    case 'typing':
      return [state, [{ kind: 'typing', from: frame.from, on: frame.on, ttl: frame.ttl }]];
    case 'presence':
      return [state, [{ kind: 'presence', online: frame.online, offline: frame.offline, fresh: false }]];
    case 'pong':
      return [{ ...state, head: Math.max(state.head, frame.head) }, []];
    case 'bye':
      return onBye(state, frame.code, frame.retryAfter);
  }
}

function onWelcome(state: ClientState, welcome: Extract<Down, { t: 'welcome' }>): Step {
  const live: ClientState = {
    ...state,
    phase: 'live',
    reason: null,
    epoch: welcome.epoch,
    head: welcome.head,
    caughtFrom: state.cursor?.seq ?? 0,
  };
  const effects: ClientEffect[] = [
    { kind: 'timer', name: 'stable', ms: STABLE_AFTER, jitter: false },
    { kind: 'presence', online: [], offline: [], fresh: true },
  ];
  if (welcome.gen !== state.gen) effects.push({ kind: 'keep-generation', gen: welcome.gen });
  // What had to wait for the welcome: receipts that were made since the hello.
  return then(then([live, effects], flush), findHole);
}

function onBye(state: ClientState, code: string, retryAfter: number | undefined): Step {
  if (code === 'SESSION_ENDED' || code === 'UNSUPPORTED_VERSION') return stop(state, code);
  if (code === 'DEVICE_CLONED') {
    const [waiting, parting] = retryLater({ ...state, renaming: true }, code);
    return [waiting, [{ kind: 'disconnect' }, ...parting, { kind: 'rename-device' }]];
  }
  const [next, effects] = retryLater(state, code, retryAfter ?? 0);
  return [next, [{ kind: 'disconnect' }, ...effects]];
}

// --- the log

/** Only a page that continues exactly what we have may move the cursor. */
function onPage(state: ClientState, page: Page): Step {
  const expected = state.phase === 'live' && state.snapshot === 'none' && page.from === receivedTo(state);
  if (!expected || !isWellFormed(page)) return drop(state, 'BAD_FRAME');
  if (page.entries.some((entry) => 'critical' in entry && entry.critical === true)) {
    return stop(state, 'UNSUPPORTED_VERSION');
  }
  return take({ ...state, head: Math.max(state.head, page.head) }, { kind: 'page', page });
}

/**
 * What is being stored is stored to its end; what came after it is of no use without the cursor. What was sent comes
 * again in its order, behind what the reset puts back in line before it.
 */
function onResync(state: ClientState): Step {
  if (state.phase !== 'live') return drop(state, 'BAD_FRAME');
  const incoming = state.storing ? state.incoming.slice(0, 1) : [];
  const forgotten: ClientState = { ...state, incoming, inFlight: new Set(), snapshot: 'due', caughtFrom: 0 };
  return take(forgotten, { kind: 'reset' });
}

/** Parts follow one another from a first to a last; the pages that come then continue where the last one says. */
function onPart(state: ClientState, part: SnapshotPart): Step {
  const expected = state.phase === 'live' && part.first === (state.snapshot !== 'begun');
  if (!expected || !part.conversations.every(isWhole)) return drop(state, 'BAD_FRAME');
  const snapshot = part.done ? 'none' : 'begun';
  return take({ ...state, snapshot, head: Math.max(state.head, part.seq) }, { kind: 'part', part });
}

function onHistory(state: ClientState, id: number, page: HistoryPage): Step {
  const wish = state.histories.get(id);
  const answers = wish !== undefined && wish.peer === page.peer && wish.before === page.before;
  if (!answers || page.from > page.before || !isRun(page.messages, page.from, page.before)) {
    return drop(state, 'BAD_FRAME');
  }
  const histories = new Map(state.histories);
  histories.delete(id);
  // Nothing older after all.
  if (page.from === page.before) return findHole({ ...state, histories });
  return take({ ...state, histories }, { kind: 'history', page });
}

/** The messages of a summary are the newest ones, without a hole. */
function isWhole({ head, messages }: SnapshotPart['conversations'][number]): boolean {
  return isRun(messages, head - messages.length + 1, head + 1) && (head === 0 || messages.length > 0);
}

function isRun(messages: readonly { readonly n: number }[], from: number, before: number): boolean {
  return messages.length === before - from && messages.every(({ n }, index) => n === from + index);
}

function receivedTo(state: ClientState): number {
  const last = state.incoming.findLast((item) => item.kind !== 'history');
  if (last?.kind === 'page') return last.page.to;
  return last?.kind === 'part' ? last.part.seq : (state.cursor?.seq ?? 0);
}

function isWellFormed(page: Page): boolean {
  let last = page.from;
  for (const { seq } of page.entries) {
    if (seq <= last) return false;
    last = seq;
  }
  return page.to > page.from && last <= page.to && page.to <= page.head;
}

function take(state: ClientState, item: Incoming): Step {
  return storeNext({ ...state, incoming: [...state.incoming, item] });
}

function storeNext(state: ClientState): Step {
  const item = state.incoming[0];
  if (!item || state.storing) return [state, []];
  return [{ ...state, storing: true }, [{ kind: 'store', item, cursor: cursorAfter(state, item) }]];
}

/** Where the log stands once an item is stored; null when it stands where it stood. */
function cursorAfter({ epoch }: ClientState, item: Incoming): Cursor | null {
  if (item.kind === 'page') return { epoch, seq: item.page.to, tag: item.page.tag };
  return item.kind === 'part' && item.part.done ? { epoch, seq: item.part.seq, tag: item.part.tag } : null;
}

function onStored(state: ClientState, item: Incoming): Step {
  // What was received before a resync no longer counts.
  if (!state.storing || state.incoming[0] !== item) return [state, []];
  const cursor = item.kind === 'reset' ? null : (cursorAfter(state, item) ?? state.cursor);
  const caughtUp = cursor !== null && cursor.seq >= state.head;
  const stored: ClientState = {
    ...state,
    storing: false,
    incoming: state.incoming.slice(1),
    cursor,
    caughtFrom: caughtUp ? cursor.seq : state.caughtFrom,
  };
  const seq = takenBy(item);
  const took: ClientEffect[] = state.phase === 'live' && seq !== null ? [send({ t: 'took', seq })] : [];
  // A reset changes what is in line, and so does a snapshot in another epoch: its receipts are made anew.
  const renewed = item.kind === 'reset' || (item.kind === 'part' && item.part.done);
  const reloaded = renewed ? then(storeNext(stored), loadOutbox) : storeNext(stored);
  const [next, effects] = then(then(reloaded, greetWhenReady), findHole);
  return [next, [...took, ...effects]];
}

/** What the server is told to be durable here; after a reset that nothing is, so that it listens again. */
function takenBy(item: Incoming): number | null {
  if (item.kind === 'page') return item.page.to;
  if (item.kind === 'part') return item.part.seq;
  return item.kind === 'reset' ? 0 : null;
}

/** The cursor stays where it is: on a full device nothing is lost, it only comes later. */
function onStoreFailed(state: ClientState, item: Incoming, code: string): Step {
  if (!state.storing || state.incoming[0] !== item) return [state, []];
  const failed: ClientState = { ...state, storing: false, reason: code };
  if (state.exchanging) return pauseExchanges({ ...failed, incoming: [] }, code);
  if (state.phase !== 'live') return greetWhenReady({ ...failed, incoming: [] });
  return [failed, [{ kind: 'timer', name: 'store', ms: STORE_RETRY, jitter: false }]];
}

/** What can't be stored would be said and heard again and again. */
function pauseExchanges(state: ClientState, reason: string): Step {
  if (state.phase === 'stopped') return [state, []];
  const [next, effects] = park(state, reason, { ms: STORE_RETRY, jitter: false });
  return [next, [{ kind: 'disconnect' }, ...effects]];
}

// --- history

function askHistory(state: ClientState, wish: HistoryWish): Step {
  const asked = [...state.histories.values()].some((other) => sameWish(other, wish));
  const can = state.phase === 'live' || betweenExchanges(state);
  if (!can || asked || state.histories.size >= HISTORY_WINDOW) return [state, []];
  const id = state.pings + 1;
  const asking = { ...state, pings: id, histories: new Map(state.histories).set(id, wish) };
  // Between two exchanges the next one asks.
  return state.phase === 'live' ? [asking, [send({ t: 'history', id, ...wish })]] : connect(asking);
}

/** The last exchange went well, and whatever there is to say can begin the next one now. */
function betweenExchanges(state: ClientState): boolean {
  return state.phase === 'waiting' && state.exchanging && state.attempt === 0;
}

/** When all else is done, what was skipped is fetched: the newest first, one piece at a time. */
function findHole(state: ClientState): Step {
  const busy = state.incoming.length > 0 || state.snapshot !== 'none' || state.histories.size > 0;
  const idle = state.phase === 'live' || betweenExchanges(state);
  if (!idle || busy || state.looking || (state.cursor?.seq ?? 0) < state.head) return [state, []];
  return [{ ...state, looking: true }, [{ kind: 'find-hole' }]];
}

function onHole(state: ClientState, wish: HistoryWish | null): Step {
  if (!wish || (state.lastHole && sameWish(state.lastHole, wish))) return [state, []];
  const [next, effects] = askHistory(state, wish);
  // What could not be asked for now is still to be asked for.
  return [next.histories === state.histories ? next : { ...next, lastHole: wish }, effects];
}

function sameWish(a: HistoryWish, b: HistoryWish): boolean {
  return a.peer === b.peer && a.before === b.before;
}

// --- the outbox

function loadOutbox(state: ClientState): Step {
  if (state.loading) return [{ ...state, loadAgain: true }, []];
  return [{ ...state, loading: true, loadAgain: false }, [{ kind: 'load-outbox', limit: FLIGHT_WINDOW * 2 }]];
}

function onOutbox(state: ClientState, queued: readonly Queued[]): Step {
  const loaded: ClientState = { ...state, loading: false };
  if (state.loadAgain) return loadOutbox(loaded);
  const present = new Set(queued.map(({ op }) => op.id));
  // What left the outbox in another way (a receipt replaced by a newer one) is no longer waited for.
  const inFlight = new Set([...state.inFlight].filter((id) => present.has(id)));
  const next: ClientState = { ...loaded, outbox: queued, inFlight };
  if (betweenExchanges(next) && sendable(next).length > 0) return connect(next);
  return then(greetWhenReady(next), flush);
}

function flush(state: ClientState): Step {
  if (state.phase !== 'greeting' && state.phase !== 'live') return [state, []];
  // The reset decides what is first in line.
  if (state.incoming.some(({ kind }) => kind === 'reset')) return [state, []];
  // What is said after the hello of an exchange nobody hears.
  const ops = state.exchanging ? [] : sendable(state);
  if (ops.length === 0) return [state, []];
  const inFlight = new Set(state.inFlight);
  for (const op of ops) inFlight.add(op.id);
  const [next, more] = flush({ ...state, inFlight });
  return [next, [send({ t: 'ops', ops }), ...more]];
}

/**
 * The next operations to send, in the order they were made, as many as fit into one frame. An operation waits for the
 * one it depends on, and an answered one until its answer is stored; everything later in the lane waits with them.
 */
function sendable(state: ClientState, most = FRAME_BYTES): Operation[] {
  const ops: Operation[] = [];
  const unsettled = new Set(state.outbox.map(({ op }) => op.id));
  const answered = new Set([...state.settling, ...state.results].map(({ id }) => id));
  const held = new Set<string>();
  const numbered = knowsNumbers(state);
  let bytes = 0;
  for (const { op, lane, after } of state.outbox) {
    if (answered.has(op.id) || (after !== null && unsettled.has(after))) held.add(lane);
    if (op.kind === 'receipt' && !numbered) held.add(lane);
    if (held.has(lane) || state.inFlight.has(op.id)) continue;
    const size = op.kind === 'message.send' ? op.envelope.byteLength : 0;
    // A large one goes alone, but in no hello.
    const fits = bytes + size <= most || (ops.length === 0 && most === FRAME_BYTES);
    const full = ops.length >= MAX_OPS_PER_FRAME || !fits;
    if (full || state.inFlight.size + ops.length >= FLIGHT_WINDOW) break;
    ops.push(op);
    bytes += size;
  }
  return ops;
}

/**
 * Receipts speak in numbers of messages, and a restored server may have given the same numbers to other messages. So
 * they travel in the hello, whose cursor tells which history they are of (with one that does not fit, nothing of a
 * hello is carried out), or once it is known to be the server's: never on a guess, or while a snapshot renews them.
 */
function knowsNumbers({ phase, cursor, epoch }: ClientState): boolean {
  if (cursor === null || phase === 'greeting') return false;
  return phase !== 'live' || cursor.epoch === epoch;
}

function settle(state: ClientState): Step {
  if (state.settling.length > 0 || state.results.length === 0) return [state, []];
  return [{ ...state, settling: state.results, results: [] }, [{ kind: 'settle', results: state.results }]];
}

function onSettled(state: ClientState): Step {
  const settled = new Set(state.settling.map(({ id }) => id));
  const next: ClientState = {
    ...state,
    settling: [],
    outbox: state.outbox.filter(({ op }) => !settled.has(op.id)),
    inFlight: new Set([...state.inFlight].filter((id) => !settled.has(id))),
  };
  return then(settle(next), loadOutbox);
}

function onSettleFailed(state: ClientState, code: string): Step {
  return state.exchanging ? pauseExchanges(state, code) : drop(state, code);
}

// --- helpers

function isConnected({ phase }: ClientState): boolean {
  return phase === 'connecting' || phase === 'greeting' || phase === 'live';
}

function send(frame: Up): ClientEffect {
  return { kind: 'send', frame };
}

function answerWithin(ms: number): ClientEffect {
  return { kind: 'timer', name: 'answer', ms, jitter: false };
}

function then([state, effects]: Step, more: (state: ClientState) => Step): Step {
  const [next, added] = more(state);
  return [next, [...effects, ...added]];
}

export function statusOf(state: ClientState): SyncStatus {
  const { phase, reason } = state;
  if (phase === 'stopped') return { link: 'stopped', progress: null, reason };
  if (state.exchanging && state.attempt === 0) return { link: 'live', progress: null, reason };
  if (phase === 'waiting') return { link: 'offline', progress: null, reason };
  if (phase !== 'live') {
    return { link: state.offline || state.attempt > 2 ? 'offline' : 'connecting', progress: null, reason };
  }
  const stored = state.cursor?.seq ?? 0;
  const total = state.head - state.caughtFrom;
  if (stored >= state.head || total < WORTH_SHOWING) return { link: 'live', progress: null, reason };
  return { link: 'catching-up', progress: { done: stored - state.caughtFrom, total }, reason };
}

function sameStatus(a: SyncStatus, b: SyncStatus): boolean {
  return (
    a.link === b.link &&
    a.reason === b.reason &&
    a.progress?.done === b.progress?.done &&
    a.progress?.total === b.progress?.total
  );
}
