import { equalBytes } from '#shared/bytes.ts';
import type { PairRoot } from '#shared/crypto/envelope.ts';
import { sha256 } from '#shared/crypto/primitives.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import { parseEnvelope } from '#shared/schema/envelope.ts';
import type { OpResult } from '#sync/wire/down.ts';
import { offerBundle, openContact, sealContact } from './contacts.ts';
import type { Context } from './context.ts';
import { decodeOperation, encodeOperation, messageLane } from './outbox.ts';
import type { ContactRow, OutboxRow } from './rows.ts';

/** What an outdated key at the server comes to for one contact. */
export interface Resealing {
  readonly contact: ContactRow;
  /** The contact's revision that this was prepared from. */
  readonly from: number;
  readonly renewed: readonly Renewed[];
  /** Set when another identity was offered: everything unsent to this contact fails visibly. */
  readonly failure: 'KEY_CHANGED' | null;
}

interface Renewed {
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
    bundle === undefined ? { verdict: 'stale', content: before } : await offerBundle(before, peer, bundle);
  const contact: ContactRow =
    content === before
      ? row
      : {
          ...row,
          rev: row.rev + 1,
          changed: verdict === 'changed' || (row.changed && verdict !== 'trusted'),
          sealed: await sealContact(keychain, peer, content),
        };
  if (contact.changed) return { contact, from: row.rev, renewed: [], failure: 'KEY_CHANGED' };
  const [root] = await keychain.roots(peer, content.bundles.slice(0, 1));
  if (root === undefined) return undefined;
  const queued = await db.outbox.where('lane').equals(messageLane(peer)).toArray();
  const renewed = await Promise.all(queued.map((queuedRow) => renew(context, queuedRow, root)));
  return { contact, from: row.rev, renewed: renewed.filter((one) => one !== undefined), failure: null };
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
