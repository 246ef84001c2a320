import Dexie, { type Table } from 'dexie';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import { upgradeTo2 } from './upgrade-to-2.ts';
import { upgradeTo3 } from './upgrade-to-3.ts';
import type {
  CallRow,
  ChainRow,
  ContactRow,
  ConversationRow,
  DraftRow,
  ForeignRow,
  KeyRow,
  MessageRow,
  MetaRow,
  NoticeRow,
  OutboxRow,
  SentRow,
} from './rows.ts';

/** One database per user of this device. */
export type Database = Dexie & {
  readonly meta: Table<MetaRow, MetaRow['key']>;
  readonly keys: Table<KeyRow, KeyRow['name']>;
  readonly contacts: Table<ContactRow, UserId>;
  readonly conversations: Table<ConversationRow, UserId>;
  readonly messages: Table<MessageRow, OpId>;
  readonly outbox: Table<OutboxRow, number>;
  readonly sent: Table<SentRow, number>;
  readonly drafts: Table<DraftRow, UserId>;
  readonly foreign: Table<ForeignRow, number>;
  readonly chains: Table<ChainRow, [UserId, DeviceId]>;
  readonly notices: Table<NoticeRow, number>;
  readonly calls: Table<CallRow, OpId>;
};

const PREFIX = 'nexchat-';
/** Not a user id: those have 22 characters. */
export const DEVICE_DATABASE = `${PREFIX}device`;

export const databaseName = (user: UserId) => `${PREFIX}${user}`;
/** Whose database it is; null for another one. */
export const userOf = (name: string): UserId | null =>
  name.startsWith(PREFIX) && name !== DEVICE_DATABASE ? (name.slice(PREFIX.length) as UserId) : null;

/** Why a connection ended from outside: a newer version of the app waits to upgrade, or the data was erased. */
export type Lost = 'upgraded' | 'erased';

export function openDatabase(user: UserId, onLost: (why: Lost) => void): Database {
  const db = new Dexie(databaseName(user), {
    // Once we say "queued" it is on disk. Queries are few and watch small windows: a second cache would only cost.
    chromeTransactionDurability: 'strict',
    cache: 'disabled',
  }) as Database;
  declareVersions(db);
  guardVersion(db, onLost);
  return db;
}

/** Append only: a version that has been released never changes. Indexes only; fields are in rows.ts. */
function declareVersions(db: Dexie): void {
  db.version(1).stores({
    meta: 'key',
    keys: 'name',
    contacts: 'id',
    conversations: 'peer',
    messages: 'id, [peer+pos], unopened, failed',
    outbox: '++order, &id, lane, kind, after',
    drafts: 'peer',
    foreign: 'seq',
  });
  db.version(2).stores({ conversations: 'peer, hole', sent: '++order, id, time' }).upgrade(upgradeTo2);
  db.version(3)
    .stores({ contacts: 'id, changed', chains: '[peer+device], peer', notices: '++id, peer' })
    .upgrade(upgradeTo3);
  db.version(4).stores({ calls: 'id, at, live, missed, [peer+after+at]' });
}

/**
 * Lets go at once when another tab upgrades or erases the database. Dexie's own handler would let this tab open the
 * newer database again and write rows of the old shape into it.
 */
export function guardVersion(db: Dexie, onLost: (why: Lost) => void): void {
  db.on('versionchange', (event: IDBVersionChangeEvent) => {
    db.close({ disableAutoOpen: true });
    onLost(event.newVersion === null || event.newVersion === 0 ? 'erased' : 'upgraded');
    return false;
  });
}
