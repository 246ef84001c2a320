import { decode } from '@msgpack/msgpack';
import * as v from 'valibot';
import { callEntry } from '#sync/wire/down.ts';
import { toldCalls } from './batch.ts';
import { mergeCalls, prepareCalls } from './calls.ts';
import type { Context } from './context.ts';
import { emptyConversation } from './conversations.ts';

/** Calls that an earlier version of the app kept raw, for one that knows what they are. */
export async function takeUpCalls(context: Context): Promise<void> {
  const { db, keychain, self, fence } = context;
  const rows = await db.foreign.filter(({ kind }) => kind === 'call').toArray();
  const told = await Promise.all(
    rows.map(async ({ seq, sealed }) => {
      const entry = v.safeParse(callEntry, decode(await keychain.open('foreign', String(seq), sealed)));
      return entry.success ? toldCalls([entry.output], self, seq) : [];
    }),
  );
  const known = told.flat();
  const calls = await prepareCalls(context, known);
  await db.transaction('rw', db.meta, db.calls, db.conversations, db.foreign, async () => {
    await fence();
    for (const [peer, lastCall] of await mergeCalls(db, calls)) {
      const conversation = (await db.conversations.get(peer)) ?? emptyConversation(peer);
      await db.conversations.put({ ...conversation, lastCall });
    }
    await db.foreign.bulkDelete(known.map(({ seq }) => seq));
  });
}
