import type { HistoryPage, Page, SnapshotPart } from '../wire/down.ts';
import type { Cursor } from '../wire/up.ts';
import { STORE_RETRY, connect, drop, greetWhenReady, pauseExchanges, stop } from './connection.ts';
import {
  type ClientEffect,
  type ClientState,
  type Incoming,
  type Step,
  betweenExchanges,
  send,
  andThen,
} from './core.ts';
import { loadOutbox } from './outgoing.ts';
import type { HistoryWish } from './ports.ts';

/** What the client takes from the server: its log, snapshots instead of one, and history. One thing is stored at a time. */

/** Requests for history on their way, at most. */
const HISTORY_WINDOW = 4;

/** Only a page that continues exactly what we have may move the cursor. */
export function onPage(state: ClientState, page: Page): Step {
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
export function onResync(state: ClientState): Step {
  if (state.phase !== 'live') return drop(state, 'BAD_FRAME');
  const incoming = state.storing ? state.incoming.slice(0, 1) : [];
  const forgotten: ClientState = {
    ...state,
    incoming,
    inFlight: new Set(),
    callsInFlight: new Set(),
    snapshot: 'due',
    caughtFrom: 0,
  };
  return take(forgotten, { kind: 'reset' });
}

/** Parts follow one another from a first to a last; the pages that come then continue where the last one says. */
export function onPart(state: ClientState, part: SnapshotPart): Step {
  const expected = state.phase === 'live' && part.first === (state.snapshot !== 'begun');
  if (!expected || !part.conversations.every(isWhole)) return drop(state, 'BAD_FRAME');
  const snapshot = part.done ? 'none' : 'begun';
  return take({ ...state, snapshot, head: Math.max(state.head, part.seq) }, { kind: 'part', part });
}

export function onHistory(state: ClientState, id: number, page: HistoryPage): Step {
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

export function storeNext(state: ClientState): Step {
  const item = state.incoming[0];
  if (!item || state.storing) return [state, []];
  return [{ ...state, storing: true }, [{ kind: 'store', item, cursor: cursorAfter(state, item) }]];
}

/** Where the log stands once an item is stored; null when it stands where it stood. */
function cursorAfter({ epoch }: ClientState, item: Incoming): Cursor | null {
  if (item.kind === 'page') return { epoch, seq: item.page.to, tag: item.page.tag };
  return item.kind === 'part' && item.part.done ? { epoch, seq: item.part.seq, tag: item.part.tag } : null;
}

export function onStored(state: ClientState, item: Incoming): Step {
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
  const reloaded = renewed ? andThen(storeNext(stored), loadOutbox) : storeNext(stored);
  const [next, effects] = andThen(andThen(reloaded, greetWhenReady), findHole);
  return [next, [...took, ...effects]];
}

/** What the server is told to be durable here; after a reset that nothing is, so that it listens again. */
function takenBy(item: Incoming): number | null {
  if (item.kind === 'page') return item.page.to;
  if (item.kind === 'part') return item.part.seq;
  return item.kind === 'reset' ? 0 : null;
}

/** The cursor stays where it is: on a full device nothing is lost, it only comes later. */
export function onStoreFailed(state: ClientState, item: Incoming, code: string): Step {
  if (!state.storing || state.incoming[0] !== item) return [state, []];
  const failed: ClientState = { ...state, storing: false, reason: code };
  if (state.exchanging) return pauseExchanges({ ...failed, incoming: [] }, code);
  if (state.phase !== 'live') return greetWhenReady({ ...failed, incoming: [] });
  return [failed, [{ kind: 'timer', name: 'store', ms: STORE_RETRY, jitter: false }]];
}

// --- history

export function askHistory(state: ClientState, wish: HistoryWish): Step {
  const asked = [...state.histories.values()].some((other) => sameWish(other, wish));
  const can = state.phase === 'live' || betweenExchanges(state);
  if (!can || asked || state.histories.size >= HISTORY_WINDOW) return [state, []];
  const id = state.pings + 1;
  const asking = { ...state, pings: id, histories: new Map(state.histories).set(id, wish) };
  // Between two exchanges the next one asks.
  return state.phase === 'live' ? [asking, [send({ t: 'history', id, ...wish })]] : connect(asking);
}

/** When all else is done, what was skipped is fetched: the newest first, one piece at a time. */
export function findHole(state: ClientState): Step {
  const busy = state.incoming.length > 0 || state.snapshot !== 'none' || state.histories.size > 0;
  const idle = state.phase === 'live' || betweenExchanges(state);
  if (!idle || busy || state.looking || (state.cursor?.seq ?? 0) < state.head) return [state, []];
  return [{ ...state, looking: true }, [{ kind: 'find-hole' }]];
}

export function onHole(state: ClientState, wish: HistoryWish | null): Step {
  if (!wish || (state.lastHole && sameWish(state.lastHole, wish))) return [state, []];
  const [next, effects] = askHistory(state, wish);
  // What could not be asked for now is still to be asked for.
  return [next.histories === state.histories ? next : { ...next, lastHole: wish }, effects];
}

function sameWish(a: HistoryWish, b: HistoryWish): boolean {
  return a.peer === b.peer && a.before === b.before;
}
