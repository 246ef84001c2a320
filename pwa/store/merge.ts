import { equalBytes } from '#shared/bytes.ts';
import type { OpId, UserId } from '#shared/ids.ts';
import type { Marks } from './batch.ts';
import { mergeCalls } from './calls.ts';
import { hasRaced, mergeChains } from './chain.ts';
import type { Context } from './context.ts';
import {
  canDeliver,
  deliverable,
  emptyConversation,
  indexed,
  lastMessageId,
  raised,
  withMessage,
  withSeen,
  withTheirs,
  withoutBreak,
} from './conversations.ts';
import type { Database } from './database.ts';
import { RACED } from './failures.ts';
import { type PreparedBatch, type PreparedContact, type PreparedMessage, noticeId } from './incoming.ts';
import { failHeld } from './held.ts';
import { epochOf, readMeta } from './meta.ts';
import { addNotice } from './notices.ts';
import { lastOf } from './numbers.ts';
import { queueReceipt } from './outbox.ts';
import { isBlocked } from './receipts.ts';
import { commitRenewed, isQueueAs } from './reseal.ts';
import type { ContactRow, ConversationRow, Mark, MessageRow } from './rows.ts';
import { keepSent } from './sent.ts';

/**
 * Inside a transaction: reads and decides, then writes what a batch comes to: entities, the outbox rows that it
 * settles, and receipts for what became durable. Nothing is written when it lost a race.
 */
export async function mergeBatch(
  context: Context,
  prepared: PreparedBatch,
): Promise<undefined | typeof RACED> {
  const { db, now } = context;
  if (await isJudgedOtherwise(db, prepared)) return RACED;
  const contacts = await mergeContacts(db, prepared.contacts);
  const log = contacts === RACED ? RACED : await mergeMessages(db, prepared);
  if (contacts === RACED || log === RACED) return RACED;
  if (await hasRaced(db, prepared.chains)) return RACED;

  await db.contacts.bulkPut(contacts);
  await db.messages.bulkPut([...log.changedById.values()]);
  await keepSent(db, await db.outbox.where('id').anyOf(log.settled).sortBy('order'), now());
  await db.outbox.where('id').anyOf(log.settled).delete();
  await db.foreign.bulkPut([...prepared.foreign]);
  await announce(db, prepared.revision);
  const lastCalls = await mergeCalls(db, prepared.calls);
  await db.conversations.bulkPut(await finishConversations(context, prepared.marks, log, lastCalls));
  for (const { row, released } of prepared.contacts) {
    if (released !== null) await commitRenewed(db, released.renewed);
    await failHeld(db, row.id);
  }
  for (const [peer, after] of log.refused) await addNotice(db, peer, 'identity-changed', now(), after);
  for (const { row, notice } of prepared.contacts) {
    if (notice !== null) await addNotice(db, row.id, notice, now());
  }
  await mergeChains(context, prepared.chains);
  return undefined;
}

/** What `mergeBatch` reads and writes. */
export const batchTables = (db: Database) => [
  db.meta,
  db.contacts,
  db.conversations,
  db.messages,
  db.outbox,
  db.sent,
  db.foreign,
  db.chains,
  db.notices,
  db.calls,
];

/** Whether a decision about a sender, or another history, came after the messages were judged. */
async function isJudgedOtherwise(db: Database, { judges, judgedIn }: PreparedBatch): Promise<boolean> {
  if (judgedIn !== undefined && judgedIn !== (await epochOf(db))) return true;
  const present = await db.contacts.bulkGet([...judges.keys()]);
  return [...judges.values()].some((rev, index) => rev !== (present[index]?.rev ?? null));
}

/** Devices learn of a new keyring here, and fetch it themselves. */
async function announce(db: Database, revision: number | null): Promise<void> {
  const known = (await readMeta(db, 'account'))?.revision ?? 0;
  if (revision !== null && revision > known) await db.meta.put({ key: 'account', revision });
}

async function mergeContacts(
  db: Database,
  contacts: readonly PreparedContact[],
): Promise<ContactRow[] | typeof RACED> {
  const present = await db.contacts.bulkGet(contacts.map(({ row }) => row.id));
  if (contacts.some(({ from }, index) => (present[index]?.rev ?? null) !== from)) return RACED;
  for (const { released } of contacts) {
    if (released !== null && !(await isQueueAs(db, released))) return RACED;
  }
  return contacts.map(({ row }, index) => ({ ...row, pending: present[index]?.pending ?? null }));
}

/** What the messages of a batch come to. */
interface Merged {
  readonly changedById: ReadonlyMap<OpId, MessageRow>;
  readonly conversationByPeer: Map<UserId, ConversationRow>;
  /** Conversations whose messages changed. */
  readonly touched: ReadonlySet<UserId>;
  /** Operations of ours that the server proves to have. */
  readonly settled: readonly OpId[];
  /** Who sent something under an identity that was given up, and behind which message the first of it stands. */
  readonly refused: ReadonlyMap<UserId, number>;
}

