import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { beWoken, inTime, letSleep } from '#pwa/notices/waking.ts';
import type { PushApi } from '#pwa/transport/push-api.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = <T>(): Promise<T> => new Promise<T>(() => {});
const managed = (manager: Partial<PushManager>) => manager as PushManager;

test('a browser that never answers is not waited for without end', async () => {
  const ready = expect(inTime(never())).rejects.toThrow('does not answer');
  const subscription = { unsubscribe: () => never() } as Partial<PushSubscription> as PushSubscription;
  const asleep = expect(letSleep(managed({ getSubscription: async () => subscription }))).rejects.toThrow(
    'does not answer',
  );
  const noted: string[] = [];
  const api: PushApi = { key: async () => 'AAAA', put: async () => {}, remove: async () => {} };
  const woken = beWoken({
    push: managed({ getSubscription: () => never() }),
    api,
    token: async () => 'token',
    note: (what) => void noted.push(what),
  });
  await vi.advanceTimersByTimeAsync(15_000);
  await Promise.all([ready, asleep]);
  expect(await woken).toBe('no-browser');
  expect(noted).toEqual(['no push subscription']);
});
