import { Failure } from '#shared/errors.ts';
import type { Pins } from '#shared/crypto/pins.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import { type Body, decodePayload } from '#shared/schema/payload.ts';
import { openContact, standingOf, trustOf } from './contact.ts';
import type { ContactContent } from './contents.ts';
import type { Context } from './context.ts';
import { emptyConversation, newestOf, unreadOf } from './conversations.ts';
import { createKeptRows } from './kept-rows.ts';
import { type Ranges, isHoleBetween } from './numbers.ts';
import { type ListRows, present } from './list-rows.ts';
import { createOpenedCache } from './opened.ts';
import { placedCalls } from './placed-calls.ts';
import type { Span, StoredContact, StoredConversation, StoredMessage, StoredWindow } from './ports.ts';
import type { CallRow, ContactRow, DraftRow, Mark, MessageRow } from './rows.ts';
import { type Read, readSpan } from './span.ts';

/** Rows as they are read by live queries, and how people see them once opened. */
export interface Presenter {
  readonly contacts: Shows<readonly ContactRow[], readonly StoredContact[]>;
  readonly conversations: Shows<ListRows, readonly StoredConversation[]>;
  timeline(peer: UserId, span: Span): Shows<WindowRows, StoredWindow>;
  pins(rows: readonly ContactRow[]): Promise<Pins>;
  /** In reading order. */
  messageIds(peer: UserId): Promise<readonly OpId[]>;
  messages(ids: readonly OpId[]): Promise<readonly StoredMessage[]>;
  draft(row: DraftRow | undefined): Promise<string>;
  /** What a contact is called. */
  nameOf(row: ContactRow): Promise<string>;
  /** What a message says in words, read for once. Throws a Failure (UNREADABLE). */
  text(id: OpId, sealed: Bytes): Promise<string | null>;
  /** Forgets everything that was read and opened. */
  close(): void;
}

interface Shows<Raw, Shown> {
  query(): Promise<Raw>;
  present(raw: Raw): Promise<Shown>;
}
interface WindowRows {
  readonly read: Read;
  readonly mine: Mark;
  readonly theirs: Mark;
  readonly holes: ReadonlySet<OpId>;
  readonly hasEarlier: boolean;
  readonly calls: readonly CallRow[];
  readonly contact: ContactRow | undefined;
}

/** Messages kept opened: a few windows of the widest kind. */
const OPENED_MESSAGES = 4_000;
const OPENED_CONTACTS = 2_000;
/** Calls in one window, at most: some people call more than they write. */
const MOST_CALLS = 500;

const NOTHING_SEEN: Mark = { delivered: 0, seen: 0 };

