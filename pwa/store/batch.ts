import type { Call } from '#shared/call.ts';
import type { UserId } from '#shared/ids.ts';
import type { Entry, ForeignEntry, HistoryPage, Message, Page, SnapshotPart } from '#sync/wire/down.ts';
import type { Mark } from './rows.ts';

/** What the server says of people and messages, in whichever frame it came: all of them are stored in one way. */
export interface Batch {
  readonly friends: readonly Friend[];
  readonly messages: readonly { readonly peer: UserId; readonly message: Message }[];
  readonly marks: readonly Marks[];
  readonly calls: readonly ToldCall[];
  /** Of the account's keyring; null when nothing is said of it. */
  readonly revision: number | null;
  /** Entries that this version can't use. */
  readonly unusable: readonly (Entry | ForeignEntry)[];
  /** Whether messages of others may well be here already. */
  readonly known: boolean;
}

/** A friendship as it stands at log position `seq`. */
export type Friend = Omit<Extract<Entry, { kind: 'friend' }>, 'kind' | 'time'>;

/** A call as it stands at log position `seq`; 0 where that is not known. */
export interface ToldCall {
  readonly peer: UserId;
  readonly call: Call;
  readonly seq: number;
}

/** Both sides' watermarks in a conversation. `head` is its last number, where the server says how all of it stands. */
export interface Marks {
  readonly peer: UserId;
  readonly mine: Mark;
  readonly theirs: Mark;
  readonly head: number | null;
  /** When that was, milliseconds since 1970; absent in a snapshot. */
  readonly time?: number;
}

export function batchOfPage(page: Page, self: UserId): Batch {
  const friends: Friend[] = [];
  const messages: { peer: UserId; message: Message }[] = [];
  const marks: Marks[] = [];
  const calls: ToldCall[] = [];
  const unusable: (Entry | ForeignEntry)[] = [];
  let revision: number | null = null;
  for (const entry of page.entries) {
    if (!isKnown(entry)) unusable.push(entry);
    else if (entry.kind === 'receipt') marks.push({ ...entry, head: null });
    else if (entry.kind === 'friend') friends.push(entry);
    else if (entry.kind === 'account') revision = Math.max(revision ?? 0, entry.revision);
    else if (entry.kind === 'call') {
      const told = toldCalls([entry], self, entry.seq);
      calls.push(...told);
      if (told.length === 0) unusable.push(entry);
    } else if (entry.from === self && entry.to !== self) messages.push({ peer: entry.to, message: entry });
    else if (entry.to === self && entry.from !== self) messages.push({ peer: entry.from, message: entry });
    else unusable.push(entry);
  }
  return { friends, messages, marks, calls, revision, unusable, known: false };
}

/** Messages between others would not open, and be shown as that: their numbers are covered all the same. */
export function batchOfPart({ seq, revision, contacts, conversations }: SnapshotPart, self: UserId): Batch {
  return {
    friends: contacts.map((contact) => ({ ...contact, seq })),
    messages: conversations.flatMap(({ peer, messages }) => messages.map((message) => ({ peer, message }))),
    marks: conversations,
    calls: conversations.flatMap(({ peer, calls }) => toldCalls(calls, self, seq, peer)),
    revision,
    unusable: [],
    known: true,
  };
}

/** Nobody knows how far the log was when it was read: its calls have no position, and what has one stands above them. */
export function batchOfHistory({ peer, messages, calls }: HistoryPage, self: UserId): Batch {
  return {
    friends: [],
    messages: messages.map((message) => ({ peer, message })),
    marks: [],
    calls: toldCalls(calls, self, 0, peer),
    revision: null,
    unusable: [],
    known: true,
  };
}

/** Those of `calls` that are ours, with this peer if there is one. */
export function toldCalls(calls: readonly Call[], self: UserId, seq: number, peer?: UserId): ToldCall[] {
  return calls.flatMap((call) => {
    const { caller, callee } = call;
    if (caller === callee || (caller !== self && callee !== self)) return [];
    const other = caller === self ? callee : caller;
    return peer === undefined || peer === other ? [{ peer: other, call, seq }] : [];
  });
}

const KNOWN: ReadonlySet<string> = new Set<Entry['kind']>([
  'message',
  'receipt',
  'friend',
  'account',
  'call',
]);

function isKnown(entry: Entry | ForeignEntry): entry is Entry {
  return KNOWN.has(entry.kind);
}
