import type { SafeKdf } from '#shared/crypto/password.ts';
import { Failure } from '#shared/errors.ts';
import type { Session } from '#shared/schema/http.ts';
import type { Models } from '../models/models.ts';
import type { EntryStage } from '../models/session.ts';
import type { Lost } from '../store/database.ts';
import { loadDevice } from '../store/device.ts';
import type { DeviceKeys } from '../store/keychain.ts';
import type { AdoptedKeyring, LocalStore } from '../store/ports.ts';
import { type OpenStore, eraseLocalStore, openLocalStore } from '../store/provisioning.ts';
import type { Api } from '../transport/http.ts';
import type { Seat } from '../transport/leadership.ts';
import type { Tokens } from '../transport/tokens.ts';
import { deviceName } from './device-name.ts';
import type * as ways from './entry.ts';
import type { Entry, EntryDeps } from './entry.ts';
import type { Home, Inside, Room } from './inside.ts';
import { forgetIterations, pinIterations, pinnedIterations } from './kdf-pin.ts';
import { createNewCode } from './new-code.ts';
import { createOwedLogOut } from './owed-log-out.ts';
import { load } from './load.ts';
import { note } from './log.ts';
import type { TabNews } from './tab-news.ts';
import type { Toasts } from './toasts.ts';
import { forgetCodeShown } from './unconfirmed-code.ts';
import { markIn, markOut, wasIn } from './was-in.ts';

/** The door: coming in, coming back, going out. */
export interface Account {
  /**
   * Opens what is stored on this device, with no network; or shows the door, or the lock of this device, which `keys`
   * open.
   */
  start(keys?: DeviceKeys): Promise<void>;
  /** Lets go of everything until there are keys again. */
  lock(): Promise<void>;
  register(username: string, password: string): Promise<void>;
  /** Also the way back for somebody who is inside and whose session has ended: nothing on the device is lost. */
  logIn(username: string, password: string): Promise<void>;
  /** Back in, or in, by a recovery code. */
  recover(username: string, code: string, newPassword: string): Promise<void>;
  logOut(): Promise<void>;
  /** As a log-out, of an account that the server does not know any more. */
  forget(): Promise<void>;
  countUnsent(): Promise<number>;
}

interface AccountDeps {
  readonly models: Pick<Models, 'session' | 'account'>;
  readonly api: Api;
  readonly connect: (home: Home) => { tokens: Tokens; seat: Seat };
  readonly rooms: readonly Room[];
  readonly tabs: TabNews;
  readonly toasts: Toasts;
  /** Reads what the first screen shows; what it gives shows it. */
  readonly readFirst: (store: LocalStore) => Promise<() => void>;
  /** Called when somebody went out, whose conversation must not stay in the address bar. */
  readonly left: () => void;
}

/** A tab that nobody sees draws nothing: it goes on after this time, in milliseconds. */
const UNSEEN_MS = 300;

type Stage = (stage: EntryStage) => void;
type Ways = typeof ways;

