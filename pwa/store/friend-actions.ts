import type { OpId, UserId } from '#shared/ids.ts';
import { newContact, sealContact } from './contacts.ts';
import { emptyContact } from './contents.ts';
import type { Context } from './context.ts';
import { newOpId } from './op-id.ts';
import { encodeOperation, friendLane } from './outbox.ts';
import type { FriendAction } from './ports.ts';
import type { OutboxRow } from './rows.ts';

/**
 * Stores a friend action with its pending mark. An action that undoes an unsent one is queued behind it all the same:
 * the older may be on its way to the server, and the lane keeps their order.
 */
export async function queueFriendAction(
  { db, keychain, now }: Context,
  kind: FriendAction,
  peer: UserId,
  name: string,
): Promise<OpId> {
  const id = newOpId(now());
  const op = encodeOperation({ id, kind, to: peer });
  // For a stranger; who is known keeps the name that the server gave.
  const sealed = await sealContact(keychain, peer, emptyContact(name));
  await db.transaction('rw', db.contacts, db.outbox, async () => {
    const contact = (await db.contacts.get(peer)) ?? { ...newContact(peer), sealed };
    const row: OutboxRow = { id, kind, lane: friendLane(peer), peer, op, base: contact.seq };
    await db.outbox.add(row);
    await db.contacts.put({ ...contact, pending: { op: id, kind } });
  });
  return id;
}
