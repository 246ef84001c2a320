import { equalBytes } from '#shared/bytes.ts';
import { type Pin, isDispute, laterPin } from '#shared/crypto/pins.ts';
import { fingerprintOf } from '#shared/crypto/safety-number.ts';
import { isSamePin } from '#shared/crypto/same-pin.ts';
import { judgeBundle, parseBundle, verifyBundle } from '#shared/crypto/verify.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import { type ContactContent, encodeContact } from './contents.ts';
import type { Keychain } from './keychain.ts';
import type { NoticeKind } from './ports.ts';
import type { ContactRow } from './rows.ts';

/** Somebody of whom nothing is known yet. */
export const newContact = (id: UserId): ContactRow => ({
  id,
  standing: 'none',
  seq: 0,
  pending: null,
  changed: 0,
  rev: 0,
  sealed: new Uint8Array(0),
});

export function sealContact(keychain: Keychain, id: UserId, content: ContactContent): Promise<Bytes> {
  return keychain.seal('contacts', id, encodeContact(content));
}

/**
 * - `trusted`: it is the newest trusted bundle now (and, with other content than before, a new one)
 * - `stale`: older than, or in contradiction to, the one that is trusted
 * - `changed`: another identity; kept as the one that was offered
 * - `invalid`: not a bundle of this user
 */
export type Offer = 'trusted' | 'stale' | 'changed' | 'invalid';

/** What becomes of a contact when the server hands out `bundle` for it. The first identity seen is pinned. */
export async function offerBundle(
  content: ContactContent,
  owner: UserId,
  bundle: Bytes,
): Promise<{ readonly verdict: Offer; readonly content: ContactContent }> {
  const [newest] = content.bundles;
  const pinned = pinnedSigning(content);
  const known = newest === undefined ? undefined : parseBundle(newest);
  const isNewestPinned = known?.ok === true && pinned !== null && equalBytes(known.value.signing, pinned);
  const withoutOffer = content.offered === null ? content : { ...content, offered: null };
  if (isNewestPinned && newest !== undefined && equalBytes(newest, bundle)) {
    return { verdict: 'trusted', content: withoutOffer };
  }
  const offered = await verifyBundle(bundle, owner);
  if (!offered.ok) return { verdict: 'invalid', content };
  const { signing } = offered.value;
  if (pinned === null) {
    return { verdict: 'trusted', content: await pinning(content, bundle, { signing, verified: false }) };
  }
  if (!equalBytes(pinned, signing)) return { verdict: 'changed', content: { ...content, offered: bundle } };
  const verdict = isNewestPinned ? judgeBundle(known.value, offered.value) : 'rotated';
  switch (verdict) {
    case 'changed':
      return { verdict, content: { ...content, offered: bundle } };
    case 'stale':
      return { verdict, content };
    case 'rotated':
      return { verdict: 'trusted', content: { ...withoutOffer, bundles: [bundle, ...content.bundles] } };
    case 'same':
      // The same keys under another signature: nothing new to keep.
      return { verdict: 'trusted', content: withoutOffer };
  }
}

/**
 * 1 while nothing may be sent: another identity is offered, two devices of ours disagree, or the one that was pinned
 * elsewhere is not known by its bundle here.
 */
export function heldBy(content: ContactContent): 0 | 1 {
  const isOpen = content.offered === null && content.disputed === null;
  return isOpen && (content.bundles.length === 0 || sealingBundles(content).length > 0) ? 0 : 1;
}

/** The bundle to seal to, if there is one: the newest, when it is of the pinned identity. */
export function sealingBundles(content: ContactContent): readonly Bytes[] {
  const [newest] = content.bundles;
  const pinned = pinnedSigning(content);
  return newest !== undefined && pinned !== null && equalBytes(signingOf(newest), pinned) ? [newest] : [];
}

/** What is to be said when another identity is offered than before. */
export function noticeOf(before: ContactContent, { offered }: ContactContent): NoticeKind | null {
  if (offered === null) return null;
  const known = before.offered !== null && equalBytes(signingOf(before.offered), signingOf(offered));
  return known ? null : 'identity-changed';
}

/** `content` with the identity of `bundle` (checked before) pinned. What was known before still opens old messages. */
export async function pinning(
  content: ContactContent,
  bundle: Bytes,
  { signing, verified }: Pick<Pin, 'signing' | 'verified'>,
): Promise<ContactContent> {
  return {
    ...content,
    signing,
    verified,
    pinEpoch: (pinOf(content)?.epoch ?? 0) + 1,
    fingerprint: await fingerprintOf(signing),
    bundles: inFront(bundle, content.bundles),
    offered: null,
    disputed: null,
  };
}

const inFront = (bundle: Bytes, bundles: readonly Bytes[]) => [
  bundle,
  ...bundles.filter((other) => !equalBytes(other, bundle)),
];

/** The key that stands for a contact. Before it was kept by itself it was that of the newest bundle. */
export function pinnedSigning({ signing, bundles }: ContactContent): Bytes | null {
  return signing ?? (bundles[0] === undefined ? null : signingOf(bundles[0]));
}

/** The signing key of a bundle that was checked before. */
export function signingOf(bundle: Bytes): Bytes {
  const parsed = parseBundle(bundle);
  if (!parsed.ok) throw new Failure('UNREADABLE', 'bundle');
  return parsed.value.signing;
}

/** What the account's keyring holds about a contact; null before anything is pinned. */
export function pinOf(content: ContactContent): Pin | null {
  const signing = pinnedSigning(content);
  const { verified, pinEpoch } = content;
  return signing === null ? null : { signing, verified, epoch: Math.max(1, pinEpoch) };
}

/**
 * `content` as another device of ours decided later; the same object when there is nothing to learn. A pinned identity
 * whose bundle is not here stands against the one that was known till now: nothing is sent until it comes. Another key of
 * the same time is disputed, and ours stays pinned.
 */
export async function withPin(content: ContactContent, pin: Pin): Promise<ContactContent> {
  const own = pinOf(content);
  if (own !== null && isDispute(own, pin)) {
    const { signing, verified } = pin;
    const known = content.disputed;
    if (known !== null && equalBytes(known.signing, signing) && known.verified === verified) return content;
    return { ...content, disputed: { signing, verified } };
  }
  const later = own === null ? pin : laterPin(own, pin);
  if (own !== null && isSamePin(own, later)) return content;
  return pinningKey(content, later);
}

/** `content` with this key pinned, with its bundle as far as that is known. */
export async function pinningKey(
  content: ContactContent,
  { signing, verified, epoch }: Pin,
): Promise<ContactContent> {
  const isOfPinned = (bundle: Bytes) => equalBytes(signingOf(bundle), signing);
  const decided = {
    ...content,
    signing,
    verified,
    pinEpoch: epoch,
    fingerprint: await fingerprintOf(signing),
    disputed: null,
  };
  const { offered, bundles } = content;
  if (offered !== null && isOfPinned(offered)) {
    return { ...decided, bundles: inFront(offered, bundles), offered: null };
  }
  const known = bundles.find(isOfPinned);
  if (known === undefined) return { ...decided, offered: offered ?? bundles[0] ?? null };
  return { ...decided, bundles: known === bundles[0] ? bundles : inFront(known, bundles) };
}
