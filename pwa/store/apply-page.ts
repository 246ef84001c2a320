import { equalBytes } from '#shared/bytes.ts';
import type { OpId, UserId } from '#shared/ids.ts';
import type { Page } from '#sync/wire/down.ts';
import type { Cursor } from '#sync/wire/up.ts';
import type { Context } from './context.ts';
import {
  canDeliver,
  emptyConversation,
  lastMessageId,
  raised,
  unreadWeight,
  withSeen,
} from './conversations.ts';
import type { Database } from './database.ts';
import { RACED, untilCommitted } from './failures.ts';
import {
  type PreparedContact,
  type PreparedMessage,
  type PreparedPage,
  noticeId,
  preparePage,
} from './incoming.ts';
import { prefixOf, withNumber } from './numbers.ts';
import { queueReceipt } from './outbox.ts';
import { reopenMessages } from './reopen.ts';
import type { ContactRow, ConversationRow, MessageRow } from './rows.ts';

/**
 * Stores a page: cryptography first, then one transaction with the entities, the outbox rows that the page settles,
 * receipts for what became durable, and the cursor.
 */
export async function applyPage(context: Context, page: Page, cursor: Cursor): Promise<void> {
  if (page.to < page.from || cursor.seq !== page.to) throw new Error('The cursor is not the end of the page');
  if (isRepeated(await readCursor(context.db), page, cursor)) return;
  const learned = await untilCommitted(async () => {
    const prepared = await preparePage(context, page);
    const committed = await commitPage(context, page, cursor, prepared);
    return committed === RACED ? RACED : prepared.contacts.filter((contact) => contact.learned);
  });
  // The page is stored: what is left can also be done at the next start.
  for (const { row } of learned) await reopenMessages(context, row.id).catch(context.report);
}

export async function readCursor(db: Database): Promise<Cursor | null> {
  const row = await db.meta.get('cursor');
  return row?.key === 'cursor' ? row.cursor : null;
}

/** True when the page is already stored. Throws when it does not continue what is stored. */
function isRepeated(stored: Cursor | null, page: Page, cursor: Cursor): boolean {
  if (stored === null && page.from === 0) return false;
  if (stored?.epoch === cursor.epoch) {
    if (stored.seq === cursor.seq && stored.tag === cursor.tag) return true;
    if (stored.seq === page.from) return false;
  }
  throw new Error('The page does not continue the log that is stored');
}

/** Reads and decides, then writes; nothing is written when it lost a race. */
function commitPage(context: Context, page: Page, cursor: Cursor, prepared: PreparedPage) {
  const { db } = context;
  const tables = [db.meta, db.contacts, db.conversations, db.messages, db.outbox, db.foreign];
  return db.transaction('rw', tables, async () => {
    // Another tab may have led for a moment.
    if (isRepeated(await readCursor(db), page, cursor)) return undefined;
    const contacts = await mergeContacts(db, prepared.contacts);
    const log = contacts === RACED ? RACED : await mergeMessages(db, prepared);
    if (contacts === RACED || log === RACED) return RACED;

    await db.contacts.bulkPut(contacts);
    await db.messages.bulkPut([...log.changedById.values()]);
    await db.outbox.where('id').anyOf(log.settled).delete();
    await db.foreign.bulkPut([...prepared.foreign]);
    await db.conversations.bulkPut(await finishConversations(context, prepared, log));
    await db.meta.put({ key: 'cursor', cursor });
    return undefined;
  });
}

async function mergeContacts(
  db: Database,
  contacts: readonly PreparedContact[],
): Promise<ContactRow[] | typeof RACED> {
  const present = await db.contacts.bulkGet(contacts.map(({ row }) => row.id));
  if (contacts.some(({ from }, index) => (present[index]?.rev ?? null) !== from)) return RACED;
  return contacts.map(({ row }, index) => ({ ...row, pending: present[index]?.pending ?? null }));
}

/** What the messages of a page come to. */
interface Merged {
  readonly changedById: ReadonlyMap<OpId, MessageRow>;
  readonly conversationByPeer: Map<UserId, ConversationRow>;
  /** Conversations whose messages changed. */
  readonly touched: ReadonlySet<UserId>;
  /** Operations of ours that the log proves to have arrived. */
  readonly settled: readonly OpId[];
}

