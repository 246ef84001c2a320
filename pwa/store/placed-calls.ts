import Dexie from 'dexie';
import type { UserId } from '#shared/ids.ts';
import type { Database } from './database.ts';

/** The calls of a conversation that follow messages numbered `from` to `to`, in their order. */
export function placedCalls(db: Database, peer: UserId, from: number, to: number) {
  return db.calls
    .where('[peer+after+at]')
    .between([peer, from, Dexie.minKey], [peer, to, Dexie.maxKey], true, true);
}