export function createPresenter(context: Context): Presenter {
  const { db, keychain } = context;
  const bodies = createOpenedCache<Body>(OPENED_MESSAGES);
  const contents = createOpenedCache<ContactContent>(OPENED_CONTACTS);
  const lastMessages = createKeptRows(db.name, db.messages);
  const lastCalls = createKeptRows(db.name, db.calls);

  const contentOf = (row: ContactRow) =>
    contents.get(`${row.id} ${row.rev}`, () => openContact(keychain, row));

  async function open(id: OpId, sealed: Bytes): Promise<Body> {
    const payload = decodePayload(await keychain.open('messages', id, sealed));
    if (!payload.ok) throw new Failure('UNREADABLE', 'messages');
    return payload.value.body;
  }

  async function textOf({ id, sealed }: MessageRow): Promise<string | null> {
    return sealed === null ? null : textIn(await bodies.get(id, () => open(id, sealed)));
  }

  async function presentMessage(row: MessageRow, theirs: Mark, holeBefore: boolean): Promise<StoredMessage> {
    const { id, mine, at, n, code } = row;
    return { id, mine, text: await textOf(row), at, n, tick: tickOf(row, theirs), error: code, holeBefore };
  }

  const nameOf = async (row: ContactRow) => (await contentOf(row)).name;

  /** What shows calls is loaded with the first of them. */
  async function openCalls(rows: readonly CallRow[], contacts: readonly (ContactRow | undefined)[]) {
    if (rows.length === 0) return [];
    return (await import('./call-store.ts')).showCalls(context, rows, contacts, nameOf);
  }

  async function draft(row: DraftRow | undefined): Promise<string> {
    if (row === undefined) return '';
    return new TextDecoder().decode(await keychain.open('drafts', row.peer, row.sealed));
  }

  async function presentList(list: ListRows): Promise<readonly StoredConversation[]> {
    const { contacts, conversations, drafts, lastById, lastCallById } = list;
    const byPeer = new Map(conversations.map((row) => [row.peer, row]));
    const draftByPeer = new Map(drafts.map((row) => [row.peer, row]));
    const rows = contacts.flatMap((contact) => {
      const row = byPeer.get(contact.id) ?? emptyConversation(contact.id);
      const standing = standingOf(contact);
      const isShown = standing === 'friends' || row.lastId !== null || row.lastCall !== undefined;
      const message = row.lastId === null ? undefined : lastById.get(row.lastId);
      return isShown ? [{ contact, row, standing, message }] : [];
    });
    const endByPeer = new Map(rows.map(({ row, message }) => [row.peer, message?.pos ?? 0]));
    const newest = [...lastCallById.values()].filter((call) => call.after >= (endByPeer.get(call.peer) ?? 0));
    const calls = new Map((await openCalls(newest, contacts)).map((call) => [call.peer, call]));
    const shown = await Promise.all(
      rows.map(async ({ contact, row, standing, message }): Promise<StoredConversation> => {
        const lastCall = calls.get(contact.id) ?? null;
        const content = await contentOf(contact);
        return {
          peer: contact.id,
          name: content.name,
          standing,
          lastText: message === undefined ? '' : ((await textOf(message)) ?? ''),
          lastAt: lastCall?.startedAt ?? message?.at ?? 0,
          lastTick: message === undefined ? null : tickOf(message, row.theirs),
          lastCall,
          // What comes in while a block is on its way calls nobody.
          unread: standing === 'blocked' ? 0 : unreadOf(row),
          draft: await draft(draftByPeer.get(contact.id)),
          trust: trustOf(contact, content),
        };
      }),
    );
    return shown.toSorted((a, b) => b.lastAt - a.lastAt || (a.name < b.name ? -1 : 1));
  }

  return {
    contacts: {
      query: () => db.contacts.toArray(),
      present: (rows) =>
        Promise.all(
          rows.map(async (row) => {
            const content = await contentOf(row);
            const { name, fingerprint } = content;
            return {
              id: row.id,
              name,
              standing: standingOf(row),
              pending: row.pending !== null,
              fingerprint,
              trust: trustOf(row, content),
              gone: row.gone === 1,
            };
          }),
        ),
    },

    conversations: {
      query: () =>
        db.transaction('r', [db.contacts, db.conversations, db.drafts, db.messages, db.calls], async () => {
          const [contacts, conversations, drafts] = await Promise.all([
            db.contacts.toArray(),
            db.conversations.toArray(),
            db.drafts.toArray(),
          ]);
          const [lastById, lastCallById] = await Promise.all([
            lastMessages.get(conversations.flatMap(({ lastId }) => lastId ?? [])),
            lastCalls.get(conversations.flatMap(({ lastCall }) => lastCall ?? [])),
          ]);
          return { contacts, conversations, drafts, lastById, lastCallById };
        }),
      present: presentList,
    },

    timeline: (peer, span) => ({
      query: () =>
        db.transaction('r', [db.messages, db.conversations, db.contacts, db.calls], async () => {
          const [read, conversation, contact] = await Promise.all([
            readSpan(db, peer, span),
            db.conversations.get(peer),
            db.contacts.get(peer),
          ]);
          const { mine, theirs, held } = conversation ?? emptyConversation(peer);
          const holes = holesBefore(read.before === null ? read.rows : [read.before, ...read.rows], held);
          const [first, last] = [read.rows[0], read.rows.at(-1)];
          const hasEarlier = read.before !== null || (first !== undefined && holes.has(first.id));
          const from = hasEarlier ? (first?.pos ?? 0) : 0;
          const to = read.hasLater ? (last?.pos ?? 0) : Infinity;
          // oxlint-disable-next-line unicorn/no-array-reverse -- a query, not an array
          const newestCalls = placedCalls(db, peer, from, to).reverse().limit(MOST_CALLS);
          return { read, mine, theirs, holes, hasEarlier, contact, calls: await newestCalls.toArray() };
        }),
      async present({ read, mine, theirs, holes, hasEarlier, contact, calls }) {
        const changed = contact?.changed === 1;
        const items = await Promise.all(
          read.rows.map(async (row) => {
            const shown = await presentMessage(row, theirs, holes.has(row.id));
            // Held until the person has decided about the new identity.
            return changed && row.state === 'queued' ? { ...shown, error: 'KEY_CHANGED' as const } : shown;
          }),
        );
        const shownCalls = await openCalls(calls.toReversed(), [contact]);
        return { items, calls: shownCalls, hasEarlier, hasLater: read.hasLater, seen: mine.seen };
      },
    }),

    async pins(rows) {
      const { pinOf } = await import('./after-open.ts');
      const pins = await Promise.all(rows.map(async (row) => [row.id, pinOf(await contentOf(row))] as const));
      return new Map(pins.flatMap(([peer, pin]) => (pin === null ? [] : [[peer, pin] as const])));
    },

    messageIds: async (peer) => (await newestOf(db, peer).primaryKeys()).toReversed(),
    async messages(ids) {
      const rows = present(await db.messages.bulkGet([...ids]));
      return Promise.all(rows.map((row) => presentMessage(row, NOTHING_SEEN, false)));
    },

    draft,
    nameOf,
    text: async (id, sealed) => textIn(await open(id, sealed)),
    close() {
      lastMessages.close();
      lastCalls.close();
      bodies.clear();
      contents.clear();
    },
  };
}

/** Null for what is not said in words. */
const textIn = (body: Body) => (body.kind === 'text' ? body.text : null);

/** The messages before which numbers are missing. The first of `inOrder` stands for the first of all. */
function holesBefore(inOrder: readonly MessageRow[], held: Ranges): Set<OpId> {
  const holes = new Set<OpId>();
  let last = 0;
  for (const { id, n } of inOrder) {
    if (n === null) continue;
    if (isHoleBetween(held, last, n)) holes.add(id);
    last = n;
  }
  return holes;
}

/** How far one of our messages got. Derived from the peer's watermarks, so no message is written for a tick. */
export function tickOf({ mine, state, n }: MessageRow, theirs: Mark): StoredMessage['tick'] {
  if (!mine) return null;
  if (state === 'queued' || state === 'failed') return state;
  if (n === null) return 'sent';
  if (n <= theirs.seen) return 'seen';
  return n <= theirs.delivered ? 'delivered' : 'sent';
}
