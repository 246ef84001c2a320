import { Failure } from '#shared/errors.ts';
import type { DeviceId, UserId } from '#shared/ids.ts';
import { createSyncClient } from '#sync/client/client.ts';
import type { Transport } from '#sync/client/ports.ts';
import type { Down } from '#sync/wire/down.ts';
import type { Profile } from '../store/contents.ts';
import { loadDevice } from '../store/device.ts';
import { lead } from '../store/lead.ts';
import { openHere } from '../store/opening.ts';
import type { LeadStore } from '../store/ports.ts';
import { createExchangeTransport } from '../transport/exchange.ts';
import { createApi } from '../transport/http.ts';
import { noted } from '../transport/noted.ts';
import { random, timers } from '../transport/timers.ts';
import { report, tokensOf } from './here.ts';
import { leadForAWhile } from './lead-for-a-while.ts';

/** Browsers let a service worker work on an event for somewhat longer. */
const LIMIT_MS = 25_000;
const LOOK_EVERY_MS = 50;

/**
 * Sends what waits and fetches what is new, with every tab closed: the sync client of the tabs, on the same database,
 * under the same lock, by exchanges. Rejects when something is left, so that the browser tries again later.
 *
 * On a device with a lock it does nothing. Sealed messages could be sent without a key, but not the answers stored: they
 * come with what others wrote, and a message that was sealed to an old key is sealed again. What waits leaves when
 * somebody unlocks the app, which speaks to the server itself then.
 *
 * Resolves with false where a tab that is awake does all of it.
 */
export async function drain(limitMs = LIMIT_MS): Promise<boolean> {
  // One that runs may have had its last answer already, before what this one is for had come.
  await running?.catch(() => false);
  // A browser may say the same thing twice.
  running ??= drainNow(limitMs).finally(() => {
    running = null;
    leading = false;
  });
  return running;
}

let running: Promise<boolean> | null = null;
let leading = false;

/** Whether the worker speaks to the server now, in the place of a tab. */
export const isLeading = (): boolean => leading;

async function drainNow(limitMs: number): Promise<boolean> {
  const { user } = await loadDevice();
  if (user === null) return true;
  let led = false;
  await leadForAWhile(user, async (taken) => {
    led = true;
    leading = true;
    const gone = new AbortController();
    const opened = await openHere({ report, onLost: () => gone.abort() });
    if (opened === undefined || opened === 'locked') return;
    try {
      const store = await lead(opened.context);
      await exchangeUntilQuiet(opened.profile, store, limitMs, () => taken.aborted || gone.signal.aborted);
    } finally {
      opened.context.db.close({ disableAutoOpen: true });
    }
  });
  return led;
}

/** Resolves when all is said and heard, or somebody else has to go on: another tab, or the person. */
async function exchangeUntilQuiet(
  { userId, device }: Profile,
  store: LeadStore,
  limitMs: number,
  taken: () => boolean,
): Promise<void> {
  let quiet = false;
  let ended = false;
  const isOver = () => ended || taken();
  const transport = exchanges(userId, device, (frames) => {
    quiet = frames.every(({ t }) => t === 'welcome' || t === 'presence');
  });
  const client = createSyncClient({
    store,
    transport: noted(transport, store),
    timers,
    random,
    listener: {
      status({ link }) {
        ended ||= link === 'stopped';
      },
      presence() {},
      typing() {},
      signal() {},
      callResult() {},
    },
    report(code, error) {
      if (code === 'LEADERSHIP_LOST') ended = true;
      // What is still under way at the end finds the database closed.
      if (!ended) report(error);
    },
  });
  const until = performance.now() + limitMs;
  client.start();
  try {
    while (!isOver()) {
      if (quiet && (await store.outbox(1)).length === 0) return;
      if (performance.now() > until) throw new Failure('OFFLINE', 'outbox');
      await new Promise<void>((resolve) => timers.after(LOOK_EVERY_MS, resolve));
    }
  } finally {
    ended = true;
    await client.stop();
  }
}

function exchanges(user: UserId, device: DeviceId, answered: (frames: readonly Down[]) => void): Transport {
  const base = self.location.origin;
  const api = createApi(base);
  const tokens = tokensOf(user, device, api);
  return createExchangeTransport({ base, tokens, timers, answered });
}
