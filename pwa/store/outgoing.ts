import { equalBytes } from '#shared/bytes.ts';
import { sha256 } from '#shared/crypto/primitives.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import { FIRST_PREV, MAX_TEXT, type Body, decodePayload, encodePayload } from '#shared/schema/payload.ts';
import { openContact, standingOf } from './contact.ts';
import { sealingBundles } from './contacts.ts';
import type { Context } from './context.ts';
import { emptyConversation, withoutBreak } from './conversations.ts';
import type { Database } from './database.ts';
import { RACED, untilCommitted } from './failures.ts';
import { readInstallation } from './installation.ts';
import { newOpId } from './op-id.ts';
import { encodeOperation, friendLane, messageLane } from './outbox.ts';
import {
  type ContactRow,
  type ConversationRow,
  type Link,
  type MessageRow,
  type OutboxRow,
  UNSENT,
} from './rows.ts';

/** How a message is queued. */
interface How {
  /** A new one, where somebody has to know it before. */
  readonly id?: OpId;
  /** The draft is another text than this one. */
  readonly keepDraft?: boolean;
  /** The failed message that this one stands for. */
  readonly replaces?: OpId;
}

/** Seals a text and stores message, outbox row and summary together; the draft that it was is gone with them. */
export function queueMessage(
  context: Context,
  peer: UserId,
  text: string,
  how: Omit<How, 'replaces'> = {},
): Promise<OpId> {
  return context.inTurn(peer, async () => {
    if (text.length > MAX_TEXT) throw new Failure('FRAME_TOO_LARGE', 'text');
    return queueBody(context, peer, { kind: 'text', text }, how);
  });
}

/** Puts a failed message at the end of the queue, as a new operation; nothing to do if it no longer is failed. */
export async function retryMessage(context: Context, id: OpId): Promise<void> {
  const { db, keychain } = context;
  const asked = await db.messages.get(id);
  if (asked === undefined) return;
  await context.inTurn(asked.peer, async () => {
    const row = await db.messages.get(id);
    if (row?.state !== 'failed' || row.sealed === null) return;
    const payload = decodePayload(await keychain.open('messages', id, row.sealed));
    if (!payload.ok) throw new Failure('UNREADABLE', 'messages');
    await queueBody(context, row.peer, payload.value.body, { replaces: id });
  });
}

/** Every failed message to `peer`, in their order. */
export async function retryAllMessages(context: Context, peer: UserId): Promise<void> {
  const failed = await context.db.messages.where('failed').equals(1).sortBy('pos');
  for (const row of failed) if (row.peer === peer) await retryMessage(context, row.id);
}

async function queueBody(context: Context, peer: UserId, body: Body, how: How): Promise<OpId> {
  const time = context.now();
  const { id = newOpId(time) } = how;
  await untilCommitted(async () => commit(context, await prepare(context, { id, peer, time, body }), how));
  return id;
}

interface Draft {
  readonly id: OpId;
  readonly peer: UserId;
  readonly time: number;
  readonly body: Body;
}

interface Prepared extends Draft {
  readonly device: DeviceId;
  readonly rev: number;
  readonly counter: number;
  /** The place in our chain that it follows. */
  readonly before: Link;
  /** The payload, the chain that it ends and the operation, sealed. */
  readonly sealed: Bytes;
  readonly chain: Bytes;
  readonly digest: Bytes;
  readonly op: Bytes;
}

