import { Failure } from '#shared/errors.ts';
import type { DeviceId, UserId } from '#shared/ids.ts';
import type { SignIn, SignInStore } from '../ports.ts';

export interface MemorySignIns {
  readonly store: SignInStore;
  /** How many are open. */
  open(): number;
  /** Forgets all sign-ins of a user who is no more. */
  drop(user: UserId): void;
}

export interface MemorySignInsDeps {
  /** Undefined when there is no such user. */
  readonly standing: (user: UserId) => 'open' | 'suspended' | undefined;
}

/** The sign-ins of all devices. */
export function createMemorySignIns({ standing }: MemorySignInsDeps): MemorySignIns {
  const sessionsById = new Map<string, SignIn>();
  const idsByDevice = new Map<string, string>();
  const deviceKey = (user: UserId, device: DeviceId): string => `${user} ${device}`;

  const all = (): SignIn[] => Array.from(sessionsById.values());
  const openOf = (user: UserId): SignIn[] =>
    all().filter((session) => session.user === user && session.ended === null);

  const store: SignInStore = {
    async startSession(session) {
      const { id, user, device } = session;
      const stands = standing(user);
      if (stands === undefined) throw new Failure('UNKNOWN_USER');
      if (stands === 'suspended') throw new Failure('ACCOUNT_SUSPENDED');
      const key = deviceKey(user, device);
      const former = sessionsById.get(idsByDevice.get(key) ?? '');
      if (former) sessionsById.delete(former.id);
      sessionsById.set(id, session);
      idsByDevice.set(key, id);
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
      sessionsById.set(id, { ...session, ended: time, push: null });
      return true;
    },
    async sessions(user) {
      return openOf(user).toSorted((a, b) => b.rotated - a.rotated || (a.id < b.id ? -1 : 1));
    },
    async renameSession(user, id, deviceName) {
      const session = sessionsById.get(id);
      if (!session || session.user !== user || session.ended !== null) return false;
      sessionsById.set(id, { ...session, deviceName });
      return true;
    },
    async keepPush(id, push) {
      const session = sessionsById.get(id);
      if (!session || session.ended !== null) return false;
      sessionsById.set(id, { ...session, push });
      return true;
    },
    async forgetPush(id, endpoint) {
      const session = sessionsById.get(id);
      if (!session?.push || (endpoint !== undefined && endpoint !== session.push.endpoint)) return;
      sessionsById.set(id, { ...session, push: null });
    },
    async endSessions(user, except, time) {
      const ending = openOf(user).filter(({ id }) => id !== except);
      for (const session of ending) sessionsById.set(session.id, { ...session, ended: time, push: null });
      return ending.map(({ id }) => id);
    },
  };

  return {
    store,
    open: () => all().filter(({ ended }) => ended === null).length,
    drop(user) {
      for (const { id, device } of all().filter((session) => session.user === user)) {
        sessionsById.delete(id);
        idsByDevice.delete(deviceKey(user, device));
      }
    },
  };
}
