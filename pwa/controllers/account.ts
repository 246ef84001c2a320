import { toBase64url } from '#shared/bytes.ts';
import { acceptKdf, createKdf } from '#shared/crypto/password.ts';
import { Failure } from '#shared/errors.ts';
import type { DeviceId } from '#shared/ids.ts';
import type { Session } from '#shared/schema/http.ts';
import type { Models } from '../models/models.ts';
import type { EntryStage } from '../models/session.ts';
import type { Lost } from '../store/database.ts';
import { loadDevice } from '../store/device.ts';
import { type OpenStore, createLocalStore, eraseLocalStore, openLocalStore } from '../store/provisioning.ts';
import type { Api } from '../transport/http.ts';
import type { Seat } from '../transport/leadership.ts';
import type { Tokens } from '../transport/tokens.ts';
import {
  type AccountKeys,
  acceptNewPassword,
  acceptUsername,
  makeAccount,
  openAccount,
} from './credentials.ts';
import { deviceName } from './device-name.ts';
import type { Home, Inside, Room } from './inside.ts';
import { forgetIterations, pinIterations, pinnedIterations } from './kdf-pin.ts';
import { createOwedLogOut } from './owed-log-out.ts';
import { stretchInWorker } from './stretch.ts';
import type { TabNews } from './tab-news.ts';
import type { Toasts } from './toasts.ts';
import { markIn, markOut, wasIn } from './was-in.ts';

/** The door: coming in, coming back, going out. */
export interface Account {
  /** Opens what is stored on this device, with no network; or shows the door. */
  start(): Promise<void>;
  register(username: string, password: string): Promise<void>;
  /** Also the way back for somebody who is inside and whose session has ended: nothing on the device is lost. */
  logIn(username: string, password: string): Promise<void>;
  logOut(): Promise<void>;
  countUnsent(): Promise<number>;
}

interface AccountDeps {
  readonly models: Pick<Models, 'session'>;
  readonly api: Api;
  readonly connect: (home: Home) => { tokens: Tokens; seat: Seat };
  readonly rooms: readonly Room[];
  readonly tabs: TabNews;
  readonly toasts: Toasts;
  /** Called when somebody went out, whose conversation must not stay in the address bar. */
  readonly left: () => void;
}

type Stage = (stage: EntryStage) => void;

