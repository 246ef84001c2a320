import { type UserId, peerIn } from '#shared/ids.ts';
import { err, ok } from '#shared/result.ts';
import { type SyncStore, standingFor } from '#sync/server/ports.ts';
import type { Account, AccountStore, Acquaintance, Listed } from '../ports.ts';
import type { Calls } from './calls.ts';
import type { AccountPart, Collections, UserDoc } from './collections.ts';
import { isDuplicate } from './errors.ts';
import { type Friendships, relationOf } from './friendships.ts';
import type { Logs } from './logs.ts';
import type { Sessions } from './sessions.ts';
import { binary, plain } from './values.ts';

type AccountMethods = Pick<
  AccountStore,
  | 'createAccount'
  | 'account'
  | 'accountOf'
  | 'replaceKeyring'
  | 'replaceCredentials'
  | 'deleteAccount'
  | 'suspendAccount'
  | 'findPerson'
  | 'listPeople'
  | 'acquaintances'
>;
export interface Accounts extends AccountMethods, Pick<SyncStore, 'person' | 'friends' | 'openRequests'> {
  /** Adds the entries that a new keyring owes to logs. Returns whose grew. */
  pay(doc: UserDoc): Promise<readonly UserId[]>;
  /** Goes on with a deletion that was begun. Returns whose logs grew. */
  remove(user: UserId, time: number): Promise<readonly UserId[]>;
}

export interface AccountsDeps {
  readonly collections: Pick<Collections, 'users' | 'friendships'>;
  readonly friendships: Friendships;
  readonly calls: Pick<Calls, 'endAll'>;
  readonly logs: Logs;
  readonly sessions: Sessions;
  /** What else belongs to a user, to go with the account. */
  readonly belongings: readonly { drop(user: UserId): Promise<void> }[];
}

const THERE = { deleted: { $eq: null } } as const;

