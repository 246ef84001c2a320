import { randomBytes } from 'node:crypto';
import { EXIT, Refusal } from '../../refusal.ts';
import { type Collections, type MetaDoc, createIndexes } from './collections.ts';
import { isDuplicate } from './errors.ts';

/**
 * The schema's history: the first step leads from schema 1 to schema 2. Append only: a released step is never edited.
 * Several servers may start at once, and one may die in a step, so each step must be harmless to repeat.
 */
const STEPS: readonly ((collections: Collections) => Promise<void>)[] = [];
const SCHEMA = STEPS.length + 1;

/** Brings a database to this version's schema. Indexes are looked after at every start. */
export async function migrate(collections: Collections): Promise<void> {
  const { meta } = collections;
  const { value: version } = await kept(collections, { _id: 'schema', value: SCHEMA });
  if (typeof version !== 'number' || version > SCHEMA) {
    throw new Refusal(
      EXIT.data,
      `The MongoDB database has schema ${version}, newer than this server's ${SCHEMA}. Install the version that wrote it, or restore a backup of this version.`,
    );
  }
  await createIndexes(collections);
  for (const [at, step] of STEPS.entries()) {
    const to = at + 2;
    if (to <= version) continue;
    await step(collections);
    await meta.updateOne({ _id: { $eq: 'schema' }, value: { $lt: to } }, { $set: { value: to } });
  }
}

/** Minted with the database. An operator who restores a backup deletes the row, and it is minted again. */
export async function epochOf(collections: Collections): Promise<string> {
  const fresh = randomBytes(16).toString('base64url');
  const { value } = await kept(collections, { _id: 'epoch', value: fresh });
  return String(value);
}

/** What stands under its id; `fresh` when nothing did. */
async function kept({ meta }: Collections, fresh: MetaDoc): Promise<MetaDoc> {
  try {
    await meta.insertOne(fresh);
    return fresh;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
  }
  const found = await meta.findOne({ _id: { $eq: fresh._id } });
  if (!found) throw new Error('what was there a moment ago is missing');
  return found;
}
