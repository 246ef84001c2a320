import type { MongoAddress } from './address.ts';
import { collectionsOf } from './collections.ts';
import { connectMongo, refusing } from './connect.ts';

/** Accounts that are looked at: a start must not read millions of them. The doctor reads all. */
const SAMPLE = 1_000;

/** The names of the peppers that passwords of some accounts were made with. Rejects with a Refusal. */
export async function pepperNamesAt(address: MongoAddress): Promise<string[]> {
  const { client, db } = await connectMongo(address);
  try {
    const found = await refusing(() =>
      collectionsOf(db)
        .users.find({}, { projection: { 'account.credentials.pepper': 1 }, limit: SAMPLE })
        .toArray(),
    );
    return [...new Set(found.flatMap(({ account }) => (account ? [account.credentials.pepper] : [])))];
  } finally {
    await client.close();
  }
}
