import { lockName } from '#shared/crypto/device-lock.ts';
import { type SafeKdf, createKdf } from '#shared/crypto/password.ts';
import { Failure } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import type { Lock as ShownLock } from '../models/account.ts';
import type { Models } from '../models/models.ts';
import { closeNotices, closeShown } from '../notices/show.ts';
import type { DeviceKeys } from '../store/keychain.ts';
import {
  beginAttempt,
  readLock,
  removeAuthenticator,
  removeLock,
  setAuthenticator,
  setLock,
  setMinutes,
  unlockKeys,
} from '../store/lock.ts';
import { eraseKeys } from '../store/provisioning.ts';
import type { LockRow } from '../store/rows.ts';
import { timers } from '../transport/timers.ts';
import type { Account } from './account.ts';
import type { Actions } from './actions.ts';
import { acceptNewPassword } from './credentials.ts';
import { createIdle } from './idle.ts';
import { type Inside, mustBeInside } from './inside.ts';
import { askLockKey, canUseLockKey, createLockKey } from './lock-key.ts';
import { note } from './log.ts';
import { stretchInWorker } from './stretch.ts';

/**
 * What the tabs of this browser tell each other about the lock. Keys travel as CryptoKeys, usable and not readable, and
 * only between pages of this origin: one tab unlocks all, and a new tab beside an unlocked one asks for no passphrase.
 */
export type LockNews =
  /** A locked tab: does anybody have keys? */
  | { readonly t: 'ask' }
  | { readonly t: 'keys' | 'unlocked'; readonly keys: DeviceKeys }
  | { readonly t: 'locked' | 'used' }
  | { readonly t: 'set'; readonly lock: ShownLock | null };

export type LockActions = Pick<
  Actions,
  | 'enableLock'
  | 'addLockKey'
  | 'removeLockKey'
  | 'disableLock'
  | 'setLockMinutes'
  | 'lockNow'
  | 'unlock'
  | 'unlockWithKey'
  | 'wipe'
>;

export interface LockWork extends LockActions {
  hear(news: LockNews): Promise<void>;
  /** Somebody is inside, on a device with a lock. */
  entered(): void;
  left(): void;
  /** This tab is locked. */
  locked(): Promise<void>;
}

export interface LockDeps {
  readonly models: Pick<Models, 'session' | 'account' | 'shell'>;
  readonly account: () => Pick<Account, 'start' | 'lock' | 'logOut'>;
  /** Resolves when what is being written is on the device. */
  readonly saveDrafts: () => Promise<void>;
  readonly report: (error: unknown) => void;
}

interface LockWorkDeps extends LockDeps {
  readonly channel: BroadcastChannel;
  readonly inside: () => Inside | null;
}

