import { equalBytes, utf8, uuidToBytes, readU64 } from '#shared/bytes.ts';
import { keyIdOf, parseBundle } from '#shared/crypto/verify.ts';
import type { Bytes, OpId } from '#shared/ids.ts';
import { parseEnvelope } from '#shared/schema/envelope.ts';
import { decodePayload } from '#shared/schema/payload.ts';
import { openContact } from './contact.ts';
import type { Context } from './context.ts';
import { emptyConversation } from './conversations.ts';
import { mayBeOffered, readOffers } from './offers.ts';
import { decodeOperation } from './read-outbox.ts';
import type { StoredDetails } from './ports.ts';
import { tickOf } from './present.ts';
import type { ConversationRow, Mark, MessageRow, OffersRow, OutboxRow } from './rows.ts';

/** Everything that this device knows of one message; null when it is gone. */
export async function details(context: Context, id: OpId): Promise<StoredDetails | null> {
  const { db } = context;
  const row = await db.messages.get(id);
  if (row === undefined) return null;
  const [conversation, outbox, sent, offers, contact] = await Promise.all([
    db.conversations.get(row.peer),
    db.outbox.where('id').equals(id).first(),
    db.sent.where('id').equals(id).first(),
    readOffers(db),
    db.contacts.get(row.peer),
  ]);
  const { mine, n, at, state, code } = row;
  const op = (outbox ?? sent)?.op;
  const talk = conversation ?? emptyConversation(row.peer);
  return {
    id,
    mine,
    n,
    tick: tickOf(row, talk.theirs),
    error: code,
    written: madeAt(id) ?? at,
    stored: state === 'queued' || state === 'failed' ? null : at,
    delivered: mine ? risen(talk, 'delivered', n) : null,
    seen: mine ? risen(talk, 'seen', n) : null,
    offers: outbox === undefined ? null : offersOf(offers, outbox),
    bytes: await sizeOf(context, row),
    keyEpoch: op === undefined ? null : await epochIn(context, row, op),
    canTakeBack:
      state === 'failed' ||
      (state === 'queued' &&
        outbox !== undefined &&
        (contact?.changed === 1 || !mayBeOffered(offers, outbox))),
  };
}

/** The time inside a UUIDv7 (RFC 9562 §5.7). */
function madeAt(id: OpId): number | undefined {
  const time = readU64(new Uint8Array([0, 0, ...uuidToBytes(id.slice(0, 36)).subarray(0, 6)]), 0);
  return time === 0 ? undefined : time;
}

function risen({ raises = [] }: ConversationRow, of: keyof Mark, n: number | null): number | null {
  if (n === null) return null;
  // What was seen was delivered by then, whatever came of that word.
  const found = raises.find((raise) => raise.of === of && raise.from < n && n <= raise.upTo);
  return found?.at ?? null;
}

function offersOf(row: OffersRow, { order = 0, again }: OutboxRow): StoredDetails['offers'] {
  if (again === 1) return null;
  const said = row.offers.filter(({ upTo }) => order <= upTo);
  // Queued while a connection stood, it was said on that one.
  const now = row.open && said.length === 0 && row.offers.length > 0 ? 1 : 0;
  return { count: said.length + now, last: said.at(-1)?.at ?? null };
}

async function sizeOf({ keychain }: Context, { id, sealed }: MessageRow): Promise<number | null> {
  if (sealed === null) return null;
  const payload = decodePayload(await keychain.open('messages', id, sealed));
  return payload.ok && payload.value.body.kind === 'text' ? utf8(payload.value.body.text).length : null;
}

/** The epoch of the recipient's bundle that the envelope of `op` is sealed to. */
async function epochIn({ db, keychain }: Context, { peer }: MessageRow, op: Bytes): Promise<number | null> {
  const operation = decodeOperation(op);
  const header = operation.kind === 'message.send' ? parseEnvelope(operation.envelope) : undefined;
  const contact = await db.contacts.get(peer);
  if (header?.ok !== true || contact === undefined) return null;
  const { bundles } = await openContact(keychain, contact);
  for (const bundle of bundles) {
    const parsed = parseBundle(bundle);
    if (!parsed.ok) continue;
    if (equalBytes(await keyIdOf(parsed.value.agreement), header.value.toKeyId)) return parsed.value.epoch;
  }
  return null;
}
