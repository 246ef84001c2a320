import { equalBytes, toBase64url } from '#shared/bytes.ts';
import { randomBytes, sha256 } from '#shared/crypto/primitives.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import { FIRST_PREV, type Payload, decodePayload, encodePayload } from '#shared/schema/payload.ts';
import type { Operation } from '#sync/wire/up.ts';
import { openContact } from './contacts.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { RACED, untilCommitted } from './failures.ts';
import { newOpId } from './op-id.ts';
import { decodeOperation, encodeOperation } from './outbox.ts';
import type { ConversationRow, MessageRow, OutboxRow } from './rows.ts';

/**
 * This database is a copy of another that goes on under the same name. From here on they are two devices: this one
 * takes a new name, and what it has not sent gets new ids and is sealed anew, because ids stand for one content and
 * a device counts its payloads. What the server had acknowledged keeps its ids: there it is the same message.
 */
export async function renameDevice(context: Context): Promise<void> {
  const { db, fence } = context;
  await untilCommitted(async () => {
    const queued = await db.outbox.orderBy('order').toArray();
    const renamed = await prepareRenaming(context, queued);
    const tables = [db.meta, db.contacts, db.conversations, db.messages, db.outbox];
    return db.transaction('rw', tables, async () => {
      await fence();
      if (!isSameQueue(await db.outbox.orderBy('order').toArray(), queued)) return RACED;
      return commitRenaming(db, renamed);
    });
  });
}

interface Renaming {
  readonly device: DeviceId;
  readonly rows: readonly OutboxRow[];
  readonly messages: readonly RenamedMessage[];
  readonly newIds: ReadonlyMap<OpId, OpId>;
  /** Where the new device's chain of payloads stands, for conversations in which it has begun. */
  readonly chains: ReadonlyMap<UserId, Pick<ConversationRow, 'counter' | 'chain'>>;
}

interface RenamedMessage extends Pick<MessageRow, 'digest' | 'sealed'> {
  readonly was: OpId;
  readonly id: OpId;
}

async function prepareRenaming(context: Context, queued: readonly OutboxRow[]): Promise<Renaming> {
  const { db, keychain, now } = context;
  const device = toBase64url(randomBytes(16)) as DeviceId;
  const renewed = queued.filter(({ again }) => again === undefined);
  const newIds = new Map(renewed.map(({ id }) => [id, newOpId(now())]));
  const links = new Map<UserId, { counter: number; prev: Bytes }>();
  const rows: OutboxRow[] = [];
  const messages: RenamedMessage[] = [];
  // One after the other: each payload names the one before it.
  for (const row of renewed) {
    const id = newIds.get(row.id) ?? row.id;
    const after = row.after && { after: newIds.get(row.after) ?? row.after };
    const operation = decodeOperation(row.op);
    if (operation.kind !== 'message.send') {
      rows.push({ ...row, ...after, id, op: encodeOperation({ ...operation, id }) });
      continue;
    }
    const message = await db.messages.get(row.id);
    if (message === undefined || message.sealed === null) throw new Failure('UNREADABLE', 'messages');
    const { counter, prev } = links.get(row.peer) ?? { counter: 0, prev: FIRST_PREV };
    const link = { device, counter: counter + 1, prev };
    const sealed = await sealAnew(context, message, operation, { id, link });
    rows.push({ ...row, ...after, id, op: sealed.op });
    messages.push({ was: row.id, id, digest: sealed.digest, sealed: sealed.record });
    links.set(row.peer, { counter: link.counter, prev: sealed.hash });
  }
  const chains = await Promise.all(
    [...links].map(async ([peer, { counter, prev }]) => {
      return [peer, { counter, chain: await keychain.seal('conversations', peer, prev) }] as const;
    }),
  );
  return { device, rows, messages, newIds, chains: new Map(chains) };
}

async function sealAnew(
  { db, keychain }: Context,
  { id: was, peer, at, sealed }: MessageRow,
  operation: Extract<Operation, { kind: 'message.send' }>,
  { id, link }: { readonly id: OpId; readonly link: Omit<Payload, 'body'> },
) {
  const [contact, old] = await Promise.all([
    db.contacts.get(peer),
    keychain.open('messages', was, sealed ?? new Uint8Array(0)),
  ]);
  const read = decodePayload(old);
  const bundles = contact === undefined ? [] : (await openContact(keychain, contact)).bundles;
  const [root] = await keychain.roots(peer, bundles.slice(0, 1));
  if (!read.ok || root === undefined) throw new Failure('UNREADABLE', 'messages');
  const payload = encodePayload({ ...link, body: read.value.body });
  const envelope = await keychain.sealMessage(root, { id, time: at, payload });
  const [record, digest, hash] = await Promise.all([
    keychain.seal('messages', id, payload),
    sha256(envelope),
    sha256(payload),
  ]);
  return { op: encodeOperation({ ...operation, id, envelope }), record, digest, hash };
}

/** Whoever writes meanwhile takes a place in the queue; what is sealed again gets other bytes. */
function isSameQueue(present: readonly OutboxRow[], prepared: readonly OutboxRow[]): boolean {
  return (
    present.length === prepared.length &&
    present.every(({ order, op, after }, index) => {
      const before = prepared[index];
      return order === before?.order && after === before?.after && equalBytes(op, before?.op ?? op);
    })
  );
}

async function commitRenaming(
  db: Database,
  { device, rows, messages, newIds, chains }: Renaming,
): Promise<undefined> {
  await db.meta.put({ key: 'device', device, gen: 0 });
  await db.outbox.bulkPut([...rows]);
  const before = await db.messages.bulkGet(messages.map(({ was }) => was));
  await db.messages.bulkDelete(messages.map(({ was }) => was));
  await db.messages.bulkAdd(
    messages.flatMap(({ id, digest, sealed }, index) => {
      const row = before[index];
      return row === undefined ? [] : [{ ...row, id, digest, sealed }];
    }),
  );
  await db.conversations.toCollection().modify((row, ref) => {
    const lastId = row.lastId && (newIds.get(row.lastId) ?? row.lastId);
    ref.value = { ...row, lastId, ...(chains.get(row.peer) ?? { counter: 0, chain: null }) };
  });
  await db.contacts.toCollection().modify((row, ref) => {
    const op = row.pending && newIds.get(row.pending.op);
    if (row.pending && op) ref.value = { ...row, pending: { ...row.pending, op } };
  });
  return undefined;
}