export function createAccount(deps: AccountDeps): Account {
  const { models, api, rooms, tabs, toasts } = deps;
  const { session } = models;
  const events = { report: toasts.report, onLost: lost };
  const owed = createOwedLogOut(api);
  let inside: Inside | null = null;
  let busy = false;
  /** Counts who went out: in another tab somebody may, while this one starts. */
  let departures = 0;
  let starting: Promise<void> = Promise.resolve();
  let erasing: Promise<void> = Promise.resolve();
  const newCode = createNewCode(models.account);
  /** Whose recovery code is in the model. */
  let codeOwner: string | null = null;

  function enter({ store, profile, keychain, lock }: OpenStore, fresh: Session | null): void {
    const me = { id: profile.userId, name: profile.username, fingerprint: profile.fingerprint };
    const home: Home = { me, device: profile.device, store, keychain, lock };
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
  async function leave(phase: 'signed-out' | 'locked' = 'signed-out'): Promise<void> {
    const was = inside;
    inside = null;
    departures++;
    if (was !== null || session.phase.value === 'locked') session.phase.value = phase;
    if (was === null) return;
    for (const room of rooms) room.leave();
    session.me.value = null;
    session.needsSignIn.value = false;
    // Whoever unlocks finds the conversation that was open; its address says no name.
    if (phase === 'signed-out') deps.left();
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

  /** One look after the other: what another tab says may come while this one is looking. */
  function start(keys?: DeviceKeys): Promise<void> {
    starting = starting.then(() => (inside === null ? look(keys) : undefined));
    return starting;
  }

  async function look(keys?: DeviceKeys): Promise<void> {
    const before = departures;
    let drawn = () => {};
    const calm = new Promise<void>((resolve) => (drawn = resolve));
    try {
      const opened = await openLocalStore(events, keys, calm);
      if (opened === 'locked') {
        if (inside === null) session.phase.value = 'locked';
        return;
      }
      if (opened !== undefined) {
        // One drawing instead of two, and nothing else is read before it.
        const show = await deps.readFirst(opened.store).catch(toasts.report);
        if (departures === before) {
          show?.();
          enter(opened, null);
          afterPaint(drawn);
          return;
        }
        // Somebody locked or went out in another tab: what is left is looked at anew.
        opened.store.close();
        return await look();
      }
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
  async function attempt<T>(task: (stage: Stage) => Promise<T>): Promise<T | null> {
    if (busy) return null;
    busy = true;
    session.error.value = null;
    session.phase.value = 'entering';
    try {
      await erasing;
      if (inside === null) await owed.settle();
      const outcome = await task((stage) => {
        session.stage.value = stage;
      });
      owed.forget();
      return outcome;
    } catch (error) {
      session.error.value = error instanceof Failure ? error.code : 'INTERNAL';
      if (!(error instanceof Failure)) toasts.report(error);
      return null;
    } finally {
      busy = false;
      session.stage.value = null;
      // It may have been locked meanwhile.
      if (session.phase.value === 'entering') session.phase.value = inside === null ? 'signed-out' : 'ready';
    }
  }

  /** Stores what makes this device the person's own, and lets them in, in every tab. */
  async function settleIn(entry: Entry, stage: Stage): Promise<void> {
    stage('storing');
    pinIterations(entry.kdf);
    const { keys, username, keyring } = entry;
    const { createLocalStore } = await load(import('../store/sign-in.ts'));
    const opened = await createLocalStore({ ...keys, username }, events);
    try {
      // Before anything of the server's is read: who our other devices took people to be.
      await adopt(opened.store, keyring);
    } catch (error) {
      opened.store.close();
      throw error;
    }
    enter(opened, entry.session);
    tabs.say('signed-in');
  }

  /** Renews the session of who is inside. Their database, and what waits in it, stays as it is. */
  async function comeBack(was: Inside, entry: Entry): Promise<void> {
    if (entry.session.userId !== was.me.id)
      throw new Failure('BAD_CREDENTIALS', 'another account of that name');
    pinIterations(entry.kdf);
    was.tokens.adopt(entry.session);
    session.needsSignIn.value = false;
    was.seat.restart();
    tabs.say('signed-in');
    await adopt(was.store, entry.keyring);
  }

  /** An older keyring keeps nobody out: it is compared again when it is known which history the server has now. */
  async function adopt(store: LocalStore, keyring: AdoptedKeyring): Promise<void> {
    const { adoptInTurn } = await load(import('./own-keyring.ts'));
    try {
      await adoptInTurn(store, keyring);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'KEYRING_OLD') throw error;
      note('the keyring of the sign-in is an older one', error);
    }
  }

  /** An account whose password is stretched less than is usual by now is wrapped again; nobody has to wait for it. */
  async function strengthen(password: string, kdf: SafeKdf): Promise<void> {
    const { DEFAULT_ITERATIONS } = await import('#shared/crypto/password.ts');
    if (kdf.iterations >= DEFAULT_ITERATIONS || inside === null) return;
    const { rewrap } = await import('./own-account.ts');
    pinIterations(await rewrap({ inside, api }, password, password, false));
  }

  /** A code whose answer got lost waits here for the person to come in with what was set along with it. */
  function forgetCodeOfOthers(typed: string): void {
    const name = typed.trim().toLowerCase();
    if (name === codeOwner) return;
    codeOwner = name;
    models.account.recoveryCode.value = null;
    models.account.recoveryUnsure.value = false;
  }

  /** Comes in by one of the ways in entry.ts, or back in. */
  function come(
    typed: string,
    way: (ways: Ways, entering: EntryDeps, was: Inside | null) => Promise<Entry>,
  ): Promise<Entry | null> {
    return attempt(async (stage) => {
      forgetCodeOfOthers(typed);
      const was = inside;
      const id = was?.device ?? (await loadDevice()).id;
      const device = { id, name: deviceName(navigator.userAgent) };
      const entry = await way(await load(import('./entry.ts')), { api, device, stage, newCode }, was);
      if (was === null) await settleIn(entry, stage);
      else await comeBack(was, entry);
      return entry;
    });
  }

  /** Erases everything on this device, in every tab. */
  async function forget(): Promise<void> {
    // The other tabs let go of the database, which could not be erased otherwise.
    markOut();
    forgetCodeShown();
    tabs.say('signed-out');
    await leave();
    // Vault key first. Whoever comes in next waits for the end of it.
    erasing = eraseLocalStore().then(forgetIterations).catch(toasts.report);
    await erasing;
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
    lock: () => leave('locked'),

    async register(username, password) {
      await come(username, (ways, entering) => ways.register(entering, username, password));
    },

    async logIn(username, password) {
      const entry = await come(username, (ways, entering, was) => {
        mustBe(was, username);
        return ways.logIn(entering, username, password, was === null ? 0 : pinnedIterations());
      });
      if (entry !== null)
        strengthen(password, entry.kdf).catch((error) => note('the password was not wrapped again', error));
    },

    async recover(username, code, newPassword) {
      await come(username, (ways, entering, was) => {
        mustBe(was, username);
        return ways.recover(entering, username, code, newPassword);
      });
    },

    forget,

    async logOut() {
      await forget();
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

/** Calls back when what was just put into the models is on the screen; soon all the same in a tab that nobody sees. */
function afterPaint(then: () => void): void {
  requestAnimationFrame(() => setTimeout(then));
  setTimeout(then, UNSEEN_MS);
}

/** Who is inside can only come back as themselves. */
function mustBe(was: Inside | null, typed: string): void {
  if (was !== null && typed.trim().toLowerCase() !== was.me.name) {
    throw new Failure('BAD_CREDENTIALS', 'another person is signed in');
  }
}
