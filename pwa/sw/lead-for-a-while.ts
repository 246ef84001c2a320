import type { UserId } from '#shared/ids.ts';
import { type FromLeader, PATIENCE_MS, type ToLeader, leadLock } from '../transport/lead-lock.ts';
import { timers } from '../transport/timers.ts';

/**
 * Runs `task` in the place of the leading tab (transport/leadership.ts). A tab that leads and is awake does everything
 * itself, and `task` does not run; from one that was put to sleep the lock is taken. `taken` aborts when a tab leads
 * again.
 */
export async function leadForAWhile(
  user: UserId,
  task: (taken: AbortSignal) => Promise<void>,
): Promise<void> {
  const lock = leadLock(user);
  const channel = new BroadcastChannel(lock);
  const taken = new AbortController();
  try {
    const { held } = await navigator.locks.query();
    const led = held?.some(({ name }) => name === lock) ?? false;
    const asleep = led && !(await isAwake(channel));
    channel.addEventListener('message', ({ data }: MessageEvent<FromLeader | ToLeader>) => {
      // A tab that was opened meanwhile asks who leads: it does, from now on.
      if (data.t === 'ask') taken.abort();
    });
    await navigator.locks.request(lock, asleep ? { steal: true } : { ifAvailable: true }, (granted) =>
      granted === null ? undefined : task(taken.signal),
    );
  } catch (error) {
    const stolen = error instanceof DOMException && error.name === 'AbortError';
    if (!stolen) throw error;
  } finally {
    taken.abort();
    channel.close();
  }
}

/** Whether the leading tab says how things stand when it is asked. */
function isAwake(channel: BroadcastChannel): Promise<boolean> {
  return new Promise((resolve) => {
    const listening = new AbortController();
    const end = (awake: boolean) => {
      cancel();
      listening.abort();
      resolve(awake);
    };
    const cancel = timers.after(PATIENCE_MS, () => end(false));
    channel.addEventListener(
      'message',
      ({ data }: MessageEvent<FromLeader | ToLeader>) => {
        if (data.t === 'state') end(true);
      },
      { signal: listening.signal },
    );
    channel.postMessage({ t: 'ask' } satisfies ToLeader);
  });
}
