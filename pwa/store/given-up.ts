import { equalBytes } from '#shared/bytes.ts';
import { keyIdOf, parseBundle } from '#shared/crypto/verify.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import { parseEnvelope } from '#shared/schema/envelope.ts';
import { pinnedSigning, signingOf } from './contacts.ts';
import type { ContactContent } from './contents.ts';
import type { Context } from './context.ts';
import { emptyConversation } from './conversations.ts';
import { epochOf } from './meta.ts';
import { lastOf } from './numbers.ts';

/**
 * An identity that was given up for another must not go on speaking for the person. Its keys still open what came before
 * the decision: messages numbered up to the highest that was held here then, so that holes and history below it still
 * open, and every message that is here already. Whatever is above is refused for good, in either direction, because both
 * keys of a pair make the same secret. In another epoch numbers mean other messages, and nothing new of it opens. A new
 * device, which knows nothing but the pin, has no old keys to open anything with.
 */

/** `after`, which a decision has made of `before`, with the identity that it gave up kept to what is here now. */
export async function givingUp(
  { db }: Pick<Context, 'db'>,
  peer: UserId,
  before: ContactContent,
  after: ContactContent,
): Promise<ContactContent> {
  const [old, pinned] = [pinnedSigning(before), pinnedSigning(after)];
  if (old === null || pinned === null || equalBytes(old, pinned)) return after;
  const { held } = (await db.conversations.get(peer)) ?? emptyConversation(peer);
  const limit = { signing: old, epoch: await epochOf(db), upTo: lastOf(held) };
  const others = after.givenUp.filter(
    ({ signing }) => !equalBytes(signing, old) && !equalBytes(signing, pinned),
  );
  return { ...after, givenUp: [...others, limit] };
}

/** Whether a message is refused: its number, and its envelope, in which the peer is the one or the other. */
export type Refuses = (n: number, envelope: Bytes, mine: boolean) => boolean;

/** What a contact's given-up identities may not open in `epoch`; undefined while there is none. */
export async function refusalsOf(
  content: ContactContent,
  epoch: string | null,
): Promise<Refuses | undefined> {
  const pinned = pinnedSigning(content);
  const isPinned = (bundle: Bytes) => pinned !== null && equalBytes(signingOf(bundle), pinned);
  const old = content.bundles.filter((bundle) => !isPinned(bundle));
  if (old.length === 0) return undefined;
  const trusted = await Promise.all(content.bundles.filter(isPinned).map(agreementIdOf));
  const limits = await Promise.all(
    old.map(async (bundle) => {
      const signing = signingOf(bundle);
      const limit = content.givenUp.find((one) => equalBytes(one.signing, signing));
      return {
        keyId: await agreementIdOf(bundle),
        upTo: limit !== undefined && limit.epoch === epoch ? limit.upTo : 0,
      };
    }),
  );
  return (n, envelope, mine) => {
    const header = parseEnvelope(envelope);
    if (!header.ok) return false;
    const keyId = mine ? header.value.toKeyId : header.value.fromKeyId;
    if (trusted.some((id) => equalBytes(id, keyId))) return false;
    return limits.some((limit) => n > limit.upTo && equalBytes(limit.keyId, keyId));
  };
}

async function agreementIdOf(bundle: Bytes): Promise<Bytes> {
  const parsed = parseBundle(bundle);
  return parsed.ok ? keyIdOf(parsed.value.agreement) : new Uint8Array(0);
}
