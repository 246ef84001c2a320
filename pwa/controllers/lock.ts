import { effect } from '@preact/signals';
import type { Inside, Room } from './inside.ts';
import { load } from './load.ts';
import type { LockActions, LockDeps, LockNews, LockWork } from './lock-work.ts';

/** The lock of this device. The part that works is loaded when there is a lock, or somebody wants one. */
export interface Lock extends Room, LockActions {}

export function createLock(deps: LockDeps): Lock {
  const { models, report } = deps;
  const channel = new BroadcastChannel('nexchat-lock');
  let inside: Inside | null = null;
  let loaded: LockWork | null = null;
  let loading: Promise<LockWork> | null = null;

  function work(): Promise<LockWork> {
    loading ??= load(import('./lock-work.ts')).then(
      ({ createLockWork }) => {
        loaded = createLockWork({ ...deps, channel, inside: () => inside });
        return loaded;
      },
      (error: unknown) => {
        loading = null;
        throw error;
      },
    );
    return loading;
  }

  /** For a form: false when it did not work. */
  async function asked(task: (lock: LockWork) => Promise<boolean>): Promise<boolean> {
    try {
      return await task(await work());
    } catch (error) {
      report(error);
      return false;
    }
  }

  /** For what nobody waits for. */
  function soon(task: (lock: LockWork) => unknown): void {
    work().then(task).catch(report);
  }

  channel.addEventListener('message', ({ data }: MessageEvent<LockNews>) => soon((lock) => lock.hear(data)));
  effect(() => {
    if (models.session.phase.value === 'locked') soon((lock) => lock.locked());
  });

  return {
    enter(now) {
      inside = now;
      if (now.lock === null) models.account.lock.value = null;
      else soon((lock) => lock.entered());
    },
    leave() {
      inside = null;
      loaded?.left();
    },
    enableLock: (passphrase, minutes) => asked((lock) => lock.enableLock(passphrase, minutes)),
    addLockKey: () => asked((lock) => lock.addLockKey()),
    removeLockKey: () => asked((lock) => lock.removeLockKey()),
    disableLock: (passphrase) => asked((lock) => lock.disableLock(passphrase)),
    setLockMinutes: (minutes) => soon((lock) => lock.setLockMinutes(minutes)),
    lockNow: () => soon((lock) => lock.lockNow()),
    unlock: async (passphrase) => (await work()).unlock(passphrase),
    unlockWithKey: async () => (await work()).unlockWithKey(),
    wipe: async () => (await work()).wipe(),
  };
}
