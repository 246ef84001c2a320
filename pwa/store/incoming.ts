import { encode } from '@msgpack/msgpack';
import { equalBytes } from '#shared/bytes.ts';
import type { PairRoot } from '#shared/crypto/envelope.ts';
import type { Pins } from '#shared/crypto/pins.ts';
import { sha256 } from '#shared/crypto/primitives.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import { ENVELOPE_TYPE } from '#shared/schema/envelope.ts';
import { decodePayload } from '#shared/schema/payload.ts';
import type { Message } from '#sync/wire/down.ts';
import type { Batch, Friend, Marks } from './batch.ts';
import { prepareCalls } from './calls.ts';
import { type ChainLink, type PreparedChain, prepareChains } from './chain.ts';
import { openContact } from './contact.ts';
import { heldBy, newContact, noticeOf, offerBundle, sealContact, withPin } from './contacts.ts';
import { type ContactContent, emptyContact } from './contents.ts';
import type { Context } from './context.ts';
import { type Refuses, refusalsOf } from './given-up.ts';
import { pinsOfStrangers } from './known-keyring.ts';
import { epochOf } from './meta.ts';
import type { NoticeKind } from './ports.ts';
import { type Resealed, resealQueue } from './reseal.ts';
import type { CallRow, ContactRow, ForeignRow, MessageRow } from './rows.ts';

/** A batch with everything done that takes cryptography, before the transaction that stores it. */
export interface PreparedBatch {
  readonly contacts: readonly PreparedContact[];
  readonly messages: readonly PreparedMessage[];
  readonly chains: readonly PreparedChain[];
  readonly marks: readonly Marks[];
  readonly calls: readonly CallRow[];
  readonly revision: number | null;
  readonly foreign: readonly ForeignRow[];
  /** The revisions of the contacts whose keys have judged the messages; null for one that is not stored. */
  readonly judges: ReadonlyMap<UserId, number | null>;
  /** The epoch whose numbers have decided what may be opened; undefined when none have. */
  readonly judgedIn: string | null | undefined;
}

export interface PreparedContact {
  /** The row to store, but for `pending`, which the transaction knows best. */
  readonly row: ContactRow;
  /** The revision it was prepared from; null for a new contact. */
  readonly from: number | null;
  /** Whether bundles came that may open messages kept until now. */
  readonly learned: boolean;
  /** To be said in the conversation. */
  readonly notice: NoticeKind | null;
  /** What was held and goes out now. */
  readonly released: Resealed | null;
}

export interface PreparedMessage {
  readonly message: Message;
  readonly peer: UserId;
  readonly mine: boolean;
  readonly digest: Bytes;
  readonly content: Opened | Refused;
}

/**
 * - `opened`: the payload, sealed for its row, and its place in the chain of its device
 * - `kept`: here already, with the same bytes: not opened again
 * - `closed`: can't be opened; `curable` when a key or version that may still come could
 */
export type Opened =
  | { readonly kind: 'opened'; readonly sealed: Bytes; readonly link: PayloadLink }
  | { readonly kind: 'kept' }
  | { readonly kind: 'closed'; readonly curable: boolean };
/** Sealed by an identity that was given up: see given-up.ts. */
export interface Refused {
  readonly kind: 'refused';
}

type PayloadLink = Pick<ChainLink, 'device' | 'counter' | 'prev' | 'hash'>;

