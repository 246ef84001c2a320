import type { Batch } from './batch.ts';
import type { Context } from './context.ts';
import { RACED, untilCommitted } from './failures.ts';
import { type PreparedBatch, prepareBatch } from './incoming.ts';
import { reopenMessages } from './reopen.ts';

/**
 * Stores a batch: everything that takes cryptography first, then `commit` in one transaction, again when it lost a race;
 * at last, what came before a key that the batch has brought is opened.
 */
export async function storeBatch(
  context: Context,
  batch: Batch,
  commit: (prepared: PreparedBatch) => PromiseLike<undefined | typeof RACED>,
): Promise<void> {
  const learned = await untilCommitted(async () => {
    const prepared = await prepareBatch(context, batch);
    const committed = await commit(prepared);
    return committed === RACED ? RACED : prepared.contacts.filter((contact) => contact.learned);
  });
  // The batch is stored: what is left can also be done at the next start.
  for (const { row } of learned) await reopenMessages(context, row.id).catch(context.report);
}
