import { equalBytes } from '#shared/bytes.ts';
import { type Pin, readPins } from '#shared/crypto/pins.ts';
import type { Signer } from '#shared/crypto/safety-number.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import { openContact, pinOf, pinnedSigning, pinning, sealContact, signingOf, withPin } from './contacts.ts';
import type { ContactContent } from './contents.ts';
import type { Context } from './context.ts';
import { RACED, untilCommitted } from './failures.ts';
import { knownKeyring, sealKnownKeyring } from './known-keyring.ts';
import { readMeta } from './meta.ts';
import { addNotice } from './notices.ts';
import type { AdoptedKeyring, Compared, NoticeKind } from './ports.ts';
import { reopenAll, reopenMessages } from './reopen.ts';
import { commitRenewed, resealQueue } from './reseal.ts';

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
    if (content.verified === verified) return null;
    const pinEpoch = (pinOf(content)?.epoch ?? 0) + 1;
    return {
      content: { ...content, signing, verified, pinEpoch },
      notice: verified ? 'verified' : 'unverified',
    };
  });
}

export function acceptIdentity(context: Context, peer: UserId): Promise<void> {
  return decide(context, peer, async (content) => {
    const { offered } = content;
    if (offered === null) return null;
    if (content.verified) throw new Failure('KEY_CHANGED', 'verified');
    const signing = signingOf(offered);
    return {
      content: await pinning(content, offered, { signing, verified: false }),
      notice: 'identity-accepted',
    };
  });
}

/** See `TrustStore`. Everything that was decided elsewhere applies at once; identities first, as they open messages. */
export async function adoptKeyring(
  context: Context,
  { revision, pins, sealed }: AdoptedKeyring,
): Promise<void> {
  const { db, keychain } = context;
  if (revision < (await knownKeyring(context)).revision) throw new Failure('KEYRING_OLD');
  await keychain.adopt(sealed);
  const known = await sealKnownKeyring(keychain, { revision, pins: { ...pins } });
  await untilCommitted(async () => {
    const before = await readMeta(db, 'keyring');
    if (revision < (await knownKeyring(context)).revision) throw new Failure('KEYRING_OLD');
    return db.transaction('rw', db.meta, async () => {
      const now = await readMeta(db, 'keyring');
      if (!isSameRecord(before?.sealed, now?.sealed)) return RACED;
      await db.meta.put({ key: 'keyring', sealed: known });
      return undefined;
    });
  });
  for (const [peer, pin] of readPins(pins)) {
    await decide(context, peer, async (content) => {
      const decided = await withPin(content, pin);
      if (decided === content) return null;
      return { content: decided, notice: noticeOf(content, pin) };
    });
  }
  await reopenAll(context);
}

interface Decision {
  readonly content: ContactContent;
  readonly notice?: NoticeKind | null;
}

/** Stores a decision about a contact together with the queue that it releases; null is none. */
async function decide(
  context: Context,
  peer: UserId,
  choose: (content: ContactContent) => Promise<Decision | null>,
): Promise<void> {
  const { db, keychain, now } = context;
  const learned = await untilCommitted(async () => {
    const row = await db.contacts.get(peer);
    const before = row && (await openContact(keychain, row));
    const decision = before && (await choose(before));
    if (row === undefined || before === undefined || !decision) return false;
    const { content, notice } = decision;
    const changed = content.offered === null ? 0 : 1;
    const renewed = changed === 0 ? ((await resealQueue(context, peer, content)) ?? []) : [];
    const sealed = await sealContact(keychain, peer, content);
    const tables = [db.contacts, db.conversations, db.messages, db.outbox, db.notices];
    return db.transaction('rw', tables, async () => {
      const present = await db.contacts.get(peer);
      if (present?.rev !== row.rev) return RACED;
      await db.contacts.put({ ...present, changed, rev: row.rev + 1, sealed });
      await commitRenewed(db, renewed);
      if (notice) await addNotice(db, peer, notice, now());
      return content.bundles.length > before.bundles.length;
    });
  });
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
function noticeOf(content: ContactContent, pin: Pin): NoticeKind | null {
  const own = pinOf(content);
  if (own === null) return null;
  if (!equalBytes(own.signing, pin.signing)) {
    if (pin.verified) return 'verified';
    // Nobody decided: two devices of ours were shown different identities for the same person.
    return pin.epoch > own.epoch ? 'identity-accepted' : 'identity-changed';
  }
  if (own.verified === pin.verified) return null;
  return pin.verified ? 'verified' : 'unverified';
}

function isSameRecord(a: Bytes | undefined, b: Bytes | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}
