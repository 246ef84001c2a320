import type { Database } from './database.ts';
import { type ListRows, present } from './list-rows.ts';
import type { ConversationRow } from './rows.ts';

/** As many as a phone's screen holds; all others follow. */
const FIRST = 14;

/**
 * The rows of the conversations whose newest message or call was made last, by the clocks of who made them. Few rows by
 * their keys, so that a screen is filled before all is read.
 */
export function readFirstRows(db: Database): Promise<ListRows> {
  return db.transaction('r', [db.contacts, db.conversations, db.drafts, db.messages, db.calls], async () => {
    const [all, drafts] = await Promise.all([db.conversations.toArray(), db.drafts.toArray()]);
    const conversations = all.toSorted((a, b) => (madeLast(a) < madeLast(b) ? 1 : -1)).slice(0, FIRST);
    const [contacts, messages, calls] = await Promise.all([
      db.contacts.bulkGet(conversations.map(({ peer }) => peer)),
      db.messages.bulkGet(conversations.flatMap(({ lastId }) => lastId ?? [])),
      db.calls.bulkGet(conversations.flatMap(({ lastCall }) => lastCall ?? [])),
    ]);
    return {
      contacts: present(contacts),
      conversations,
      drafts,
      lastById: new Map(present(messages).map((row) => [row.id, row])),
      lastCallById: new Map(present(calls).map((row) => [row.id, row])),
    };
  });
}

/** The newest of message and call, by their ids, which begin with the time at which they were made; '' for none. */
function madeLast({ lastId, lastCall }: ConversationRow): string {
  return [lastId ?? '', lastCall ?? ''].toSorted().at(-1) ?? '';
}