export function createLockWork(deps: LockWorkDeps): LockWork {
  const { channel, inside, report, saveDrafts } = deps;
  const { account: model, session, shell } = deps.models;
  const say = (news: LockNews) => channel.postMessage(news);
  const handOver = (t: 'keys' | 'unlocked', keys: DeviceKeys) => {
    try {
      say({ t, keys });
    } catch (error) {
      // Not every engine lets keys through; then each tab asks the person.
      note('keys were not handed to other tabs', error);
    }
  };
  /** One after the other: two doors must not open at once. */
  let turns: Promise<unknown> = Promise.resolve();
  /** Whether keys of another tab are wanted. */
  let asking = false;

  const idle = createIdle({
    timers,
    now: Date.now,
    page: window,
    used: () => say({ t: 'used' }),
    idle: lockNow,
  });

  canUseLockKey().then((can) => (model.canUseKey.value = can), report);

  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = turns.then(task);
    turns = turn.catch(() => {});
    return turn;
  }

  /** Shows the lock as it is now. */
  function show(lock: ShownLock | null): void {
    model.lock.value = lock;
    if (lock !== null && inside() !== null) idle.start(lock.minutes);
    else idle.stop();
  }

  /** The same in every tab. */
  function showAll(row: LockRow | null): void {
    const lock = row && shownOf(row);
    show(lock);
    say({ t: 'set', lock });
  }

  /** Runs what a form asks for; why it failed is for the form to show. */
  async function attempt(task: () => Promise<void>): Promise<boolean> {
    if (model.busy.value) return false;
    model.busy.value = true;
    model.error.value = null;
    try {
      await task();
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) report(error);
      model.error.value = error instanceof Failure ? error.code : 'INTERNAL';
      const tooSoon = error instanceof Failure && error.code === 'RATE_LIMITED';
      model.wait.value = tooSoon ? Number(error.detail) : 0;
      return false;
    } finally {
      model.busy.value = false;
    }
  }

  /** Without keys: the lock is gone. */
  const open = (keys?: DeviceKeys) =>
    inTurn(async () => {
      asking = false;
      if (inside() === null) await deps.account().start(keys);
    });

  const lockHere = () =>
    inTurn(async () => {
      asking = false;
      if (inside() === null) return;
      // Out of sight at once; what was being written is sealed and stored behind it.
      session.phase.value = 'locked';
      // What stands on the screen of the device says more than a locked app may.
      await closeShown().catch(report);
      await saveDrafts();
      await deps.account().lock();
    });

  function lockNow(): void {
    if (model.lock.value === null) return;
    say({ t: 'locked' });
    lockHere().catch(report);
  }

  async function unlockAll(keys: DeviceKeys): Promise<void> {
    await open(keys);
    handOver('unlocked', keys);
  }

  async function attemptedKey(passphrase: string): Promise<CryptoKey> {
    const { userId, kdf } = await beginAttempt(Date.now());
    return keyOf(passphrase, userId, kdf);
  }

  return {
    async hear(news) {
      switch (news.t) {
        case 'ask': {
          const now = inside();
          if (now !== null && session.phase.value !== 'locked' && model.lock.value !== null)
            handOver('keys', now.keychain.keys);
          return;
        }
        case 'keys':
          if (asking) await open(news.keys);
          return;
        case 'unlocked':
          if (session.phase.value === 'locked') await open(news.keys);
          return;
        case 'locked':
          return lockHere();
        case 'used':
          return idle.heard();
        case 'set':
          show(news.lock);
          if (news.lock === null && session.phase.value === 'locked') await open();
      }
    },
    entered() {
      const lock = inside()?.lock ?? null;
      show(lock && shownOf(lock));
    },
    left: idle.stop,
    async locked() {
      const stored = await readLock();
      show(stored === undefined ? null : shownOf(stored.lock));
      asking = session.phase.value === 'locked' && inside() === null;
      if (asking) say({ t: 'ask' });
    },

    enableLock: (passphrase, minutes) =>
      attempt(async () => {
        const { me, keychain } = mustBeInside(inside());
        acceptNewPassword(passphrase);
        const kdf = createKdf();
        const wrapKey = await keyOf(passphrase, me.id, kdf);
        showAll(await setLock(keychain.keys, { minutes, kdf, wrapKey }));
        await closeShown();
      }),

    addLockKey: () =>
      attempt(async () => {
        const { keychain } = mustBeInside(inside());
        showAll(await setAuthenticator(keychain.keys, await createLockKey()));
      }),

    removeLockKey: () =>
      attempt(async () => {
        mustBeInside(inside());
        showAll(await removeAuthenticator());
      }),

    disableLock: (passphrase) =>
      attempt(async () => {
        await removeLock('passphrase', await attemptedKey(passphrase));
        showAll(null);
      }),

    setLockMinutes(minutes) {
      setMinutes(minutes).then(showAll).catch(report);
    },

    lockNow,

    async unlock(passphrase) {
      await attempt(async () => unlockAll(await unlockKeys('passphrase', await attemptedKey(passphrase))));
    },

    async unlockWithKey() {
      await attempt(async () => {
        const authenticator = (await readLock())?.lock.authenticator;
        if (authenticator === null || authenticator === undefined) throw new Failure('LOCK_KEY_FAILED');
        await unlockAll(await unlockKeys('authenticator', await askLockKey(authenticator)));
      });
    },

    async wipe() {
      // Whatever fails or hangs after this, nothing can be read any more.
      await eraseKeys().catch(report);
      localStorage.clear();
      sessionStorage.clear();
      shell.theme.value = 'system';
      shell.looks.value = new Set();
      shell.hintsDone.value = new Set();
      // Leaves a mark, without a network, that the session is still to be ended at the server.
      await deps.account().logOut();
      await eraseApp().catch(report);
    },
  };
}

const shownOf = ({ minutes, authenticator }: LockRow): ShownLock => ({
  minutes,
  hasKey: authenticator !== null,
});

async function keyOf(passphrase: string, userId: UserId, kdf: SafeKdf): Promise<CryptoKey> {
  return (await stretchInWorker(passphrase, lockName(userId), kdf)).wrapKey;
}

/** The app's own files, and its service worker; a push subscription ends with that. */
async function eraseApp(): Promise<void> {
  for (const name of await caches.keys()) await caches.delete(name);
  if (!('serviceWorker' in navigator)) return;
  for (const registration of await navigator.serviceWorker.getRegistrations()) {
    await closeNotices(registration);
    await registration.unregister();
  }
}