/** Users. A user is one document; what a change of it owes to others is written with it, and paid after it. */
export function createAccounts({
  collections: { users, friendships: pairs },
  friendships,
  calls,
  logs,
  sessions,
  belongings,
}: AccountsDeps): Accounts {
  async function pay({ _id: user, owes }: UserDoc): Promise<readonly UserId[]> {
    if (!owes) return [];
    const { revision: at, rotated, time } = owes;
    const peers = rotated ? await peersOf(user, ['friends', 'requested']) : [];
    await Promise.all([
      logs.append(user, { kind: 'account', peer: user, at, time, bytes: 0 }),
      ...peers.map((peer) => logs.append(peer, { kind: 'keys', peer: user, at, time, bytes: 0 })),
    ]);
    await users.updateOne({ _id: { $eq: user }, 'owes.revision': { $eq: at } }, { $unset: { owes: 1 } });
    return [user, ...peers];
  }

  async function peersOf(user: UserId, states: ('friends' | 'requested')[]): Promise<UserId[]> {
    const found = await pairs
      .find({ members: { $eq: user }, state: { $in: states } }, { projection: { _id: 1 } })
      .toArray();
    return found.map(({ _id }) => peerIn(_id, user));
  }

  /** Each step may be repeated; the mark goes with a later round of the sweeper, which so finds what came in late. */
  async function remove(user: UserId, time: number): Promise<readonly UserId[]> {
    const grown = new Set(await calls.endAll(user, time));
    for (const { _id: pair } of await pairs
      .find({ members: { $eq: user } }, { projection: { _id: 1 } })
      .toArray()) {
      for (;;) {
        const before = relationOf(await friendships.settled(pair));
        if (before.state === 'none' && before.blockedBy.length === 0) break;
        const version = before.version + 1;
        const next = { state: 'none', by: null, blockedBy: [], version, time } as const;
        const settles = { operation: null, result: null, time };
        const touched = await friendships.relate(pair, before.version, next, settles);
        if (touched === 'conflict') continue;
        for (const other of touched) if (other !== user) grown.add(other);
        break;
      }
    }
    for (const belonging of [sessions, logs, ...belongings]) await belonging.drop(user);
    return [...grown];
  }

  const accountWhere = async (filter: Parameters<typeof users.findOne>[0]): Promise<Account | undefined> => {
    const found = await users.findOne({ ...filter, ...THERE });
    return found ? accountOf(found) : undefined;
  };

  return {
    pay,
    remove,
    async createAccount(account) {
      const { user, username, created, bundle, keyId } = account;
      try {
        await users.insertOne({
          _id: user,
          name: username,
          created,
          bundle: binary(bundle),
          keyId: binary(keyId),
          suspended: null,
          deleted: null,
          floor: 0,
          account: partOf(account),
        });
        return ok(undefined);
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
      const named = await users.countDocuments({ name: { $eq: username } }, { limit: 1 });
      return err(named > 0 ? 'USERNAME_TAKEN' : 'USER_ID_TAKEN');
    },
    account: (username) => accountWhere({ name: { $eq: username } }),
    accountOf: (user) => accountWhere({ _id: { $eq: user } }),
    async replaceKeyring(user, { expect, keyring, rotated, time }) {
      const before = await users.findOne({ _id: { $eq: user }, ...THERE });
      if (before?.account?.revision !== expect) return 'conflict';
      await pay(before);
      const { matchedCount } = await users.updateOne(
        {
          _id: { $eq: user },
          'account.revision': { $eq: expect },
          owes: { $exists: false },
          ...THERE,
        },
        {
          $set: {
            'account.keyring': binary(keyring),
            'account.revision': expect + 1,
            ...(rotated && { bundle: binary(rotated.bundle), keyId: binary(rotated.keyId) }),
            owes: { revision: expect + 1, rotated: rotated !== null, time },
          },
        },
      );
      if (matchedCount === 0) return 'conflict';
      return pay({ ...before, owes: { revision: expect + 1, rotated: rotated !== null, time } });
    },
    async replaceCredentials(user, expect, { credentials, recovery, endSessions }) {
      const ending = endSessions && { ...endSessions, version: expect + 1 };
      const { matchedCount } = await users.updateOne(
        { _id: { $eq: user }, 'account.credentialsVersion': { $eq: expect }, ...THERE },
        {
          $set: {
            'account.credentialsVersion': expect + 1,
            ...(credentials && { 'account.credentials': credentialsPart(credentials) }),
            ...(recovery !== undefined && { 'account.recovery': recoveryPart(recovery) }),
            ...(ending && { ending }),
          },
        },
      );
      if (matchedCount === 0) return 'conflict';
      return ending ? sessions.finishEnding({ _id: user, ending }) : [];
    },
    async deleteAccount(user, time) {
      await users.updateOne(
        { _id: { $eq: user }, ...THERE },
        {
          $set: { deleted: time, deleting: time, suspended: null },
          $unset: { account: 1, owes: 1, ending: 1 },
        },
      );
      const found = await users.findOne({ _id: { $eq: user } }, { projection: { deleted: 1 } });
      const deleted = found?.deleted ?? null;
      return deleted === null ? [] : remove(user, deleted);
    },
    async suspendAccount(user, time) {
      const { matchedCount } = await users.updateOne(
        { _id: { $eq: user }, ...THERE },
        { $set: { suspended: time } },
      );
      if (matchedCount > 0 && time !== null) await sessions.endSessions(user, null, time);
      return matchedCount > 0;
    },
    async findPerson(username) {
      const found = await users.findOne({ name: { $eq: username }, ...THERE }, { projection: { name: 1 } });
      return found ? listed(found) : undefined;
    },
    async listPeople(prefix, limit) {
      // Names are ASCII: every name with the prefix sorts below prefix + DEL.
      const found = await users
        .find(
          { name: { $gte: prefix, $lt: `${prefix}\x7f` }, suspended: { $eq: null }, ...THERE },
          { projection: { name: 1 } },
        )
        .sort({ name: 1 })
        .limit(limit)
        .toArray();
      return found.map(listed);
    },
    async acquaintances(user) {
      const found = await pairs
        .find({ members: { $eq: user }, state: { $in: ['friends', 'requested'] } })
        .toArray();
      const people = await users
        .find({ _id: { $in: found.map(({ _id }) => peerIn(_id, user)) } }, { projection: { name: 1 } })
        .sort({ name: 1 })
        .toArray();
      const docByPeer = new Map(found.map((doc) => [peerIn(doc._id, user), doc]));
      return people.flatMap(({ _id, name }): Acquaintance[] => {
        const standing = standingFor(relationOf(docByPeer.get(_id)), user);
        return standing === 'none' || standing === 'blocked' ? [] : [{ username: name, standing }];
      });
    },
    async person(user) {
      const found = await users.findOne(
        { _id: { $eq: user }, ...THERE },
        { projection: { name: 1, bundle: 1, keyId: 1 } },
      );
      if (!found) return undefined;
      return { id: user, name: found.name, bundle: plain(found.bundle), keyId: plain(found.keyId) };
    },
    friends: (user) => peersOf(user, ['friends']),
    openRequests: (user) => pairs.countDocuments({ by: { $eq: user }, state: { $eq: 'requested' } }),
  };
}

const listed = ({ _id, name }: Pick<UserDoc, '_id' | 'name'>): Listed => ({ id: _id, username: name });

function partOf({
  keyring,
  credentials,
  recovery,
}: Parameters<AccountStore['createAccount']>[0]): AccountPart {
  return {
    keyring: binary(keyring),
    revision: 1,
    credentials: credentialsPart(credentials),
    recovery: recoveryPart(recovery),
    credentialsVersion: 1,
  };
}

function credentialsPart({ kdf, verifier, pepperId, sealedAccountKey }: Account['credentials']) {
  const { iterations, salt } = kdf;
  return { iterations, salt, verifier, pepper: pepperId, key: binary(sealedAccountKey) };
}

function recoveryPart(recovery: Account['recovery']): AccountPart['recovery'] {
  if (!recovery) return null;
  const { verifier, pepperId, sealedAccountKey, created } = recovery;
  return { verifier, pepper: pepperId, key: binary(sealedAccountKey), created };
}

function accountOf(doc: UserDoc): Account {
  const { account } = doc;
  if (!account) throw new Error('a user who is there has no account');
  const { credentials, recovery } = account;
  return {
    user: doc._id,
    username: doc.name,
    created: doc.created,
    bundle: plain(doc.bundle),
    keyId: plain(doc.keyId),
    keyring: plain(account.keyring),
    revision: account.revision,
    credentials: {
      kdf: { alg: 'PBKDF2-SHA256', iterations: credentials.iterations, salt: credentials.salt },
      verifier: credentials.verifier,
      pepperId: credentials.pepper,
      sealedAccountKey: plain(credentials.key),
    },
    recovery: recovery && {
      verifier: recovery.verifier,
      pepperId: recovery.pepper,
      sealedAccountKey: plain(recovery.key),
      created: recovery.created,
    },
    credentialsVersion: account.credentialsVersion,
    suspended: doc.suspended,
  };
}