export function createAccount(deps: AccountDeps): Account {
  const { models, api, rooms, tabs, toasts } = deps;
  const { session } = models;
  const events = { report: toasts.report, onLost: lost };
  const owed = createOwedLogOut(api);
  let inside: Inside | null = null;
  let busy = false;
  let erasing: Promise<void> = Promise.resolve();

  function enter({ store, profile }: OpenStore, fresh: Session | null): void {
    const me = { id: profile.userId, name: profile.username, fingerprint: profile.fingerprint };
    const home: Home = { me, device: profile.device, store };
    const connection = deps.connect(home);
    if (fresh !== null) connection.tokens.adopt(fresh);
    const now: Inside = { ...home, ...connection };
    inside = now;
    session.me.value = me;
    session.needsSignIn.value = false;
    for (const room of rooms) room.enter(now);
    session.phase.value = 'ready';
    markIn();
  }

  /** Resolves when nothing of this tab touches the local database any more. */
  async function leave(): Promise<void> {
    const was = inside;
    if (was === null) return;
    inside = null;
    for (const room of rooms) room.leave();
    session.me.value = null;
    session.needsSignIn.value = false;
    session.phase.value = 'signed-out';
    deps.left();
    await was.seat.leave();
    was.store.close();
  }

  /** The database was taken from this tab by another one. */
  function lost(why: Lost): void {
    if (why === 'erased') leave().then(sayIfEvicted).catch(toasts.report);
    // A newer version of the app has changed the database: this one can't write into it any more.
    else location.reload();
  }

  /** Nobody has logged out here, and yet nothing is left: the browser needed the space. */
  function sayIfEvicted(): void {
    if (wasIn()) session.error.value = 'STORAGE_EVICTED';
  }

  async function start(): Promise<void> {
    try {
      const opened = await openLocalStore(events);
      if (opened !== undefined) return enter(opened, null);
      sayIfEvicted();
      session.phase.value = 'signed-out';
      settleOwed();
    } catch (error) {
      // Not the door: coming in again would not help, and what is stored may be readable the next time.
      toasts.report(error);
      session.error.value = 'STORAGE_UNAVAILABLE';
      session.phase.value = 'unusable';
    }
  }

  /** Runs one attempt to come in, with its stages on the screen; what fails is shown at the door. */
  async function attempt(task: (stage: Stage) => Promise<void>): Promise<void> {
    if (busy) return;
    busy = true;
    session.error.value = null;
    session.phase.value = 'entering';
    try {
      await erasing;
      if (inside === null) await owed.settle();
      await task((stage) => {
        session.stage.value = stage;
      });
      owed.forget();
    } catch (error) {
      session.error.value = error instanceof Failure ? error.code : 'INTERNAL';
      if (!(error instanceof Failure)) toasts.report(error);
    } finally {
      busy = false;
      session.stage.value = null;
      session.phase.value = inside === null ? 'signed-out' : 'ready';
    }
  }

  /** Proves to the server that the person knows the password. */
  async function prove(name: string, password: string, device: DeviceId, pinned: number, stage: Stage) {
    stage('contacting');
    const kdf = acceptKdf(await api.prelogin(name), pinned);
    stage('deriving');
    const stretched = await stretchInWorker(password, name, kdf);
    stage('contacting');
    const login = await api.logIn({
      username: name,
      authKey: toBase64url(stretched.authKey),
      device: { id: device, name: deviceName(navigator.userAgent) },
    });
    return { login, kdf, stretched };
  }

  /** Stores what makes this device the person's own, and lets them in, in every tab. */
  async function settleIn(username: string, keys: AccountKeys, fresh: Session): Promise<void> {
    const { userId, identities, accountKey } = keys;
    enter(await createLocalStore({ userId, username, identities, accountKey }, events), fresh);
    tabs.say('signed-in');
  }

  /** Renews the session of who is inside. Their database, and what waits in it, stays as it is. */
  async function comeBack(was: Inside, name: string, password: string, stage: Stage): Promise<void> {
    if (name !== was.me.name) throw new Failure('BAD_CREDENTIALS', 'another person is signed in');
    const { login, kdf } = await prove(name, password, was.device, pinnedIterations(), stage);
    if (login.userId !== was.me.id) throw new Failure('BAD_CREDENTIALS', 'another account of that name');
    pinIterations(kdf);
    was.tokens.adopt(login);
    session.needsSignIn.value = false;
    was.seat.restart();
    tabs.say('signed-in');
  }

  // A log-out that the server was not told of, because there was no network.
  const settleOwed = (): void => {
    if (inside === null) owed.settle().catch(toasts.report);
  };
  window.addEventListener('online', settleOwed);

  tabs.listen(async (news) => {
    if (news === 'signed-out') await leave();
    else if (inside !== null) session.needsSignIn.value = false;
    else if (!busy) await start();
  });

  return {
    start,

    register: (username, password) =>
      attempt(async (stage) => {
        const name = acceptUsername(username);
        acceptNewPassword(password);
        const { id } = await loadDevice();
        stage('deriving');
        const kdf = createKdf();
        const stretched = await stretchInWorker(password, name, kdf);
        const device = { id, name: deviceName(navigator.userAgent) };
        const { request, keys } = await makeAccount(name, device, kdf, stretched);
        stage('contacting');
        const fresh = await api.register(request);
        stage('storing');
        pinIterations(kdf);
        await settleIn(name, keys, fresh);
      }),

    logIn: (username, password) =>
      attempt(async (stage) => {
        const name = acceptUsername(username);
        if (inside !== null) return comeBack(inside, name, password, stage);
        const { id } = await loadDevice();
        const { login, kdf, stretched } = await prove(name, password, id, 0, stage);
        stage('opening');
        const keys = await openAccount(login, kdf, stretched);
        stage('storing');
        pinIterations(kdf);
        await settleIn(login.username, keys, login);
      }),

    async logOut() {
      // The other tabs let go of the database, which could not be erased otherwise.
      markOut();
      tabs.say('signed-out');
      await leave();
      // Vault key first. Whoever comes in next waits for the end of it.
      erasing = eraseLocalStore().then(forgetIterations).catch(toasts.report);
      await erasing;
      owed.end().catch(toasts.report);
    },

    async countUnsent() {
      try {
        return inside === null ? 0 : await inside.store.countUnsent();
      } catch (error) {
        toasts.report(error);
        return 0;
      }
    },
  };
}
