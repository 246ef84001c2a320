import type { Standing } from '#sync/wire/down.ts';
import { type ContactContent, decodeContact } from './contents.ts';
import type { Keychain } from './keychain.ts';
import type { FriendAction } from './ports.ts';
import type { ContactRow } from './rows.ts';

/** A contact as it is read. What changes one is in contacts.ts, which the first screen does not need. */

/** What a friend action makes of a friendship when the server agrees. */
const EXPECTED: Readonly<Record<FriendAction, Standing>> = {
  'friend.request': 'sent',
  'friend.accept': 'friends',
  'friend.reject': 'none',
  'friend.remove': 'none',
  'friend.block': 'blocked',
  'friend.unblock': 'none',
};

/** The standing after a friend action that the server agreed to, as far as the log has not told it. */
export function standingAfter(kind: FriendAction, standing: Standing): Standing {
  // Unblocking who is not blocked (any more) is fine, and changes nothing.
  return kind === 'friend.unblock' && standing !== 'blocked' ? standing : EXPECTED[kind];
}

/** The standing as it will be once our own pending action has reached the server. */
export function standingOf(row: Pick<ContactRow, 'standing' | 'pending'>): Standing {
  return row.pending === null ? row.standing : EXPECTED[row.pending.kind];
}

export async function openContact(keychain: Keychain, row: ContactRow): Promise<ContactContent> {
  return decodeContact(await keychain.open('contacts', row.id, row.sealed));
}

/** How sure the person can be of who somebody is. */
export function trustOf({ changed }: Pick<ContactRow, 'changed'>, { verified }: ContactContent) {
  if (changed === 1) return verified ? 'changed-verified' : 'changed';
  return verified ? 'verified' : 'unverified';
}
