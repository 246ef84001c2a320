import { createAccountKey, holdAccountKey } from '#shared/crypto/account.ts';
import { lockName, openCopy } from '#shared/crypto/device-lock.ts';
import { rotateAgreement } from '#shared/crypto/identity.ts';
import { type SafeKdf, createKdf, stretchPassword } from '#shared/crypto/password.ts';
import { utf8 } from '#shared/bytes.ts';
import { Failure } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import Dexie from 'dexie';
import { askLockKey, canUseLockKey, createLockKey } from '#pwa/controllers/lock-key.ts';
import { databaseName } from '#pwa/store/database.ts';
import type { DeviceKeys } from '#pwa/store/keychain.ts';
import {
  beginAttempt,
  readLock,
  removeLock,
  setAuthenticator,
  setLock,
  setMinutes,
  unlockKeys,
} from '#pwa/store/lock.ts';
import { type OpenStore, eraseKeys, eraseLocalStore, openLocalStore } from '#pwa/store/provisioning.ts';
import { createLocalStore } from '#pwa/store/sign-in.ts';
import { holds, same } from '#tests/support/check.ts';
import { Log } from '#tests/contracts/client-store-subject.ts';
import { keyringOf, newUser } from './new-user.ts';
import { everythingStored } from './raw.ts';
import { type World, newPerson, newWorld, timelineOf } from './world.ts';

/** Runs in the browser: what a person and a thief do to the lock of a device, in one tab or several. */
const PASSPHRASE = 'four walls and a door';
const SENTENCE = 'the sentence behind the lock';
/** Of an account that signs in more than once. */
const SECRET = createAccountKey();
const events = { report: () => {}, onLost: () => {} };
let world: World | undefined;
let opened: OpenStore | undefined;
let heard: Promise<DeviceKeys> | undefined;

function mine(): OpenStore {
  if (opened === undefined) throw new Error('Nothing is open');
  return opened;
}

async function wrapKeyOf(passphrase: string, userId: UserId, kdf: SafeKdf): Promise<CryptoKey> {
  return (await stretchPassword(passphrase, lockName(userId), kdf)).wrapKey;
}

async function codeOf(task: () => Promise<unknown>): Promise<string | null> {
  try {
    await task();
    return null;
  } catch (error) {
    if (error instanceof Failure)
      return error.detail === undefined ? error.code : `${error.code} ${error.detail}`;
    throw error;
  }
}