async function mergeMessages(
  db: Database,
  { messages, marks, calls }: PreparedBatch,
): Promise<Merged | typeof RACED> {
  const peers = [...new Set([...messages, ...marks, ...calls].map(({ peer }) => peer))];
  const conversations = await db.conversations.bulkGet(peers);
  const conversationByPeer = new Map(
    peers.map((peer, index) => [peer, conversations[index] ?? emptyConversation(peer)]),
  );
  const present = await db.messages.bulkGet(messages.map(({ message }) => message.op));
  const rowById = new Map(present.flatMap((row) => (row === undefined ? [] : [[row.id, row] as const])));
  const changedById = new Map<OpId, MessageRow>();
  const touched = new Set<UserId>();
  const settled: OpId[] = [];
  const refused = new Map<UserId, number>();

  for (const prepared of messages) {
    const { message, peer, mine } = prepared;
    const first = rowById.get(message.op);
    const other = first !== undefined && !isSame(first, prepared);
    const id = other ? noticeId(message.op, message.n) : message.op;
    const before = other ? (rowById.get(id) ?? (await db.messages.get(id))) : first;
    const row = other ? unreadable(prepared, id, false) : numbered(prepared, before);
    if (row === RACED) return RACED;
    const changes = before?.n !== row.n || before.state !== row.state || before.at !== row.at;
    if (changes) {
      rowById.set(id, row);
      changedById.set(id, row);
      touched.add(peer);
      if (before?.state === 'queued') settled.push(message.op);
    }
    if (prepared.content.kind === 'refused' && row.state === 'unreadable' && before === undefined) {
      refused.set(peer, Math.min(refused.get(peer) ?? Infinity, message.n - 1));
    }
    const conversation = conversationByPeer.get(peer) ?? emptyConversation(peer);
    const chained = before?.state === 'queued' ? withoutBreak(conversation) : conversation;
    conversationByPeer.set(peer, withMessage(chained, message.n, mine));
  }
  return { changedById, conversationByPeer, touched, settled, refused };
}

function isSame(row: MessageRow, { peer, mine, digest }: PreparedMessage): boolean {
  return row.peer === peer && row.mine === mine && equalBytes(row.digest, digest);
}

/** The row of a message that has its number. RACED when the row that held its content is gone meanwhile. */
function numbered(prepared: PreparedMessage, before: MessageRow | undefined): MessageRow | typeof RACED {
  const { message, peer, mine, digest, content } = prepared;
  const sealed = content.kind === 'opened' ? content.sealed : (before?.sealed ?? null);
  if (sealed === null) {
    if (content.kind === 'refused') return unreadable(prepared, message.op, false);
    return content.kind === 'closed' ? unreadable(prepared, message.op, content.curable) : RACED;
  }
  const { op: id, n, time: at } = message;
  return { id, peer, pos: n, n, mine, at, state: 'stored', code: null, digest, sealed };
}

function unreadable(
  { message, peer, mine, digest, content }: PreparedMessage,
  id: OpId,
  curable: boolean,
): MessageRow {
  const { n, time: at, envelope } = message;
  const row: MessageRow = {
    id,
    peer,
    pos: n,
    n,
    mine,
    at,
    state: 'unreadable',
    code: content.kind === 'refused' ? 'KEY_CHANGED' : 'UNREADABLE',
    digest,
    sealed: null,
    envelope,
  };
  return curable ? { ...row, unopened: peer } : row;
}

/** After the messages were written: watermarks rise, and ours over what is durable here now. */
async function finishConversations(
  { db, now }: Context,
  marks: readonly Marks[],
  { conversationByPeer, touched }: Merged,
  lastCalls: ReadonlyMap<UserId, OpId>,
): Promise<ConversationRow[]> {
  /** What the server knows of us, where it told all of it. */
  const toldByPeer = new Map<UserId, Marks['mine']>();
  for (const { peer, mine, theirs, head, time } of marks) {
    const conversation = upTo(conversationByPeer.get(peer) ?? emptyConversation(peer), head);
    const seen = withSeen(conversation, mine.seen);
    const ours = { ...seen, mine: raised(seen.mine, mine) };
    conversationByPeer.set(peer, withTheirs(ours, possible(theirs, seen), time));
    if (head !== null) toldByPeer.set(peer, mine);
  }
  const finished: ConversationRow[] = [];
  for (let conversation of conversationByPeer.values()) {
    const { peer } = conversation;
    if (touched.has(peer)) conversation = { ...conversation, lastId: await lastMessageId(db, peer) };
    const lastCall = lastCalls.get(peer);
    if (lastCall !== undefined) conversation = { ...conversation, lastCall };
    const tells = !(await isBlocked(db, peer));
    const delivers = tells && canDeliver(conversation);
    if (delivers) {
      const mine = { ...conversation.mine, delivered: deliverable(conversation) };
      conversation = { ...conversation, mine };
    }
    if (delivers || (tells && isBehind(toldByPeer.get(peer), conversation))) {
      await queueReceipt(db, peer, conversation.mine, now());
    }
    finished.push(indexed(conversation));
  }
  return finished;
}

/** Nobody can have what is not sent: a mark above every number that is known here comes again with its message. */
function possible({ delivered, seen }: Mark, { held }: ConversationRow): Mark {
  const last = lastOf(held);
  return { delivered: Math.min(delivered, last), seen: Math.min(seen, last) };
}

/** A restored server has fewer messages than we may have seen. */
function upTo(conversation: ConversationRow, head: number | null): ConversationRow {
  const { mine } = conversation;
  if (head === null || mine.delivered <= head) return conversation;
  return { ...conversation, mine: { delivered: head, seen: Math.min(mine.seen, head) } };
}

function isBehind(told: Marks['mine'] | undefined, { mine }: ConversationRow): boolean {
  return told !== undefined && (told.seen < mine.seen || told.delivered < mine.delivered);
}
