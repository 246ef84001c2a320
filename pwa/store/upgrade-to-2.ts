import type { Transaction } from 'dexie';
import { aboveHole, lastOf, withNumber } from './numbers.ts';
import type { Ranges } from './numbers.ts';
import { type ConversationRow, type MessageRow, type MetaRow, UNSENT } from './rows.ts';

/** As version 1 had it: unread messages were counted. */
type Version1 = Omit<ConversationRow, 'own' | 'hole'> & { readonly unread: number };

/** Conversations name the numbers of our own messages instead; the epoch is remembered without its cursor. */
export async function upgradeTo2(transaction: Transaction): Promise<void> {
  const stored = await transaction.table<MetaRow>('meta').get('cursor');
  if (stored?.key === 'cursor') {
    const { epoch } = stored.cursor;
    await transaction.table<MetaRow>('meta').put({ key: 'epoch', epoch, doubted: false });
  }
  const messages = transaction.table<MessageRow>('messages');
  const conversations = transaction.table<Version1 | ConversationRow>('conversations');
  for (const { unread: _, ...row } of (await conversations.toArray()) as Version1[]) {
    const { delivered, seen } = row.mine;
    const last = Math.min(lastOf(row.held), UNSENT - 1);
    const rows = await messages
      .where('[peer+pos]')
      .between([row.peer, seen], [row.peer, last], false, true)
      .toArray();
    const own = rows.filter(({ mine }) => mine).reduce<Ranges>((set, { pos }) => withNumber(set, pos), []);
    const next: ConversationRow = { ...row, own };
    await conversations.put(aboveHole(row.held, delivered) === null ? next : { ...next, hole: 1 });
  }
}
