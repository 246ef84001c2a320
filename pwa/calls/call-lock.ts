/** One tab of this browser is in a call: the one that holds the Web Lock. */
export interface CallLock {
  /** False when another tab holds it. */
  take(): Promise<boolean>;
  release(): void;
}

const NAME = 'nexchat-call';

export function createCallLock(locks: Pick<LockManager, 'request'>): CallLock {
  let release: (() => void) | null = null;
  /** The lock is free again some time after it was let go. */
  let ending: Promise<unknown> = Promise.resolve();

  return {
    async take() {
      if (release !== null) return true;
      await ending;
      return new Promise<boolean>((resolve, reject) => {
        ending = locks
          .request(NAME, { ifAvailable: true }, (lock) => {
            if (lock === null) return resolve(false);
            const held = new Promise<void>((end) => {
              release = end;
            });
            resolve(true);
            return held;
          })
          .catch(reject);
      });
    },
    release() {
      release?.();
      release = null;
    },
  };
}
