import { sha256 } from '#shared/crypto/primitives.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import { FIRST_PREV, decodePayload, encodePayload } from '#shared/schema/payload.ts';
import { openContact } from './contact.ts';
import { sealingBundles } from './contacts.ts';
import type { Context } from './context.ts';
import { lastMessageId } from './conversations.ts';
import { RACED, untilCommitted } from './failures.ts';
import { takeHeld } from './held.ts';
import { mayBeOffered, readOffers } from './offers.ts';
import { encodeOperation, messageLane } from './outbox.ts';
import { decodeOperation } from './read-outbox.ts';
import type { Link, MessageRow, OutboxRow } from './rows.ts';

/**
 * Takes a message that was certainly not sent off this device, and gives what it said; null when the server may have
 * it, or it is gone. Messages queued behind it keep their ids, and are sealed anew, because each names the one before it.
 */
export async function takeBack(context: Context, id: OpId): Promise<{ readonly text: string } | null> {
  const { db } = context;
  const asked = await db.messages.get(id);
  if (asked === undefined) return null;
  return context.inTurn(asked.peer, () =>
    untilCommitted(async () => {
      const row = await db.messages.get(id);
      if (row === undefined || row.sealed === null) return null;
      const text = await textOf(context, row.id, row.sealed);
      if (row.state !== 'queued') return (await removeFailed(context, row)) ? { text } : null;
      const behind = await prepareBehind(context, row);
      const outcome = await commit(context, row, behind);
      if (outcome === RACED) return RACED;
      return outcome ? { text } : null;
    }),
  );
}

/** A message behind the one that is taken away, at its new place in the chain. */
interface Moved {
  readonly row: OutboxRow;
  readonly before: Link;
  readonly op: Bytes;
  readonly sealed: Bytes;
  readonly digest: Bytes;
}

interface Behind {
  readonly taken: OutboxRow | undefined;
  /** What was queued behind it, whether or not it could be moved. */
  readonly ids: readonly OpId[];
  readonly moved: readonly Moved[];
  /** Where the chain of this device ends then; null when it can't be rebuilt. */
  readonly end: Link | null;
}

async function prepareBehind(context: Context, { id, peer }: MessageRow): Promise<Behind> {
  const { db } = context;
  const queued = await db.outbox.where('lane').equals(messageLane(peer)).sortBy('order');
  const at = queued.findIndex((one) => one.id === id);
  const taken = queued[at];
  const rows = at === -1 ? [] : queued.slice(at + 1);
  const ids = rows.map((row) => row.id);
  // What was acknowledged once has its place in the chain already.
  if (taken?.before === undefined) return { taken, ids, moved: [], end: null };
  let end = taken.before;
  const moved: Moved[] = [];
  for (const row of rows) {
    const next = await move(context, peer, row, end);
    moved.push(next.moved);
    end = next.end;
  }
  return { taken, ids, moved, end };
}

async function move(
  { db, keychain }: Context,
  peer: UserId,
  row: OutboxRow,
  before: Link,
): Promise<{ readonly moved: Moved; readonly end: Link }> {
  const [message, contact] = await Promise.all([db.messages.get(row.id), db.contacts.get(peer)]);
  if (contact === undefined || message === undefined || message.sealed === null)
    throw new Failure('UNREADABLE', 'messages');
  const content = await openContact(keychain, contact);
  // As in outgoing.ts: what is held is sealed to the one that is known, and again before it goes.
  const bundles = contact.changed === 1 ? content.bundles.slice(0, 1) : sealingBundles(content);
  const [root] = await keychain.roots(peer, bundles);
  if (root === undefined) throw new Failure('KEY_CHANGED', 'contact');
  const old = decodePayload(await keychain.open('messages', row.id, message.sealed));
  const operation = decodeOperation(row.op);
  if (!old.ok || operation.kind !== 'message.send') throw new Failure('UNREADABLE', 'messages');
  const counter = before.counter + 1;
  const prev = before.chain === null ? FIRST_PREV : await keychain.open('conversations', peer, before.chain);
  const { device, body } = old.value;
  const payload = encodePayload({ device, counter, prev, body });
  const [envelope, sealed, chain] = await Promise.all([
    keychain.sealMessage(root, { id: row.id, time: message.at, payload }),
    keychain.seal('messages', row.id, payload),
    sha256(payload).then((hash) => keychain.seal('conversations', peer, hash)),
  ]);
  const op = encodeOperation({ ...operation, envelope });
  return { moved: { row, before, op, sealed, digest: await sha256(envelope) }, end: { counter, chain } };
}

function commit(
  { db }: Context,
  { id, peer }: MessageRow,
  { taken, ids, moved, end }: Behind,
): Promise<boolean | typeof RACED> {
  const tables = [db.meta, db.contacts, db.conversations, db.messages, db.outbox];
  return db.transaction('rw', tables, async () => {
    const row = await db.messages.get(id);
    if (row?.state !== 'queued') return row === undefined ? false : RACED;
    const present = await db.outbox.where('lane').equals(messageLane(peer)).sortBy('order');
    const now = present.find((one) => one.id === id);
    if (now === undefined) return false;
    if (taken === undefined) return RACED;
    if (mayBeOffered(await readOffers(db), now) || end === null) {
      // The server has refused what is held, or was never asked.
      if (!(await takeHeld(db, row))) return false;
    } else {
      const behind = present.filter(({ order }) => (order ?? 0) > (now.order ?? 0)).map((one) => one.id);
      if (behind.length !== ids.length || behind.some((one, index) => one !== ids[index])) return RACED;
      await db.outbox.where('id').equals(id).delete();
      for (const one of moved) {
        await db.outbox.where('id').equals(one.row.id).modify({ op: one.op, before: one.before });
        await db.messages.update(one.row.id, { sealed: one.sealed, digest: one.digest });
      }
      await db.conversations.update(peer, { counter: end.counter, chain: end.chain });
    }
    await db.messages.delete(id);
    await db.conversations.update(peer, { lastId: await lastMessageId(db, peer) });
    return true;
  });
}

async function removeFailed({ db }: Context, { id, peer }: MessageRow): Promise<boolean> {
  return db.transaction('rw', db.messages, db.conversations, async () => {
    if ((await db.messages.get(id))?.state !== 'failed') return false;
    await db.messages.delete(id);
    await db.conversations.update(peer, { lastId: await lastMessageId(db, peer) });
    return true;
  });
}

async function textOf({ keychain }: Context, id: OpId, sealed: Bytes): Promise<string> {
  const payload = decodePayload(await keychain.open('messages', id, sealed));
  if (!payload.ok || payload.value.body.kind !== 'text') throw new Failure('UNREADABLE', 'messages');
  return payload.value.body.text;
}
