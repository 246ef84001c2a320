import type { DeviceId, PairId, UserId } from '#shared/ids.ts';
import { peerIn } from '#shared/ids.ts';
import { err, ok } from '#shared/result.ts';
import { type Person, type Relation, standingFor } from '#sync/server/ports.ts';
import type { Account, AccountStore, Acquaintance, SignIn } from '../ports.ts';

export interface MemoryAccounts {
  readonly store: AccountStore;
  person(user: UserId): Person | undefined;
}

/** Users and their sign-ins in plain maps; gone with the process. */
export function createMemoryAccounts(
  relationsOf: (user: UserId) => Iterable<[PairId, Relation]>,
): MemoryAccounts {
  const accountsByName = new Map<string, Account>();
  const accountsById = new Map<UserId, Account>();
  const sessionsById = new Map<string, SignIn>();
  const sessionIdsByDevice = new Map<string, string>();
  const deviceKey = (user: UserId, device: DeviceId): string => `${user} ${device}`;
  const listed = ({ user, username }: Account) => ({ id: user, username });

  const store: AccountStore = {
    async createAccount(account) {
      if (accountsByName.has(account.username)) return err('USERNAME_TAKEN');
      if (accountsById.has(account.user)) return err('USER_ID_TAKEN');
      accountsByName.set(account.username, account);
      accountsById.set(account.user, account);
      return ok(undefined);
    },
    async account(username) {
      return accountsByName.get(username);
    },
    async startSession(session) {
      const key = deviceKey(session.user, session.device);
      const former = sessionsById.get(sessionIdsByDevice.get(key) ?? '');
      if (former) sessionsById.delete(former.id);
      sessionsById.set(session.id, session);
      sessionIdsByDevice.set(key, session.id);
      return former && former.ended === null ? former.id : null;
    },
    async session(id) {
      return sessionsById.get(id);
    },
    async rotateSession(id, expect, next) {
      const session = sessionsById.get(id);
      if (!session || session.ended !== null || Buffer.compare(session.token, expect) !== 0) return false;
      sessionsById.set(id, { ...session, ...next, previous: session.token });
      return true;
    },
    async endSession(id, time) {
      const session = sessionsById.get(id);
      if (!session || session.ended !== null) return false;
      sessionsById.set(id, { ...session, ended: time });
      return true;
    },
    async knowsDevice(user, device) {
      return sessionIdsByDevice.has(deviceKey(user, device));
    },
    async findPerson(username) {
      const account = accountsByName.get(username);
      return account && listed(account);
    },
    async listPeople(prefix, limit) {
      return Array.from(accountsByName.values(), listed)
        .filter(({ username }) => username.startsWith(prefix))
        .toSorted(byName)
        .slice(0, limit);
    },
    async acquaintances(user) {
      const found: Acquaintance[] = [];
      for (const [pair, relation] of relationsOf(user)) {
        const standing = standingFor(relation, user);
        const peer = accountsById.get(peerIn(pair, user));
        if (peer && standing !== 'none') found.push({ username: peer.username, standing });
      }
      return found.toSorted(byName);
    },
  };

  return {
    store,
    person(user) {
      const account = accountsById.get(user);
      return account && { id: user, name: account.username, bundle: account.bundle, keyId: account.keyId };
    },
  };
}

/** Code unit order, as a database compares text. */
function byName(a: { readonly username: string }, b: { readonly username: string }): number {
  return a.username < b.username ? -1 : a.username > b.username ? 1 : 0;
}
