import { Failure } from '#shared/errors.ts';
import type { Pins } from '#shared/crypto/pins.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import { type Body, decodePayload } from '#shared/schema/payload.ts';
import { openContact, standingOf, trustOf } from './contact.ts';
import type { ContactContent } from './contents.ts';
import type { Context } from './context.ts';
import { emptyConversation, newestOf, unreadOf } from './conversations.ts';
import { type Ranges, isHoleBetween } from './numbers.ts';
import { createOpenedCache } from './opened.ts';
import type { Span, StoredContact, StoredConversation, StoredMessage, StoredWindow } from './ports.ts';
import { type ContactRow, type ConversationRow, type DraftRow, type Mark, type MessageRow } from './rows.ts';
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
  /** What a message says in words, read for once. Throws a Failure (UNREADABLE). */
  text(id: OpId, sealed: Bytes): Promise<string | null>;
  /** Forgets everything that was opened. */
  clear(): void;
}

interface Shows<Raw, Shown> {
  query(): Promise<Raw>;
  present(raw: Raw): Promise<Shown>;
}
interface ListRows {
  readonly contacts: readonly ContactRow[];
  readonly conversations: readonly ConversationRow[];
  readonly drafts: readonly DraftRow[];
  readonly last: readonly (MessageRow | undefined)[];
}
interface WindowRows {
  readonly read: Read;
  readonly theirs: Mark;
  readonly held: Ranges;
  /** Another identity is offered for the contact. */
  readonly changed: boolean;
}

/** Messages kept opened: a few windows of the widest kind. */
const OPENED_MESSAGES = 4_000;
const OPENED_CONTACTS = 2_000;

const NOTHING_SEEN: Mark = { delivered: 0, seen: 0 };

export function createPresenter(context: Context): Presenter {
  const { db, keychain } = context;
  const bodies = createOpenedCache<Body>(OPENED_MESSAGES);
  const contents = createOpenedCache<ContactContent>(OPENED_CONTACTS);

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

  async function draft(row: DraftRow | undefined): Promise<string> {
    if (row === undefined) return '';
    return new TextDecoder().decode(await keychain.open('drafts', row.peer, row.sealed));
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
      async query() {
        const [contacts, conversations, drafts] = await Promise.all([
          db.contacts.toArray(),
          db.conversations.toArray(),
          db.drafts.toArray(),
        ]);
        const ids = conversations.flatMap(({ lastId }) => (lastId === null ? [] : [lastId]));
        return { contacts, conversations, drafts, last: await db.messages.bulkGet(ids) };
      },
      async present({ contacts, conversations, drafts, last }) {
        const byPeer = new Map(conversations.map((row) => [row.peer, row]));
        const draftByPeer = new Map(drafts.map((row) => [row.peer, row]));
        const lastById = new Map(last.flatMap((row) => (row === undefined ? [] : [[row.id, row] as const])));
        const rows = contacts.flatMap((contact) => {
          const row = byPeer.get(contact.id) ?? emptyConversation(contact.id);
          const standing = standingOf(contact);
          return standing === 'friends' || row.lastId !== null ? [{ contact, row, standing }] : [];
        });
        const shown = await Promise.all(
          rows.map(async ({ contact, row, standing }): Promise<StoredConversation> => {
            const message = row.lastId === null ? undefined : lastById.get(row.lastId);
            return {
              peer: contact.id,
              name: (await contentOf(contact)).name,
              standing,
              lastText: message === undefined ? '' : ((await textOf(message)) ?? ''),
              lastAt: message?.at ?? 0,
              lastTick: message === undefined ? null : tickOf(message, row.theirs),
              // What comes in while a block is on its way calls nobody.
              unread: standing === 'blocked' ? 0 : unreadOf(row),
              draft: await draft(draftByPeer.get(contact.id)),
            };
          }),
        );
        return shown.toSorted((a, b) => b.lastAt - a.lastAt || (a.name < b.name ? -1 : 1));
      },
    },

    timeline: (peer, span) => ({
      async query() {
        const [read, conversation, contact] = await Promise.all([
          readSpan(db, peer, span),
          db.conversations.get(peer),
          db.contacts.get(peer),
        ]);
        const { theirs, held } = conversation ?? emptyConversation(peer);
        return { read, theirs, held, changed: contact?.changed === 1 };
      },
      async present({ read, theirs, held, changed }) {
        const holes = holesBefore(read.before === null ? read.rows : [read.before, ...read.rows], held);
        const items = await Promise.all(
          read.rows.map(async (row) => {
            const shown = await presentMessage(row, theirs, holes.has(row.id));
            // Held until the person has decided about the new identity.
            return changed && row.state === 'queued' ? { ...shown, error: 'KEY_CHANGED' as const } : shown;
          }),
        );
        const hasEarlier = read.before !== null || items[0]?.holeBefore === true;
        return { items, hasEarlier, hasLater: read.hasLater };
      },
    }),

    async pins(rows) {
      const { pinOf } = await import('./after-open.ts');
      const pins = await Promise.all(rows.map(async (row) => [row.id, pinOf(await contentOf(row))] as const));
      return new Map(pins.flatMap(([peer, pin]) => (pin === null ? [] : [[peer, pin] as const])));
    },

    messageIds: async (peer) => (await newestOf(db, peer).primaryKeys()).toReversed(),
    async messages(ids) {
      const rows = await db.messages.bulkGet([...ids]);
      const present = rows.flatMap((row) => (row === undefined ? [] : [row]));
      return Promise.all(present.map((row) => presentMessage(row, NOTHING_SEEN, false)));
    },

    draft,
    text: async (id, sealed) => textIn(await open(id, sealed)),
    clear() {
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
