import { equalBytes } from '#shared/bytes.ts';
import type { PairRoot } from '#shared/crypto/envelope.ts';
import { sha256 } from '#shared/crypto/primitives.ts';
import { keyIdOf, parseBundle } from '#shared/crypto/verify.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import { parseEnvelope } from '#shared/schema/envelope.ts';
import type { OpResult } from '#sync/wire/down.ts';
import { openContact } from './contact.ts';
import { heldBy, noticeOf, offerBundle, sealContact, sealingBundles, signingOf } from './contacts.ts';
import type { ContactContent } from './contents.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { encodeOperation, messageLane } from './outbox.ts';
import type { NoticeKind } from './ports.ts';
import { decodeOperation } from './read-outbox.ts';
import type { ContactRow, OutboxRow } from './rows.ts';

/** What an outdated key at the server comes to for one contact. */
export interface Resealing {
  readonly contact: ContactRow;
  /** The contact's revision that this was prepared from. */
  readonly from: number;
  /** Null while what is unsent waits until the person has decided about another identity. */
  readonly queue: Resealed | null;
  /** To be said in the conversation. */
  readonly notice: NoticeKind | null;
}

/** A queue that is sealed to the present key. */
export interface Resealed {
  readonly peer: UserId;
  /** The places of all rows that were there. */
  readonly orders: ReadonlySet<number>;
  readonly renewed: readonly Renewed[];
  /**
   * Those that were acknowledged once, by another identity than the present: nobody decided that this one gets them, so
   * they stay as they are.
   */
  readonly superseded: ReadonlySet<OpId>;
}

export interface Renewed {
  readonly id: OpId;
  readonly op: Bytes;
  readonly digest: Bytes;
  /** The digest of the envelope that it replaces. */
  readonly replaces: Bytes;
}

/**
 * Takes up the bundles that came with STALE_KEY. The whole queue of such a contact is sealed again, as far as it is
 * sealed to another key: each of them would be refused, one connection at a time. Payloads stay the same, and with
 * them the chain that they form. A message that is sealed to the present key already is left to fail.
 */
export async function prepareResealing(context: Context, stale: readonly OpResult[]): Promise<Resealing[]> {
  if (stale.length === 0) return [];
  const { db } = context;
  const rows = await db.outbox
    .where('id')
    .anyOf(stale.map(({ id }) => id))
    .toArray();
  const bundleByPeer = new Map<UserId, Bytes | undefined>();
  for (const { id, peer } of rows) {
    const result = stale.find((candidate) => candidate.id === id);
    const bundle = result?.ok === false ? result.bundle : undefined;
    bundleByPeer.set(peer, bundle ?? bundleByPeer.get(peer));
  }
  const resealings = await Promise.all(
    [...bundleByPeer].map(([peer, bundle]) => resealFor(context, peer, bundle)),
  );
  return resealings.filter((resealing) => resealing !== undefined);
}

async function resealFor(
  context: Context,
  peer: UserId,
  bundle: Bytes | undefined,
): Promise<Resealing | undefined> {
  const { db, keychain } = context;
  const row = await db.contacts.get(peer);
  if (row === undefined) return undefined;
  const before = await openContact(keychain, row);
  const { content } = bundle === undefined ? { content: before } : await offerBundle(before, peer, bundle);
  const contact: ContactRow =
    content === before
      ? row
      : {
          ...row,
          rev: row.rev + 1,
          changed: heldBy(content),
          sealed: await sealContact(keychain, peer, content),
        };
  const prepared = { contact, from: row.rev, notice: noticeOf(before, content) };
  if (contact.changed === 1) return { ...prepared, queue: null };
  const queue = await resealQueue(context, peer, content);
  return queue && { ...prepared, queue };
}

/** Everything unsent to a contact, sealed to the present key; undefined while no key of the pinned identity is known. */
export async function resealQueue(
  context: Context,
  peer: UserId,
  content: ContactContent,
): Promise<Resealed | undefined> {
  const [root] = await context.keychain.roots(peer, sealingBundles(content));
  if (root === undefined) return undefined;
  const queued = await context.db.outbox.where('lane').equals(messageLane(peer)).toArray();
  const again = queued.filter((row) => row.again === 1);
  const superseded = new Set(again.length === 0 ? [] : await notOfPresent(again, content));
  const renewed = await Promise.all(
    queued.filter(({ id }) => !superseded.has(id)).map((row) => renew(context, row, root)),
  );
  return {
    peer,
    orders: new Set(queued.flatMap(({ order }) => order ?? [])),
    renewed: renewed.filter((one) => one !== undefined),
    superseded,
  };
}

/** Inside a transaction: whether nothing was queued since. What is gone meanwhile was answered. */
export async function isQueueAs(db: Database, { peer, orders }: Resealed): Promise<boolean> {
  const present = await db.outbox.where('lane').equals(messageLane(peer)).primaryKeys();
  return present.every((order) => orders.has(order));
}

/** Which of these are sealed to a key that no known bundle of the present identity has. */
async function notOfPresent(rows: readonly OutboxRow[], content: ContactContent): Promise<OpId[]> {
  const [newest] = sealingBundles(content);
  const own = newest === undefined ? [] : content.bundles.filter((bundle) => isSameSigner(bundle, newest));
  const keyIds = await Promise.all(
    own.flatMap((bundle) => {
      const parsed = parseBundle(bundle);
      return parsed.ok ? [keyIdOf(parsed.value.agreement)] : [];
    }),
  );
  return rows.flatMap(({ id, op }) => {
    const operation = decodeOperation(op);
    const header = operation.kind === 'message.send' ? parseEnvelope(operation.envelope) : undefined;
    const isOwn = header?.ok === true && keyIds.some((keyId) => equalBytes(keyId, header.value.toKeyId));
    return isOwn ? [] : [id];
  });
}

const isSameSigner = (a: Bytes, b: Bytes) => equalBytes(signingOf(a), signingOf(b));

/** Inside a transaction: puts what was sealed again in place; returns which messages still wait. */
export async function commitRenewed(db: Database, renewed: readonly Renewed[]): Promise<OpId[]> {
  const waiting: OpId[] = [];
  for (const { id, op, digest, replaces } of renewed) {
    const row = await db.outbox.where('id').equals(id).first();
    const message = await db.messages.get(id);
    if (row?.order === undefined || message === undefined) continue;
    waiting.push(id);
    // Another tab may have sealed it again already.
    if (!equalBytes(message.digest, replaces)) continue;
    await db.outbox.update(row.order, { op });
    await db.messages.update(id, { digest });
  }
  return waiting;
}

async function renew(
  { db, keychain }: Context,
  { id, op }: OutboxRow,
  root: PairRoot,
): Promise<Renewed | undefined> {
  const operation = decodeOperation(op);
  if (operation.kind !== 'message.send') return undefined;
  const header = parseEnvelope(operation.envelope);
  const isCurrent =
    header.ok &&
    equalBytes(header.value.toKeyId, root.peerKeyId) &&
    equalBytes(header.value.fromKeyId, root.selfKeyId);
  const message = await db.messages.get(id);
  if (isCurrent || message === undefined || message.sealed === null) return undefined;
  const payload = await keychain.open('messages', id, message.sealed);
  const envelope = await keychain.sealMessage(root, { id, time: message.at, payload });
  return {
    id,
    op: encodeOperation({ ...operation, envelope }),
    digest: await sha256(envelope),
    replaces: message.digest,
  };
}
