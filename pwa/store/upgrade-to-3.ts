import type { Transaction } from 'dexie';
import type { ContactRow } from './rows.ts';

/** As version 2 had it: a boolean, which no index takes. */
type Version2 = Omit<ContactRow, 'changed'> & { readonly changed: boolean };

/** Contacts are found by their changed identities. */
export async function upgradeTo3(transaction: Transaction): Promise<void> {
  const contacts = transaction.table<Version2 | ContactRow>('contacts');
  for (const row of (await contacts.toArray()) as Version2[]) {
    await contacts.put({ ...row, changed: row.changed ? 1 : 0 });
  }
}
