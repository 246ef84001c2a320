import { equalBytes } from '#shared/bytes.ts';
import { fingerprintOf } from '#shared/crypto/safety-number.ts';
import { judgeBundle, parseBundle, verifyBundle } from '#shared/crypto/verify.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import type { Standing } from '#sync/wire/down.ts';
import { type ContactContent, decodeContact, encodeContact } from './contents.ts';
import type { Keychain } from './keychain.ts';
import type { FriendAction } from './ports.ts';
import type { ContactRow } from './rows.ts';

/** What a friend action makes of a friendship when the server agrees. */
export const EXPECTED: Readonly<Record<FriendAction, Standing>> = {
  'friend.request': 'sent',
  'friend.accept': 'friends',
  'friend.reject': 'none',
  'friend.remove': 'none',
};

/** The standing as it will be once our own pending action has reached the server. */
export function standingOf(row: Pick<ContactRow, 'standing' | 'pending'>): Standing {
  return row.pending === null ? row.standing : EXPECTED[row.pending.kind];
}

export async function openContact(keychain: Keychain, row: ContactRow): Promise<ContactContent> {
  return decodeContact(await keychain.open('contacts', row.id, row.sealed));
}

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
  const newest = content.bundles[0];
  if (newest !== undefined && equalBytes(newest, bundle)) {
    return {
      verdict: 'trusted',
      content: content.offered === null ? content : { ...content, offered: null },
    };
  }
  const offered = await verifyBundle(bundle, owner);
  if (!offered.ok) return { verdict: 'invalid', content };
  const pinned = newest === undefined ? undefined : parseBundle(newest);
  if (pinned === undefined || !pinned.ok) {
    const fingerprint = await fingerprintOf(offered.value.signing);
    return { verdict: 'trusted', content: { ...content, fingerprint, bundles: [bundle], offered: null } };
  }
  switch (judgeBundle(pinned.value, offered.value)) {
    case 'changed':
      return { verdict: 'changed', content: { ...content, offered: bundle } };
    case 'stale':
      return { verdict: 'stale', content };
    case 'rotated':
      return {
        verdict: 'trusted',
        content: { ...content, bundles: [bundle, ...content.bundles], offered: null },
      };
    case 'same':
      // The same keys under another signature: nothing new to keep.
      return {
        verdict: 'trusted',
        content: content.offered === null ? content : { ...content, offered: null },
      };
  }
}
