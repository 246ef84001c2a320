import { type Db, MongoClient, MongoServerError, ReadConcern } from 'mongodb';
import type { MongoAddress } from './address.ts';
import { EXIT, type Exit, Refusal } from '../../refusal.ts';

export interface MongoConnection {
  readonly client: MongoClient;
  readonly db: Db;
  /** Whether another server takes over when one fails. */
  readonly replicated: boolean;
}

/** Milliseconds: to find a server that takes writes, and until a write must be on the disks of a majority. */
const SELECT_WITHIN = 5_000;
const DURABLE_WITHIN = 10_000;
const ANSWER_WITHIN = 20_000;

/**
 * Connects, and fixes what the rules of sync/SPEC.md rest on, whatever the address says: writes are acknowledged by the
 * journals of a majority, reads give what a majority holds and come from the server that takes the writes. Rejects with a
 * Refusal, in a sentence, when there is nothing to begin with.
 */
export async function connectMongo({
  uri,
  database,
  allowStandalone,
}: MongoAddress): Promise<MongoConnection> {
  const client = await refusing(async () => {
    const made = new MongoClient(uri, {
      appName: 'nexchat',
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: DURABLE_WITHIN },
      readPreference: 'primary',
      retryWrites: true,
      retryReads: true,
      serverSelectionTimeoutMS: SELECT_WITHIN,
      connectTimeoutMS: SELECT_WITHIN,
      socketTimeoutMS: ANSWER_WITHIN,
      promoteBuffers: false,
      promoteValues: true,
      ignoreUndefined: false,
    });
    return made.connect();
  });
  try {
    const hello = await refusing(() => client.db(database).command({ hello: 1 }));
    const replicated = typeof hello.setName === 'string' || hello.msg === 'isdbgrid';
    if (!replicated && !allowStandalone) {
      throw new Refusal(
        EXIT.settings,
        'This MongoDB is a single server without a replica set, so its messages are lost with its disk. Make it a replica set (one member will do to begin with), or set NEXCHAT_MONGODB_ALLOW_STANDALONE=1.',
      );
    }
    const db = client.db(database, { readConcern: new ReadConcern(replicated ? 'majority' : 'local') });
    return { client, db, replicated };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** What an operator can do about an error of the driver, in a sentence without the address: it may hold a password. */
export async function refusing<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // The names of mongodb+srv:// are looked up by Node, whose errors the driver passes on.
    if ('syscall' in error && /^(query|getaddrinfo)/.test(String(error.syscall))) {
      const code = 'code' in error ? String(error.code) : error.name;
      throw new Refusal(
        EXIT.unavailable,
        `The host in NEXCHAT_MONGODB_URI can't be looked up (${code}). Check its name, and that this machine can ask for names.`,
        error,
      );
    }
    // Addresses are read by a package of its own, with errors of its own.
    if (!error.name.startsWith('Mongo')) throw error;
    const [exit, say] = sentenceFor(error);
    throw new Refusal(exit, say, error);
  }
}

function sentenceFor(error: Error): [Exit, string] {
  const said = error instanceof MongoServerError ? error.code : undefined;
  switch (said) {
    case 18:
    case 8_000:
      return [
        EXIT.permission,
        'MongoDB refuses the user or the password in NEXCHAT_MONGODB_URI. Check both, and authSource.',
      ];
    case 13:
      return [
        EXIT.permission,
        'The user in NEXCHAT_MONGODB_URI may not create collections and indexes, read and write in the database NEXCHAT_MONGODB_DB. Give it the role readWrite there.',
      ];
    case undefined:
      break;
    default:
      return [EXIT.unavailable, `MongoDB answers, but not as it should: ${error.message}`];
  }
  if (/Parse|InvalidArgument|MissingCredentials|API/.test(error.name)) {
    return [
      EXIT.settings,
      'NEXCHAT_MONGODB_URI is not an address of MongoDB, such as mongodb://user:password@host/?replicaSet=rs0.',
    ];
  }
  return [
    EXIT.unavailable,
    'MongoDB does not answer at NEXCHAT_MONGODB_URI. Check that it runs, that its replica set has a primary, and that this machine reaches it.',
  ];
}
