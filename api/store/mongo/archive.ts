import type { Collection, Document, OptionalUnlessRequiredId } from 'mongodb';
import type { PairId, UserId } from '#shared/ids.ts';
import { EXIT, Refusal } from '../../refusal.ts';
import type { ArchiveRecord, ArchiveStore, RecordOf } from '../archive.ts';
import {
  callRecord,
  docOfCall,
  entryDoc,
  entryRecord,
  installationDoc,
  installationRecord,
  messageDoc,
  messageRecord,
  operationDoc,
  operationRecord,
  pairDoc,
  pairRecord,
  reportDoc,
  reportRecord,
  sessionDoc,
  sessionRecord,
  userDoc,
  userRecord,
} from './archive-docs.ts';
import type { Collections, MessageDoc, OperationDoc } from './collections.ts';

/** Documents of one command. */
const STEP = 500;

export interface MongoArchiveDeps {
  readonly collections: Collections;
  /** Finishes everything that was begun, whenever that was. */
  readonly settle: () => Promise<void>;
}

/**
 * The database as an archive, while no server works on it: there is no moment that all of it could be read of. Loading
 * takes back what it wrote when the records end in an error.
 */
export function createMongoArchive({ collections, settle }: MongoArchiveDeps): ArchiveStore {
  const { meta, users, sessions, installations, friendships, messages, calls, log, operations, reports } =
    collections;

  async function* records(): AsyncGenerator<ArchiveRecord> {
    await settle();
    const epoch = await meta.findOne({ _id: { $eq: 'epoch' } });
    if (epoch) yield { kind: 'history', epoch: String(epoch.value) };
    for await (const doc of users.find().sort({ _id: 1 })) yield userRecord(doc);
    for await (const doc of sessions.find().sort({ _id: 1 })) yield sessionRecord(doc);
    for await (const doc of installations.find().sort({ _id: 1 })) yield installationRecord(doc);
    for await (const doc of friendships.find().sort({ _id: 1 })) yield pairRecord(doc);
    // Below 0 are operations that were refused.
    for await (const doc of messages.find({ n: { $gt: 0 } }).sort({ pair: 1, n: 1 }))
      yield messageRecord(doc);
    // Version 0 is what never became a call.
    const placed = calls.find({ version: { $gt: 0 } }).sort({ pair: 1, after: 1, startedAt: 1, id: 1 });
    for await (const doc of placed) yield callRecord(doc);
    yield* entries();
    for await (const step of stepsOf(operations.find().sort({ _id: 1 }))) yield* settledOperations(step);
    for await (const doc of reports.find().sort({ time: 1, order: 1 })) yield reportRecord(doc);
  }

  /** Without those below the floor, which only wait to be removed. */
  async function* entries(): AsyncGenerator<ArchiveRecord> {
    for await (const { _id: user, floor } of users.find({}, { projection: { floor: 1 } }).sort({ _id: 1 })) {
      const kept = log.find({ user: { $eq: user }, seq: { $gt: floor } }).sort({ seq: 1 });
      for await (const doc of kept) yield entryRecord(doc);
    }
  }

  async function* settledOperations(step: readonly OperationDoc[]): AsyncGenerator<ArchiveRecord> {
    const asked = step.flatMap(({ _id, result, intent }) =>
      result === null && intent?.kind === 'message'
        ? [{ pair: { $eq: intent.pair }, _id: { $eq: _id } }]
        : [],
    );
    const found = asked.length === 0 ? [] : await messages.find({ $or: asked }).toArray();
    const messageById = new Map<string, MessageDoc>(found.map((doc) => [doc._id, doc]));
    for (const doc of step) {
      const record = operationRecord(doc, messageById.get(doc._id));
      if (record) yield record;
    }
  }

  async function load(given: AsyncIterable<ArchiveRecord>): Promise<void> {
    const filled = [users, sessions, installations, friendships, messages, calls, log, operations, reports];
    for (const collection of filled) {
      if ((await (collection as unknown as Collection).countDocuments({}, { limit: 1 })) === 0) continue;
      throw new Refusal(
        EXIT.exists,
        `The MongoDB database holds ${collection.collectionName} already, and an archive goes only into an empty store.`,
      );
    }
    try {
      await loadAll(collections, given);
    } catch (error) {
      for (const collection of filled) await (collection as unknown as Collection).deleteMany({});
      throw error;
    }
  }

  return { records, load };
}

async function loadAll(collections: Collections, given: AsyncIterable<ArchiveRecord>): Promise<void> {
  const { meta, users, sessions, installations, friendships, messages, calls, log, operations, reports } =
    collections;
  const namesByUser = new Map<UserId, string>();
  /** Bytes of the envelopes, by number from 1. */
  const sizesByPair = new Map<PairId, number[]>();
  const talked = new Set<PairId>();
  const insert = createInserter();

  async function talk(pair: PairId): Promise<void> {
    if (talked.has(pair)) return;
    talked.add(pair);
    await insert.flush();
    await friendships.updateOne({ _id: { $eq: pair } }, { $set: { talked: true } });
  }

  async function addMessage(record: RecordOf<'message'>): Promise<void> {
    await talk(record.pair);
    const sizes = sizesByPair.get(record.pair) ?? [];
    sizesByPair.set(record.pair, sizes);
    sizes[record.n] = record.envelope.byteLength;
    await insert.add(messages, messageDoc(record));
  }

  const bytesOf = ({ subject }: RecordOf<'entry'>): number =>
    subject.of === 'message' ? (sizesByPair.get(subject.pair)?.[subject.n] ?? 0) : 0;

  for await (const record of given) {
    switch (record.kind) {
      case 'history':
        await meta.deleteOne({ _id: { $eq: 'epoch' } });
        await meta.insertOne({ _id: 'epoch', value: record.epoch });
        break;
      case 'user':
        namesByUser.set(record.user, record.username);
        await insert.add(users, userDoc(record));
        break;
      case 'session':
        await insert.add(sessions, sessionDoc(record, namesByUser.get(record.user) ?? ''));
        break;
      case 'installation':
        await insert.add(installations, installationDoc(record));
        break;
      case 'pair':
        await insert.add(friendships, pairDoc(record));
        break;
      case 'message':
        await addMessage(record);
        break;
      case 'call':
        await talk(record.pair);
        await insert.add(calls, docOfCall(record));
        break;
      case 'entry':
        await insert.add(log, entryDoc(record, bytesOf(record)));
        break;
      case 'operation':
        await insert.add(operations, operationDoc(record));
        break;
      case 'report':
        await insert.add(reports, reportDoc(record));
        break;
    }
  }
  await insert.flush();
}

/** Collects documents of one collection, and writes many at a time, in order. */
function createInserter() {
  let into: Collection | null = null;
  let docs: Document[] = [];

  async function flush(): Promise<void> {
    if (into && docs.length > 0) await into.insertMany(docs, { ordered: true });
    docs = [];
  }

  return {
    flush,
    async add<T extends Document>(
      collection: Collection<T>,
      doc: OptionalUnlessRequiredId<T>,
    ): Promise<void> {
      const target = collection as unknown as Collection;
      if (target !== into || docs.length === STEP) await flush();
      into = target;
      docs.push(doc);
    },
  };
}

async function* stepsOf<T>(docs: AsyncIterable<T>): AsyncGenerator<T[]> {
  let step: T[] = [];
  for await (const doc of docs) {
    step.push(doc);
    if (step.length < STEP) continue;
    yield step;
    step = [];
  }
  if (step.length > 0) yield step;
}
