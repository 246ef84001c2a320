import type { ReadonlySignal } from '@preact/signals';
import type { OpId, UserId } from '#shared/ids.ts';
import { type Link, isConnected } from '../models/status.ts';
import type { Archive } from '../store/ports.ts';
import type { Seat } from '../transport/leadership.ts';
import { timers } from '../transport/timers.ts';
import type { Inside } from './inside.ts';
import type { Toasts } from './toasts.ts';
import type { Window } from './window.ts';

/** Older messages that this device has not fetched yet, brought here because somebody wants them now. */
interface Older {
  readonly archive: Pick<Archive, 'missing' | 'firstSince' | 'onChange'>;
  readonly seat: Pick<Seat, 'want'>;
  /** Whether the server can be asked, and the person still wants it. */
  readonly goesOn: () => boolean;
}

/** How long nothing may come of a question, in milliseconds. */
const PATIENCE_MS = 10_000;
/** About as many messages come at once. */
const PIECE = 200;

/** After so many questions of which nothing came, the server has nothing to say. */
const GIVE_UP_AFTER = 3;

/** Fetches everything. `tell` hears how many are left before each piece; resolves with how many are in the end. */
export async function fetchMissing(older: Older, tell: (left: number) => void): Promise<number> {
  const silent = new Set<UserId>();
  for (;;) {
    const missing = await older.archive.missing();
    const left = missing.reduce((sum, { count }) => sum + count, 0);
    tell(left);
    const next = missing.find(({ peer }) => !silent.has(peer));
    if (next === undefined || silent.size === GIVE_UP_AFTER || !older.goesOn()) return left;
    if (!(await fetchBelow(older, next.peer, next.before))) silent.add(next.peer);
  }
}

/**
 * The first message of a conversation at or after `at`, milliseconds since 1970; null when all are older. Where messages
 * are missing it asks for some in the middle of them, so that a day of years ago takes few questions. `isSure` is false
 * when it could not be asked for: an earlier one may be that day's first.
 */
async function findDay(
  older: Older,
  peer: UserId,
  at: number,
): Promise<{ readonly id: OpId; readonly isSure: boolean } | null> {
  for (;;) {
    const found = await older.archive.firstSince(peer, at);
    if (found === null) return null;
    const { id, gap } = found;
    if (gap === null) return { id, isSure: true };
    const isWide = gap.before - gap.after > 2 * PIECE;
    const below = isWide ? Math.floor((gap.after + gap.before + PIECE) / 2) : gap.before;
    if (!older.goesOn() || !(await fetchBelow(older, peer, below))) return { id, isSure: false };
  }
}

interface Going {
  readonly now: Inside;
  readonly link: ReadonlySignal<Link>;
  /** Whether the person still looks at this conversation. */
  readonly isHere: () => boolean;
  readonly frame: Pick<Window, 'toNewest' | 'openAround'>;
  readonly toasts: Pick<Toasts, 'show'>;
}

/** Shows the conversation from its first message at or after `at` on, and says so when an earlier one may be missing. */
export async function goToDay(going: Going, peer: UserId, at: number): Promise<void> {
  const { now, link, isHere, frame, toasts } = going;
  const { store, seat } = now;
  const goesOn = () => isHere() && isConnected(link.peek());
  const day = await findDay({ archive: await store.lookThrough(), seat, goesOn }, peer, at);
  if (!isHere()) return;
  if (day === null) return frame.toNewest();
  frame.openAround(store, peer, { id: day.id });
  if (!day.isSure) toasts.show('info', { what: 'day-missing' });
}

/** Asks for the messages below number `before`. False when none come. */
function fetchBelow({ archive, seat }: Older, peer: UserId, before: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (came: boolean) => {
      stop();
      cancel();
      resolve(came);
    };
    const stop = archive.onChange(() => end(true));
    const cancel = timers.after(PATIENCE_MS, () => end(false));
    seat.want(peer, before);
  });
}
