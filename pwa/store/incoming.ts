import { encode } from '@msgpack/msgpack';
import { equalBytes } from '#shared/bytes.ts';
import type { PairRoot } from '#shared/crypto/envelope.ts';
import { sha256 } from '#shared/crypto/primitives.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import { ENVELOPE_TYPE } from '#shared/schema/envelope.ts';
import { decodePayload } from '#shared/schema/payload.ts';
import type { Message } from '#sync/wire/down.ts';
import type { Batch, Friend, Marks } from './batch.ts';
import { offerBundle, openContact, sealContact } from './contacts.ts';
import { type ContactContent, emptyContact } from './contents.ts';
import type { Context } from './context.ts';
import type { ContactRow, ForeignRow, MessageRow } from './rows.ts';

/** A batch with everything done that takes cryptography, before the transaction that stores it. */
export interface PreparedBatch {
  readonly contacts: readonly PreparedContact[];
  readonly messages: readonly PreparedMessage[];
  readonly marks: readonly Marks[];
  readonly foreign: readonly ForeignRow[];
}

export interface PreparedContact {
  /** The row to store, but for `pending`, which the transaction knows best. */
  readonly row: ContactRow;
  /** The revision it was prepared from; null for a new contact. */
  readonly from: number | null;
  /** Whether bundles came that may open messages kept until now. */
  readonly learned: boolean;
}

export interface PreparedMessage {
  readonly message: Message;
  readonly peer: UserId;
  readonly mine: boolean;
  readonly digest: Bytes;
  readonly content: Opened;
}

/**
 * - `opened`: the payload, sealed for its row
 * - `kept`: here already, with the same bytes: not opened again
 * - `closed`: can't be opened; `curable` when a key or version that may still come could
 */
export type Opened =
  | { readonly kind: 'opened'; readonly sealed: Bytes }
  | { readonly kind: 'kept' }
  | { readonly kind: 'closed'; readonly curable: boolean };

export async function prepareBatch(context: Context, batch: Batch): Promise<PreparedBatch> {
  const { db, keychain, self } = context;
  const { friends, messages, marks, unusable, known } = batch;
  const peers = [...new Set([...messages, ...friends].map(({ peer }) => peer))];
  // Our own messages mostly come back to the device that wrote them; those of others are almost always new in the log.
  const met = messages.flatMap(({ message }) => (known || message.from === self ? [message.op] : []));
  const [contactRows, stored] = await Promise.all([db.contacts.bulkGet(peers), db.messages.bulkGet(met)]);
  const storedById = new Map(stored.flatMap((row) => (row === undefined ? [] : [[row.id, row] as const])));
  const contents = new Map<UserId, { row: ContactRow; content: ContactContent }>();
  for (const row of contactRows) {
    if (row !== undefined) contents.set(row.id, { row, content: await openContact(keychain, row) });
  }
  // A batch may hold the friendship behind the messages that it makes readable.
  const contacts = await prepareContacts(friends, contents);

  const rootsByPeer = new Map<UserId, readonly PairRoot[]>();
  for (const peer of new Set(messages.map((one) => one.peer))) {
    const content = contacts.get(peer)?.content ?? contents.get(peer)?.content;
    rootsByPeer.set(peer, await keychain.roots(peer, content?.bundles ?? []));
  }

  return {
    contacts: await Promise.all(
      [...contacts.values()].map(async ({ row, content, from, learned, rewritten }) => ({
        row: rewritten
          ? { ...row, rev: row.rev + 1, sealed: await sealContact(keychain, row.id, content) }
          : row,
        from,
        learned,
      })),
    ),
    messages: await Promise.all(
      messages.map(async ({ message, peer }) => {
        const digest = await sha256(message.envelope);
        const content = isKept(storedById.get(message.op), digest)
          ? ({ kind: 'kept' } as const)
          : await openMessage(context, message, rootsByPeer.get(peer) ?? []);
        return { message, peer, mine: message.from === self, digest, content };
      }),
    ),
    marks,
    foreign: await Promise.all(
      unusable.map(async (entry) => ({
        seq: entry.seq,
        kind: entry.kind,
        sealed: await keychain.seal('foreign', String(entry.seq), encode(entry)),
      })),
    ),
  };
}

interface ContactDraft {
  readonly row: ContactRow;
  readonly content: ContactContent;
  readonly from: number | null;
  readonly learned: boolean;
  readonly rewritten: boolean;
}

async function prepareContacts(
  friends: readonly Friend[],
  known: ReadonlyMap<UserId, { row: ContactRow; content: ContactContent }>,
): Promise<Map<UserId, ContactDraft>> {
  const drafts = new Map<UserId, ContactDraft>();
  for (const { peer, name, standing, seq, bundle } of friends) {
    const stored = known.get(peer);
    const before = drafts.get(peer);
    const old = before?.content ?? stored?.content;
    const { verdict, content } = await offerBundle(old ?? emptyContact(name), peer, bundle);
    const row = before?.row ?? stored?.row ?? newContact(peer);
    drafts.set(peer, {
      row: {
        ...row,
        standing,
        seq,
        changed: verdict === 'changed' || (row.changed && verdict !== 'trusted'),
      },
      content: { ...content, name },
      from: stored?.row.rev ?? null,
      learned: before?.learned === true || content.bundles !== old?.bundles,
      rewritten: before?.rewritten === true || content !== old || name !== old.name,
    });
  }
  return drafts;
}

export const newContact = (id: UserId): ContactRow => ({
  id,
  standing: 'none',
  seq: 0,
  pending: null,
  changed: false,
  rev: 0,
  sealed: new Uint8Array(0),
});

/** Opens one message and seals its payload for its row. */
export async function openMessage(
  { keychain }: Pick<Context, 'keychain'>,
  { op, from, to, envelope }: Pick<Message, 'op' | 'from' | 'to' | 'envelope'>,
  roots: readonly PairRoot[],
): Promise<Opened> {
  const opened = await keychain.openMessage(roots, { id: op, from, to, envelope });
  if (!opened.ok) {
    return {
      kind: 'closed',
      curable: opened.error === 'KEY_UNKNOWN' || opened.error === 'UNSUPPORTED_VERSION',
    };
  }
  // Authentic, but of a kind that only a newer version shows as a message.
  if (opened.value.header.type !== ENVELOPE_TYPE.message) return { kind: 'closed', curable: true };
  if (!decodePayload(opened.value.payload).ok) return { kind: 'closed', curable: false };
  return { kind: 'opened', sealed: await keychain.seal('messages', op, opened.value.payload) };
}

function isKept(row: MessageRow | undefined, digest: Bytes): boolean {
  return row !== undefined && row.sealed !== null && equalBytes(row.digest, digest);
}

/** The id under which a row is kept whose own id is taken by another message. */
export const noticeId = (op: OpId, n: number) => `${op}~${n}` as OpId;
