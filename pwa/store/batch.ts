import type { UserId } from '#shared/ids.ts';
import type { Entry, ForeignEntry, HistoryPage, Message, Page, SnapshotPart } from '#sync/wire/down.ts';
import type { Mark } from './rows.ts';

/** What the server says of people and messages, in whichever frame it came: all of them are stored in one way. */
export interface Batch {
  readonly friends: readonly Friend[];
  readonly messages: readonly { readonly peer: UserId; readonly message: Message }[];
  readonly marks: readonly Marks[];
  /** Of the account's keyring; null when nothing is said of it. */
  readonly revision: number | null;
  /** Entries that this version can't use. */
  readonly unusable: readonly (Entry | ForeignEntry)[];
  /** Whether messages of others may well be here already. */
  readonly known: boolean;
}

/** A friendship as it stands at log position `seq`. */
export type Friend = Omit<Extract<Entry, { kind: 'friend' }>, 'kind' | 'time'>;

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
  const unusable: (Entry | ForeignEntry)[] = [];
  let revision: number | null = null;
  for (const entry of page.entries) {
    if (!isKnown(entry)) unusable.push(entry);
    else if (entry.kind === 'receipt') marks.push({ ...entry, head: null });
    else if (entry.kind === 'friend') friends.push(entry);
    else if (entry.kind === 'account') revision = Math.max(revision ?? 0, entry.revision);
    else if (entry.from === self && entry.to !== self) messages.push({ peer: entry.to, message: entry });
    else if (entry.to === self && entry.from !== self) messages.push({ peer: entry.from, message: entry });
    else unusable.push(entry);
  }
  return { friends, messages, marks, revision, unusable, known: false };
}

/** Messages between others would not open, and be shown as that: their numbers are covered all the same. */
export function batchOfPart({ seq, revision, contacts, conversations }: SnapshotPart): Batch {
  return {
    friends: contacts.map((contact) => ({ ...contact, seq })),
    messages: conversations.flatMap(({ peer, messages }) => messages.map((message) => ({ peer, message }))),
    marks: conversations,
    revision,
    unusable: [],
    known: true,
  };
}

export function batchOfHistory({ peer, messages }: HistoryPage): Batch {
  return {
    friends: [],
    messages: messages.map((message) => ({ peer, message })),
    marks: [],
    revision: null,
    unusable: [],
    known: true,
  };
}

const KNOWN: ReadonlySet<string> = new Set<Entry['kind']>(['message', 'receipt', 'friend', 'account']);

function isKnown(entry: Entry | ForeignEntry): entry is Entry {
  return KNOWN.has(entry.kind);
}
