import type { DeviceId, UserId } from '#shared/ids.ts';
import { note } from '../controllers/log.ts';
import { openDatabase } from '../store/database.ts';
import { loadDevice } from '../store/device.ts';
import { readChoice } from '../store/news.ts';
import { openHere } from '../store/opening.ts';
import type { NoticeChoice } from '../store/ports.ts';
import type { Api } from '../transport/http.ts';
import { timers } from '../transport/timers.ts';
import { type Tokens, createTokens } from '../transport/tokens.ts';

/** What of this device the worker uses for several events. */

export const report = (error: unknown): void => note('in the background', error);

/** The database of who is signed in here, as the tabs open it. Close it soon: an upgrade waits for that. */
export const openForAWhile = () => openHere({ report, onLost() {} });

/** What the person chose to be told on this device, which a lock does not keep shut; null for no choice and nobody. */
export async function chosenHere(): Promise<NoticeChoice | null> {
  const opened = await openForAWhile();
  const { user } = await loadDevice();
  if (opened === undefined || user === null) return null;
  const db = opened === 'locked' ? openDatabase(user, () => {}) : opened.context.db;
  try {
    return await readChoice(db);
  } finally {
    db.close({ disableAutoOpen: true });
  }
}

export function tokensOf(user: UserId, device: DeviceId, api: Api): Tokens {
  return createTokens({
    user,
    refresh: () => api.refresh(device),
    locks: navigator.locks,
    timers,
    now: Date.now,
    // The next tab that opens asks for the password.
    ended() {},
  });
}
