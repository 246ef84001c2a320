import { effect } from '@preact/signals';
import type { Pins } from '#shared/crypto/pins.ts';
import { isSamePin } from '#shared/crypto/same-pin.ts';
import { Failure } from '#shared/errors.ts';
import type { Models } from '../models/models.ts';
import type { Stop } from '../store/ports.ts';
import type { Api } from '../transport/http.ts';
import { timers } from '../transport/timers.ts';
import type { Inside, Room } from './inside.ts';
import { load } from './load.ts';
import { note } from './log.ts';

interface KeyringSyncDeps {
  readonly models: Pick<Models, 'status' | 'account'>;
  readonly api: Api;
  readonly report: (error: unknown) => void;
}

/** Changes that come together go out together, and the first screen has come before. */
const SETTLE_MS = 1_500;
/** What only the person or the operator can mend. */
const TOLD: ReadonlySet<string> = new Set(['KEYRING_OLD', 'KEYRING_DAMAGED']);

/**
 * Keeps this device and the account's keyring in step: when another device has changed it, when a person was met or
 * decided about here, and once after every start.
 */
export function createKeyringSync({ models, api, report }: KeyringSyncDeps): Room {
  let stops: Stop[] = [];
  let inside: Inside | null = null;
  let announced = 0;
  let taken = -1;
  let history: string | null = null;
  let pins: Pins = new Map();
  let uploaded: Pins = new Map();
  let running = false;
  let cancel = () => {};

  const isDue = () =>
    announced > taken || [...pins].some(([user, pin]) => !isSamePin(uploaded.get(user), pin));

  function soon(): void {
    cancel();
    if (models.status.link.value === 'live' && isDue()) cancel = timers.after(SETTLE_MS, () => void run());
  }

  async function run(): Promise<void> {
    const now = inside;
    if (now === null || running) return;
    running = true;
    const [upTo, own, of] = [announced, pins, history];
    try {
      const { syncKeyring } = await load(import('./own-keyring.ts'));
      const { account, revision } = await syncKeyring({ inside: now, api });
      running = false;
      if (inside !== now) return;
      models.account.recoveryCreated.value = account.recoveryCreated;
      // Counted anew in another epoch.
      taken = of === history ? Math.max(upTo, revision) : -1;
      uploaded = own;
      soon();
    } catch (error) {
      running = false;
      // Tried again with the next change or connection. What is wrong with the server's copy the person should know.
      if (inside !== now) return;
      if (!(error instanceof Failure) || TOLD.has(error.code)) report(error);
      else note('the keyring was not brought up to date', error);
    }
  }

  return {
    enter(now) {
      inside = now;
      const { store } = now;
      stops = [
        store.liveAccountRevision((revision) => {
          announced = revision;
          soon();
        }),
        store.liveEpoch((epoch) => {
          // A restored server may have lost what this device knows.
          if (epoch !== history) taken = -1;
          history = epoch;
          soon();
        }),
        store.trust.livePins((next) => {
          pins = next;
          soon();
        }),
        effect(() => {
          // A new connection is a new chance for what failed on the last one.
          if (models.status.link.value === 'live') soon();
          // Whoever has to sign in again may find another keyring.
          if (models.status.link.value === 'stopped') taken = -1;
        }),
      ];
    },
    leave() {
      inside = null;
      cancel();
      for (const stop of stops) stop();
      stops = [];
      [announced, taken, history, pins, uploaded] = [0, -1, null, new Map(), new Map()];
      models.account.recoveryCreated.value = undefined;
    },
  };
}