async function mergeMessages(
  db: Database,
  { messages, receipts }: PreparedPage,
): Promise<Merged | typeof RACED> {
  const peers = [
    ...new Set([...messages, ...receipts.map(({ peer }) => ({ peer }))].map(({ peer }) => peer)),
  ];
  const conversations = await db.conversations.bulkGet(peers);
  const conversationByPeer = new Map(
    peers.map((peer, index) => [peer, conversations[index] ?? emptyConversation(peer)]),
  );
  const present = await db.messages.bulkGet(messages.map(({ entry }) => entry.op));
  const rowById = new Map(present.flatMap((row) => (row === undefined ? [] : [[row.id, row] as const])));
  const changedById = new Map<OpId, MessageRow>();
  const touched = new Set<UserId>();
  const settled: OpId[] = [];

  for (const message of messages) {
    const { entry, peer } = message;
    const first = rowById.get(entry.op);
    const other = first !== undefined && !isSame(first, message);
    const id = other ? noticeId(entry.op, entry.n) : entry.op;
    const before = other ? (rowById.get(id) ?? (await db.messages.get(id))) : first;
    const row = other ? unreadable(message, id, false) : numbered(message, before);
    if (row === RACED) return RACED;
    const changes = before?.n !== row.n || before.state !== row.state || before.at !== row.at;
    if (changes) {
      rowById.set(id, row);
      changedById.set(id, row);
      touched.add(peer);
      if (before?.state === 'queued') settled.push(entry.op);
    }
    const conversation = conversationByPeer.get(peer) ?? emptyConversation(peer);
    const { seen } = conversation.mine;
    conversationByPeer.set(peer, {
      ...conversation,
      held: withNumber(conversation.held, entry.n),
      lastInbound: message.mine ? conversation.lastInbound : Math.max(conversation.lastInbound, entry.n),
      unread: conversation.unread + unreadWeight(row, seen) - unreadWeight(before, seen),
    });
  }
  return { changedById, conversationByPeer, touched, settled };
}

function isSame(row: MessageRow, { peer, mine, digest }: PreparedMessage): boolean {
  return row.peer === peer && row.mine === mine && equalBytes(row.digest, digest);
}

/** The row of a message that has its number. RACED when the row that held its content is gone meanwhile. */
function numbered(message: PreparedMessage, before: MessageRow | undefined): MessageRow | typeof RACED {
  const { entry, peer, mine, digest, content } = message;
  const sealed = content.kind === 'opened' ? content.sealed : (before?.sealed ?? null);
  if (sealed === null) {
    return content.kind === 'closed' ? unreadable(message, entry.op, content.curable) : RACED;
  }
  const { op: id, n, time: at } = entry;
  return { id, peer, pos: n, n, mine, at, state: 'stored', code: null, digest, sealed };
}

function unreadable({ entry, peer, mine, digest }: PreparedMessage, id: OpId, curable: boolean): MessageRow {
  const { n, time: at, envelope } = entry;
  const row: MessageRow = {
    id,
    peer,
    pos: n,
    n,
    mine,
    at,
    state: 'unreadable',
    code: 'UNREADABLE',
    digest,
    sealed: null,
    envelope,
  };
  return curable ? { ...row, unopened: peer } : row;
}

/** After the messages were written: receipts raise watermarks, and ours rise over what is durable here now. */
async function finishConversations(
  { db, now }: Context,
  { receipts }: PreparedPage,
  { conversationByPeer, touched }: Merged,
): Promise<ConversationRow[]> {
  for (const { peer, mine, theirs } of receipts) {
    const conversation = conversationByPeer.get(peer) ?? emptyConversation(peer);
    const seen = await withSeen(db, conversation, mine.seen);
    conversationByPeer.set(peer, {
      ...seen,
      mine: raised(seen.mine, mine),
      theirs: raised(seen.theirs, theirs),
    });
  }
  const finished: ConversationRow[] = [];
  for (let conversation of conversationByPeer.values()) {
    const { peer } = conversation;
    if (touched.has(peer)) conversation = { ...conversation, lastId: await lastMessageId(db, peer) };
    if (canDeliver(conversation)) {
      const mine = { ...conversation.mine, delivered: prefixOf(conversation.held) };
      conversation = { ...conversation, mine };
      await queueReceipt(db, peer, mine, now());
    }
    finished.push(conversation);
  }
  return finished;
}
