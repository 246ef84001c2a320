import { type UserId, peerIn } from '#shared/ids.ts';
import { err, ok } from '#shared/result.ts';
import { type Person, standingFor } from '#sync/server/ports.ts';
import type { Account, AccountStore, Acquaintance, Listed, Report } from '../ports.ts';
import type { Logs } from './logs.ts';
import { createMemorySignIns } from './sign-ins.ts';
import type { MemoryRelations } from './sync.ts';

export interface MemoryAccounts {
  readonly store: AccountStore;
  /** Also somebody who is no more: `exists` tells. */
  person(user: UserId): Person | undefined;
  exists(user: UserId): boolean;
  /** Of the user's keyring; 0 when there is none. */
  revision(user: UserId): number;
}

export interface MemoryAccountsDeps extends MemoryRelations {
  readonly logs: Logs;
}

/** Users and their sign-ins in plain maps; gone with the process. */
export function createMemoryAccounts({
  relationsOf,
  relate,
  endCalls,
  dropUser,
  count,
  logs,
}: MemoryAccountsDeps): MemoryAccounts {
  const idsByName = new Map<string, UserId>();
  const accountsById = new Map<UserId, Account>();
  /** What is left of those who are no more. */
  const tombstones = new Map<UserId, Person>();
  const reports: Report[] = [];
  const signIns = createMemorySignIns({
    standing: (user) => {
      const account = accountsById.get(user);
      return account && (account.suspended === null ? 'open' : 'suspended');
    },
  });
  const listed = ({ user, username }: Account): Listed => ({ id: user, username });
  const nameOf = (user: UserId): string | undefined => person(user)?.name;
  const named = (username: string): Account | undefined => {
    const user = idsByName.get(username);
    return user === undefined ? undefined : accountsById.get(user);
  };

  function person(user: UserId): Person | undefined {
    const account = accountsById.get(user);
    if (!account) return tombstones.get(user);
    return { id: user, name: account.username, bundle: account.bundle, keyId: account.keyId };
  }

  const store: AccountStore = {
    async createAccount(account) {
      const { user, username } = account;
      if (idsByName.has(username)) return err('USERNAME_TAKEN');
      if (person(user)) return err('USER_ID_TAKEN');
      idsByName.set(username, user);
      accountsById.set(user, { ...account, revision: 1, credentialsVersion: 1, suspended: null });
      return ok(undefined);
    },
    async account(username) {
      return named(username);
    },
    async accountOf(user) {
      return accountsById.get(user);
    },
    async replaceKeyring(user, { expect, keyring, rotated, time }) {
      const account = accountsById.get(user);
      if (account?.revision !== expect) return 'conflict';
      const revision = expect + 1;
      accountsById.set(user, { ...account, ...rotated, keyring, revision });
      logs.append(user, time, { kind: 'account', revision });
      if (!rotated) return [user];
      const grown = [user];
      for (const [pair, { state }] of relationsOf(user)) {
        if (state !== 'friends' && state !== 'requested') continue;
        logs.append(peerIn(pair, user), time, { kind: 'friend', pair });
        grown.push(peerIn(pair, user));
      }
      return grown;
    },
    async replaceCredentials(user, expect, { endSessions, ...change }) {
      const account = accountsById.get(user);
      if (account?.credentialsVersion !== expect) return 'conflict';
      accountsById.set(user, { ...account, ...change, credentialsVersion: expect + 1 });
      return endSessions ? signIns.store.endSessions(user, endSessions.except, endSessions.time) : [];
    },
    async deleteAccount(user, time) {
      const left = person(user);
      if (!left || !accountsById.delete(user)) return [];
      tombstones.set(user, left);
      const told = new Set(endCalls(user, time));
      for (const [pair, before] of relationsOf(user)) {
        if (before.state === 'none' && before.blockedBy.length === 0) continue;
        const next = { state: 'none', by: null, blockedBy: [], version: before.version + 1, time } as const;
        for (const other of relate(pair, next, time)) if (other !== user) told.add(other);
      }
      signIns.drop(user);
      dropUser(user);
      return [...told];
    },
    async suspendAccount(user, time) {
      const account = accountsById.get(user);
      if (!account) return false;
      accountsById.set(user, { ...account, suspended: time });
      if (time !== null) await signIns.store.endSessions(user, null, time);
      return true;
    },
    ...signIns.store,
    async findPerson(username) {
      const account = named(username);
      return account && listed(account);
    },
    async listPeople(prefix, limit) {
      return Array.from(accountsById.values())
        .filter(({ username, suspended }) => username.startsWith(prefix) && suspended === null)
        .map(listed)
        .toSorted(byName)
        .slice(0, limit);
    },
    async acquaintances(user) {
      const found: Acquaintance[] = [];
      for (const [pair, relation] of relationsOf(user)) {
        const standing = standingFor(relation, user);
        const username = nameOf(peerIn(pair, user));
        if (username === undefined || standing === 'none' || standing === 'blocked') continue;
        found.push({ username, standing });
      }
      return found.toSorted(byName);
    },
    async addReport(report) {
      const { from, about } = report;
      const before = reports.findIndex((other) => other.from === from && other.about === about);
      if (before >= 0) reports.splice(before, 1);
      reports.push(report);
    },
    async reports(limit) {
      // The newest of one time first: `toSorted` keeps the order of equals.
      return reports
        .toReversed()
        .toSorted((a, b) => b.time - a.time)
        .slice(0, limit);
    },
    async stats() {
      const accounts = Array.from(accountsById.values());
      return {
        users: accounts.length,
        suspended: accounts.filter(({ suspended }) => suspended !== null).length,
        sessions: signIns.open(),
        ...count(),
        reports: reports.length,
      };
    },
  };

  return {
    store,
    person,
    exists: (user) => accountsById.has(user),
    revision: (user) => accountsById.get(user)?.revision ?? 0,
  };
}

/** Code unit order, as a database compares text. */
function byName(a: { readonly username: string }, b: { readonly username: string }): number {
  return a.username < b.username ? -1 : a.username > b.username ? 1 : 0;
}