async function prepare({ db, keychain }: Context, draft: Draft): Promise<Prepared> {
  const { id, peer, time, body } = draft;
  const [row, before, { device }] = await db.transaction(
    'r',
    [db.contacts, db.conversations, db.outbox, db.meta],
    () =>
      Promise.all([
        db.contacts.get(peer),
        db.conversations.get(peer).then((stored) => endOfChain(db, stored ?? emptyConversation(peer))),
        readInstallation(db),
      ]),
  );
  const contact = mustBeSendable(row);
  const content = await openContact(keychain, contact);
  // What is held waits sealed to the one that is known, and is sealed again before it goes; it can't without one.
  const bundles = contact.changed === 1 ? content.bundles.slice(0, 1) : sealingBundles(content);
  const [root] = await keychain.roots(peer, bundles);
  if (root === undefined) {
    const isChanged = contact.changed === 1 || content.bundles.length > 0;
    throw new Failure(isChanged ? 'KEY_CHANGED' : 'BUNDLE_INVALID', 'contact');
  }
  const counter = before.counter + 1;
  const prev = before.chain === null ? FIRST_PREV : await keychain.open('conversations', peer, before.chain);
  const payload = encodePayload({ device, counter, prev, body });
  const [envelope, sealed, chain] = await Promise.all([
    keychain.sealMessage(root, { id, time, payload }),
    keychain.seal('messages', id, payload),
    sha256(payload).then((hash) => keychain.seal('conversations', peer, hash)),
  ]);
  const op = encodeOperation({ id, kind: 'message.send', to: peer, envelope });
  return {
    ...draft,
    device,
    rev: contact.rev,
    counter,
    before,
    sealed,
    chain,
    digest: await sha256(envelope),
    op,
  };
}

/** Where our next payload goes on: behind the newest, or, when the newest have failed for good, before those. */
async function endOfChain(db: Database, { peer, counter, chain, broken }: ConversationRow): Promise<Link> {
  if (broken === undefined) return { counter, chain };
  const waiting = await db.outbox.where('lane').equals(messageLane(peer)).count();
  return waiting === 0 ? broken : { counter, chain };
}

/** Messages go to friends, and to who will be one when our acceptance arrives. */
function mustBeSendable(row: ContactRow | undefined): ContactRow {
  if (row === undefined || standingOf(row) !== 'friends') throw new Failure('NOT_FRIENDS');
  return row;
}

function commit({ db }: Context, prepared: Prepared, { replaces, keepDraft = false }: How) {
  const tables = [db.meta, db.contacts, db.conversations, db.messages, db.outbox, db.drafts];
  return db.transaction('rw', tables, async () => {
    const { id, peer, time, counter, before, sealed, chain, digest, op } = prepared;
    // All at once: the person waits for each step to the database and back.
    const [row, stored, { device }, queued] = await Promise.all([
      db.contacts.get(peer),
      db.conversations.get(peer),
      readInstallation(db),
      db.outbox.where('lane').equals(friendLane(peer)).toArray(),
    ]);
    const contact = mustBeSendable(row);
    const conversation = stored ?? emptyConversation(peer);
    // Another tab queued a message, or keys or the device's name were replaced, while ours was being sealed.
    const end = await endOfChain(db, conversation);
    if (!isSameLink(end, before) || contact.rev !== prepared.rev) return RACED;
    if (device !== prepared.device) return RACED;
    if (replaces !== undefined) {
      if ((await db.messages.get(replaces))?.state !== 'failed') return undefined;
      await db.messages.delete(replaces);
    }

    const accept = queued.findLast(({ kind }) => kind === 'friend.accept');
    const entry: OutboxRow = { id, kind: 'message.send', lane: messageLane(peer), peer, op, before };
    const order = await db.outbox.add(accept === undefined ? entry : { ...entry, after: accept.id });
    const message: MessageRow = {
      id,
      peer,
      pos: UNSENT + order,
      n: null,
      mine: true,
      at: time,
      state: 'queued',
      code: null,
      digest,
      sealed,
    };
    await Promise.all([
      db.messages.add(message),
      db.conversations.put({ ...withoutBreak(conversation), lastId: id, counter, chain }),
      replaces === undefined && !keepDraft ? db.drafts.delete(peer) : undefined,
    ]);
    return undefined;
  });
}

function isSameLink(a: Link, b: Link): boolean {
  if (a.counter !== b.counter) return false;
  return a.chain === null || b.chain === null ? a.chain === b.chain : equalBytes(a.chain, b.chain);
}