const suite = {
  /** Signs in, befriends the peer and writes a message and a draft. */
  async begin(): Promise<UserId> {
    world = await newWorld();
    opened = world.opened;
    await new Log(world.subject).befriend();
    await world.store.queueMessage(world.peer.id, SENTENCE);
    await world.store.saveDraft(world.peer.id, SENTENCE);
    return world.me.id;
  },

  async lock(minutes = 5): Promise<string | null> {
    const { keychain, profile } = mine();
    const kdf = createKdf();
    const wrapKey = await wrapKeyOf(PASSPHRASE, profile.userId, kdf);
    return codeOf(() => setLock(keychain.keys, { minutes, kdf, wrapKey }));
  },

  /** 'open', 'locked' or 'nobody'. */
  async start(): Promise<string> {
    opened?.store.close();
    const found = await openLocalStore(events);
    opened = found === 'locked' ? undefined : found;
    if (found === 'locked') return found;
    return found === undefined ? 'nobody' : 'open';
  },

  async unlock(passphrase = PASSPHRASE, now = Date.now()): Promise<string | null> {
    return codeOf(async () => {
      const { userId, kdf } = await beginAttempt(now);
      await suite.openWith(await unlockKeys('passphrase', await wrapKeyOf(passphrase, userId, kdf)));
    });
  },

  async openWith(keys: DeviceKeys): Promise<void> {
    const found = await openLocalStore(events, keys);
    if (found === undefined || found === 'locked') throw new Error('The keys open nothing');
    opened = found;
  },

  async disable(passphrase = PASSPHRASE): Promise<string | null> {
    return codeOf(async () => {
      const { userId, kdf } = await beginAttempt(Date.now());
      await removeLock('passphrase', await wrapKeyOf(passphrase, userId, kdf));
    });
  },

  setMinutes: async (minutes: number) => (await setMinutes(minutes)).minutes,
  shown: async () => {
    const stored = await readLock();
    return stored && { minutes: stored.lock.minutes, hasKey: stored.lock.authenticator !== null };
  },

  async texts(): Promise<(string | null)[]> {
    const { store } = mine();
    const [peer = ''] = await peers(store);
    return [
      ...(await timelineOf(store, peer as UserId)).items.map(({ text }) => text),
      await store.draft(peer as UserId),
    ];
  },

  /** What a thief of the files finds: no key, and nothing that was written. */
  async searchStored(user: UserId): Promise<{ keys: number; found: number; control: boolean }> {
    const stored = await everythingStored(databaseName(user));
    const words = ['sentence', 'casey', 'robin'];
    const found = stored.flatMap(({ bytes, strings }) =>
      words.filter(
        (word) =>
          strings.some((text) => text.includes(word)) ||
          bytes.some((part) => new TextDecoder('latin1').decode(part).includes(word)),
      ),
    );
    const secrets = stored.filter(({ table }) => table === 'keys').flatMap(({ bytes }) => bytes);
    for (const secret of secrets) {
      // Not one of the stored parts is itself the key of the others.
      if (secret.length !== 32) continue;
      const account = await holdAccountKey(secret as Uint8Array<ArrayBuffer>);
      for (const part of secrets)
        same(await openCopy(account, user, 'vault', part as Uint8Array<ArrayBuffer>), undefined, 'a copy');
    }
    return {
      keys: stored.flatMap(({ keys }) => keys).length,
      found: found.length,
      // The search itself finds what is there.
      control: stored.some(({ strings }) => strings.includes('PBKDF2-SHA256')),
    };
  },

  /** The database as one was before there was a lock. */
  async forgetCopies(user: UserId): Promise<void> {
    const db = await new Dexie(databaseName(user)).open();
    await db.table('keys').delete('copies');
    db.close();
  },

  /** The agreement key is renewed; the peer seals to the new one from then on. Returns what opens afterwards. */
  async rotate(): Promise<void> {
    const { me } = theWorld();
    const renewed = await rotateAgreement(me.identity);
    const { keychain } = mine();
    await keychain.adopt(await keyringOf(keychain.account, me.id, [renewed, me.identity], 2));
    same(keychain.identities.length, 2, 'identities');
    same(keychain.keys.identities, keychain.identities, 'the identities that another tab would get');
    holds(
      keychain.identities.every(({ agreement, signing }) => !agreement.extractable && !signing.extractable),
      'keys that can be used and not read',
    );
  },
  /** A newer keyring comes while the lock is taken off: what each of them read is not what it finds. */
  async rotateWhileDisabling(): Promise<number> {
    const { userId, kdf } = await beginAttempt(Date.now());
    const key = await wrapKeyOf(PASSPHRASE, userId, kdf);
    await Promise.all([removeLock('passphrase', key), suite.rotate()]);
    return mine().keychain.identities.length;
  },
  identities: () => mine().keychain.identities.length,

  async damagedKeyring(): Promise<string | null> {
    return codeOf(() => mine().keychain.adopt(utf8('no keyring')));
  },

  /** Somebody signs in with the account's password on a device that is locked. */
  async signInAgain(): Promise<void> {
    const { me } = theWorld();
    opened = await createLocalStore(await newUser(me.id, [me.identity], SECRET), events);
  },
  /** The same as `begin`, as the account whose key signs in again. */
  async beginAs(): Promise<UserId> {
    await eraseLocalStore();
    const me = await newPerson();
    const peer = await newPerson();
    world = { me, peer } as World;
    opened = await createLocalStore(await newUser(me.id, [me.identity], SECRET), events);
    await opened.store.saveDraft(peer.id, SENTENCE);
    return me.id;
  },
  draft: () => mine().store.draft(theWorld().peer.id),

  // between tabs
  listen(): void {
    heard = new Promise((resolve) => {
      new BroadcastChannel('suite').addEventListener(
        'message',
        ({ data }: MessageEvent<DeviceKeys>) => resolve(data),
        {
          once: true,
        },
      );
    });
  },
  handOver(): void {
    new BroadcastChannel('suite').postMessage(mine().keychain.keys);
  },
  async takeOver(): Promise<boolean> {
    const keys = await heard;
    if (keys === undefined) throw new Error('Nobody listened');
    await suite.openWith(keys);
    return [keys.vault, keys.account, ...keys.identities.map(({ agreement }) => agreement)].every(
      (key) => !key.extractable,
    );
  },

  // the authenticator
  canUseKey: () => canUseLockKey(),
  async addKey(): Promise<string | null> {
    return codeOf(async () => setAuthenticator(mine().keychain.keys, await createLockKey()));
  },
  async unlockWithKey(): Promise<string | null> {
    return codeOf(async () => {
      const authenticator = (await readLock())?.lock.authenticator;
      if (!authenticator) throw new Error('No authenticator');
      await suite.openWith(await unlockKeys('authenticator', await askLockKey(authenticator)));
    });
  },

  eraseKeys: () => eraseKeys(),
  erase: () => eraseLocalStore(),
  databases: async () => (await indexedDB.databases()).map(({ name }) => name ?? ''),
};
export type LockSuite = typeof suite;
Object.assign(globalThis, { suite });

function theWorld(): World {
  if (world === undefined) throw new Error('Nobody has begun');
  return world;
}

async function peers(store: OpenStore['store']): Promise<string[]> {
  return new Promise((resolve) => {
    const stop = store.liveConversations((rows) => {
      resolve(rows.map(({ peer }) => peer));
      queueMicrotask(() => stop());
    });
  });
}
