import { toBase64url } from '#shared/bytes.ts';
import { randomBytes } from '#shared/crypto/primitives.ts';
import type { DeviceId } from '#shared/ids.ts';
import type { Context } from './context.ts';
import { withoutBreak } from './conversations.ts';
import type { Link } from './rows.ts';

/**
 * This database is a copy of another that goes on under the same name. From here on they are two devices: this one
 * takes a new name, and its chains of payloads begin anew. What waits keeps its ids and its bytes, because the original
 * holds the same rows: whoever is first sends them, and the other one gets the same answer.
 */
export async function renameDevice({ db, fence }: Context): Promise<void> {
  const device = toBase64url(randomBytes(16)) as DeviceId;
  await db.transaction('rw', db.meta, db.conversations, db.outbox, async () => {
    await fence();
    await db.meta.put({ key: 'device', device, gen: 0 });
    await db.conversations.toCollection().modify((row, ref) => {
      ref.value = { ...withoutBreak(row), counter: 0, chain: null };
    });
    // What waits is of the former name's chains: ours don't go on where it fails.
    await db.outbox.toCollection().modify((row: { before?: Link }) => {
      delete row.before;
    });
  });
}