export async function prepareBatch(context: Context, batch: Batch): Promise<PreparedBatch> {
  const { db, keychain, self } = context;
  const { friends, messages, marks, calls, revision, unusable, known } = batch;
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
  const strangers = friends.some(({ peer }) => !contents.has(peer));
  const pins = strangers ? await pinsOfStrangers(context) : NO_PINS;
  const contacts = await prepareContacts(friends, contents, pins);

  const rootsByPeer = new Map<UserId, readonly PairRoot[]>();
  const refusesByPeer = new Map<UserId, Refuses>();
  const judges = new Map<UserId, number | null>();
  const epoch = await epochOf(db);
  for (const peer of new Set(messages.map((one) => one.peer))) {
    const content = contacts.get(peer)?.content ?? contents.get(peer)?.content;
    rootsByPeer.set(peer, await keychain.roots(peer, content?.bundles ?? []));
    const refuses = content && (await refusalsOf(content, epoch));
    if (refuses !== undefined) refusesByPeer.set(peer, refuses);
    judges.set(peer, contents.get(peer)?.row.rev ?? null);
  }

  const opened = await Promise.all(
    messages.map(async ({ message, peer }): Promise<PreparedMessage> => {
      const digest = await sha256(message.envelope);
      const mine = message.from === self;
      const open = async (): Promise<Opened | Refused> => {
        if (isKept(storedById.get(message.op), digest)) return { kind: 'kept' };
        if (refusesByPeer.get(peer)?.(message.n, message.envelope, mine) === true) return { kind: 'refused' };
        return openMessage(context, message, rootsByPeer.get(peer) ?? []);
      };
      return { message, peer, mine, digest, content: await open() };
    }),
  );
  return {
    contacts: await Promise.all(
      [...contacts.values()].map(async ({ row, content, from, learned, rewritten, notice, wasHeld }) => ({
        row: rewritten
          ? { ...row, rev: row.rev + 1, sealed: await sealContact(keychain, row.id, content) }
          : row,
        from,
        learned,
        notice,
        released:
          wasHeld && row.changed === 0 ? ((await resealQueue(context, row.id, content)) ?? null) : null,
      })),
    ),
    messages: opened,
    chains: await prepareChains(context, linksOf(opened)),
    marks,
    calls: await prepareCalls(context, calls),
    revision,
    judges,
    judgedIn: refusesByPeer.size === 0 ? undefined : epoch,
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
  readonly notice: NoticeKind | null;
  /** As it is stored. */
  readonly wasHeld: boolean;
}

const NO_PINS: Pins = new Map();

/** Of the messages of others that were opened just now. */
function linksOf(opened: readonly PreparedMessage[]): ChainLink[] {
  return opened.flatMap(({ message, peer, mine, content }) =>
    content.kind === 'opened' && !mine ? [{ ...content.link, peer, n: message.n }] : [],
  );
}

/** A restored server may know an account again. */
function present({ gone: _, ...row }: ContactRow): ContactRow {
  return row;
}

async function prepareContacts(
  friends: readonly Friend[],
  known: ReadonlyMap<UserId, { row: ContactRow; content: ContactContent }>,
  pins: Pins,
): Promise<Map<UserId, ContactDraft>> {
  const drafts = new Map<UserId, ContactDraft>();
  for (const { peer, name, standing, seq, bundle } of friends) {
    const stored = known.get(peer);
    const before = drafts.get(peer);
    const old = before?.content ?? stored?.content;
    const pin = pins.get(peer);
    const met = old ?? (pin === undefined ? emptyContact(name) : await withPin(emptyContact(name), pin));
    const { content } = await offerBundle(met, peer, bundle);
    const row = before?.row ?? stored?.row ?? newContact(peer);
    drafts.set(peer, {
      row: {
        ...(standing === 'none' ? row : present(row)),
        standing,
        seq,
        changed: heldBy(content),
      },
      content: { ...content, name },
      from: stored?.row.rev ?? null,
      learned: before?.learned === true || content.bundles !== old?.bundles,
      rewritten: before?.rewritten === true || content !== old || name !== old.name,
      // What came and went in one batch has held nothing.
      notice: content.offered === null ? null : (noticeOf(met, content) ?? before?.notice ?? null),
      wasHeld: stored?.row.changed === 1,
    });
  }
  return drafts;
}

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
  const raw = opened.value.payload;
  const payload = decodePayload(raw);
  if (!payload.ok) return { kind: 'closed', curable: false };
  const { device, counter, prev } = payload.value;
  const [sealed, hash] = await Promise.all([keychain.seal('messages', op, raw), sha256(raw)]);
  return { kind: 'opened', sealed, link: { device, counter, prev, hash } };
}

function isKept(row: MessageRow | undefined, digest: Bytes): boolean {
  return row !== undefined && row.sealed !== null && equalBytes(row.digest, digest);
}

/** The id under which a row is kept whose own id is taken by another message. */
export const noticeId = (op: OpId, n: number) => `${op}~${n}` as OpId;
