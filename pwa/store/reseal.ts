import { equalBytes } from '#shared/bytes.ts';
import type { PairRoot } from '#shared/crypto/envelope.ts';
import { sha256 } from '#shared/crypto/primitives.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import { parseEnvelope } from '#shared/schema/envelope.ts';
import type { OpResult } from '#sync/wire/down.ts';
import { changedBy, noticeOf, offerBundle, openContact, sealContact } from './contacts.ts';
import type { ContactContent } from './contents.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { decodeOperation, encodeOperation, messageLane } from './outbox.ts';
import type { NoticeKind } from './ports.ts';
import type { ContactRow, OutboxRow } from './rows.ts';

/** What an outdated key at the server comes to for one contact. */
export interface Resealing {
  readonly contact: ContactRow;
  /** The contact's revision that this was prepared from. */
  readonly from: number;
  readonly renewed: readonly Renewed[];
  /** Another identity was offered: what is unsent waits until the person has decided. */
  readonly held: boolean;
  /** To be said in the conversation. */
  readonly notice: NoticeKind | null;
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
  const { verdict, content } =
    bundle === undefined
      ? { verdict: 'stale' as const, content: before }
      : await offerBundle(before, peer, bundle);
  const contact: ContactRow =
    content === before
      ? row
      : {
          ...row,
          rev: row.rev + 1,
          changed: changedBy(verdict, row),
          sealed: await sealContact(keychain, peer, content),
        };
  const prepared = { contact, from: row.rev, notice: noticeOf(before, content) };
  if (contact.changed === 1) return { ...prepared, renewed: [], held: true };
  const renewed = await resealQueue(context, peer, content);
  return renewed && { ...prepared, renewed, held: false };
}

/** Everything unsent to a contact, sealed to the present key; undefined while no key of theirs is known. */
export async function resealQueue(
  context: Context,
  peer: UserId,
  content: ContactContent,
): Promise<readonly Renewed[] | undefined> {
  const [root] = await context.keychain.roots(peer, content.bundles.slice(0, 1));
  if (root === undefined) return undefined;
  const queued = await context.db.outbox.where('lane').equals(messageLane(peer)).toArray();
  const renewed = await Promise.all(queued.map((row) => renew(context, row, root)));
  return renewed.filter((one) => one !== undefined);
}

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
