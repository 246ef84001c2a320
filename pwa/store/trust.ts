import { equalBytes } from '#shared/bytes.ts';
import { readPins } from '#shared/crypto/pins.ts';
import type { Signer } from '#shared/crypto/safety-number.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import { openContact } from './contact.ts';
import {
  heldBy,
  pinOf,
  pinnedSigning,
  pinning,
  pinningKey,
  sealContact,
  signingOf,
  withPin,
} from './contacts.ts';
import type { ContactContent } from './contents.ts';
import type { Context } from './context.ts';
import { RACED, isSameRecord, untilCommitted } from './failures.ts';
import { joinWritten, openKnownKeyring, sealKnownKeyring } from './known-keyring.ts';
import { epochOf, readMeta } from './meta.ts';
import { givingUp } from './given-up.ts';
import { addNotice } from './notices.ts';
import type { AdoptedKeyring, Compared, NoticeKind } from './ports.ts';
import { reopenAll, reopenMessages } from './reopen.ts';
import { commitRenewed, isQueueAs, resealQueue } from './reseal.ts';

/** What the person decides about identities, and what their other devices decided. Loaded when it is needed. */

/** The offered identity while there is one, else the pinned one. */
export async function compared(context: Context, peer: UserId): Promise<Compared | null> {
  const content = await contentOf(context, peer);
  const signing = content && comparedSigning(content);
  if (!signing) return null;
  const self: Signer = {
    userId: context.self,
    signing: context.keychain.identities[0].signingPublic,
  };
  return { self, peer: { userId: peer, signing } };
}

export function setVerified(
  context: Context,
  peer: UserId,
  signing: Bytes,
  verified: boolean,
): Promise<void> {
  return decide(context, peer, async (content) => {
    const { offered } = content;
    if (offered !== null && equalBytes(signingOf(offered), signing)) {
      // Not to have verified the offered one changes nothing: it still has to be accepted.
      if (!verified) return { content: { ...content, verified: false, pinEpoch: content.pinEpoch + 1 } };
      return { content: await pinning(content, offered, { signing, verified: true }), notice: 'verified' };
    }
    const pinned = pinnedSigning(content);
    if (pinned === null || !equalBytes(pinned, signing)) throw new Failure('KEY_CHANGED', 'signing');
    const isSettled = content.disputed === null || !verified;
    if (content.verified === verified && isSettled) return null;
    const pinEpoch = (pinOf(content)?.epoch ?? 0) + 1;
    const disputed = verified ? null : content.disputed;
    return {
      content: { ...content, signing, verified, pinEpoch, disputed },
      notice: verified ? 'verified' : 'unverified',
    };
  });
}

export function acceptIdentity(context: Context, peer: UserId): Promise<void> {
  return decide(context, peer, async (content) => {
    const { offered, disputed } = content;
    if (offered === null && disputed === null) return null;
    if (content.verified) throw new Failure('KEY_CHANGED', 'verified');
    if (offered === null && disputed !== null) {
      const epoch = (pinOf(content)?.epoch ?? 0) + 1;
      return { content: await pinningKey(content, { ...disputed, epoch }), notice: 'identity-accepted' };
    }
    if (offered === null) return null;
    const signing = signingOf(offered);
    // Compared on another device of ours, at the same time as something else was decided here.
    const verified = disputed?.verified === true && equalBytes(disputed.signing, signing);
    return {
      content: await pinning(content, offered, { signing, verified }),
      notice: 'identity-accepted',
    };
  });
}

/**
 * See `TrustStore`. Everything that was decided elsewhere applies at once; identities first, as they open messages. What
 * is known here stays: a keyring of a server that lost what it knew is joined with it, as is another one of the revision.
 */
export async function adoptKeyring(
  context: Context,
  { revision, pins, sealed }: AdoptedKeyring,
): Promise<void> {
  const { db, keychain } = context;
  await untilCommitted(async () => {
    const before = await readMeta(db, 'keyring');
    const [known, epoch] = [await openKnownKeyring(keychain, before?.sealed), await epochOf(db)];
    if (revision < known.revision && known.epoch === epoch)
      throw new Failure('KEYRING_OLD', `${revision} after ${known.revision}`);
    const next = await sealKnownKeyring(keychain, { revision, epoch, pins: joinWritten(known.pins, pins) });
    const stored = await keychain.adopt(sealed, async () => {
      if (!isSameRecord(before?.sealed, (await readMeta(db, 'keyring'))?.sealed)) return false;
      await db.meta.put({ key: 'keyring', sealed: next });
      return true;
    });
    return stored ? undefined : RACED;
  });
  for (const [peer, pin] of readPins(pins)) {
    await decide(context, peer, async (content) => {
      const decided = await withPin(content, pin);
      if (decided === content) return null;
      return { content: decided, notice: noticeOf(content, decided) };
    });
  }
  await reopenAll(context);
}

interface Decision {
  readonly content: ContactContent;
  readonly notice?: NoticeKind | null;
}

/** Stores a decision about a contact together with all of the queue that it releases; null is none. */
async function decide(
  context: Context,
  peer: UserId,
  choose: (content: ContactContent) => Promise<Decision | null>,
): Promise<void> {
  const { db, keychain, now } = context;
  const commit = async () => {
    const row = await db.contacts.get(peer);
    const before = row && (await openContact(keychain, row));
    const decision = before && (await choose(before));
    if (row === undefined || before === undefined || !decision) return false;
    const { notice } = decision;
    const content = await givingUp(context, peer, before, decision.content);
    const changed = heldBy(content);
    const queue = changed === 0 ? await resealQueue(context, peer, content) : undefined;
    const sealed = await sealContact(keychain, peer, content);
    const tables = [db.contacts, db.conversations, db.messages, db.outbox, db.notices];
    return db.transaction('rw', tables, async () => {
      const present = await db.contacts.get(peer);
      if (present?.rev !== row.rev) return RACED;
      if (queue !== undefined && !(await isQueueAs(db, queue))) return RACED;
      await db.contacts.put({ ...present, changed, rev: row.rev + 1, sealed });
      if (queue !== undefined) await commitRenewed(db, queue.renewed);
      if (notice) await addNotice(db, peer, notice, now());
      return content.bundles !== before.bundles;
    });
  };
  // Who writes on in this tab waits, and is not raced.
  const learned = await context.inTurn(peer, () => untilCommitted(commit));
  if (learned) await reopenMessages(context, peer);
}

async function contentOf({ db, keychain }: Context, peer: UserId): Promise<ContactContent | null> {
  const row = await db.contacts.get(peer);
  return row === undefined ? null : openContact(keychain, row);
}

function comparedSigning(content: ContactContent): Bytes | null {
  return content.offered === null ? pinnedSigning(content) : signingOf(content.offered);
}

/** What a decision of another device looks like here. */
function noticeOf(before: ContactContent, after: ContactContent): NoticeKind | null {
  // Nobody decided: two devices of ours took different identities for the same person.
  if (after.disputed !== null && after.disputed !== before.disputed) return 'identity-changed';
  const [own, pin] = [pinOf(before), pinOf(after)];
  if (own === null || pin === null) return null;
  if (!equalBytes(own.signing, pin.signing)) {
    if (heldBy(after) === 1) return 'identity-changed';
    return pin.verified ? 'verified' : 'identity-accepted';
  }
  if (own.verified === pin.verified) return null;
  return pin.verified ? 'verified' : 'unverified';
}
