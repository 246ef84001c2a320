import { equalBytes, toBase64url } from '#shared/bytes.ts';
import { createBundle, importIdentity } from '#shared/crypto/identity.ts';
import { type Keyring, openKeyring, sealKeyring } from '#shared/crypto/keyring.ts';
import { mergePins, readPins, writePins } from '#shared/crypto/pins.ts';
import type { Bundle } from '#shared/crypto/verify.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes } from '#shared/ids.ts';
import type { AccountResponse } from '#shared/schema/account.ts';
import { lacks } from '../store/join-keyrings.ts';
import type { AdoptedKeyring, LocalStore } from '../store/ports.ts';
import { createAccountApi } from '../transport/account-api.ts';
import type { Api } from '../transport/http.ts';
import type { Inside } from './inside.ts';
import { type ReadKeyring, readKeyring, wipeIdentities } from './read-keyring.ts';

/**
 * The keyring of the account between this device and the server: what others changed is taken over, what this device
 * changed is added. Loaded when there is a server to speak to.
 */
interface Scope {
  readonly inside: Pick<Inside, 'me' | 'store' | 'keychain' | 'tokens'>;
  readonly api: Pick<Api, 'call'>;
}

interface Changed {
  readonly keyring: Keyring;
  /** With new agreement keys: the public identity that belongs to them. */
  readonly bundle?: Bytes;
}

/** As often as other devices may be faster, one after the other. */
const TRIES = 8;
/** Tabs of one browser take turns. */
const LOCK = 'nexchat-keyring';

interface Fetched {
  readonly account: AccountResponse;
  /** As the server has it. */
  readonly served: ReadKeyring;
  /** The same with everything that is known here; with private keys as bytes. */
  readonly keyring: Keyring;
}

/**
 * Takes over what the server has, and puts there what only this device knows: its own pins, and what a server that was
 * restored has lost. Says which revision that is then. KEYRING_OLD when the server has less than this device knows in
 * the same epoch, KEYRING_DAMAGED when it is not ours. Nothing is changed then.
 */
export function syncKeyring(scope: Scope): Promise<{ account: AccountResponse; revision: number }> {
  return inTurn(async () => {
    for (let tries = 0; ; tries++) {
      const fetched = await fetchKeyring(scope);
      const { account, served, keyring } = fetched;
      try {
        if (!lacks(served.keyring, keyring)) return { account, revision: account.revision };
        const bundle = await bundleFor(fetched);
        const changed = bundle === null ? { keyring } : { keyring, bundle };
        if (await put(scope, account.revision, changed)) return { account, revision: account.revision + 1 };
      } finally {
        wipeAll(fetched);
      }
      if (tries >= TRIES) throw new Failure('CONFLICT', 'keyring');
    }
  });
}

/** Replaces the keyring by what `change` makes of it, again when another device was faster. */
export function changeKeyring(
  scope: Scope,
  change: (now: { readonly keyring: Keyring; readonly bundle: Bundle }) => Promise<Changed>,
): Promise<void> {
  return inTurn(async () => {
    for (let tries = 0; tries < TRIES; tries++) {
      const fetched = await fetchKeyring(scope);
      const { account, served, keyring } = fetched;
      try {
        const changed = await change({ keyring, bundle: served.bundle });
        const done = await put(scope, account.revision, changed);
        wipeIdentities(changed.keyring.identities);
        if (done) return;
      } finally {
        wipeAll(fetched);
      }
    }
    throw new Failure('CONFLICT', 'keyring');
  });
}

/** Takes over the keyring that a sign-in has brought. Throws as `adoptKeyring` of the store does. */
export function adoptInTurn({ trust }: Pick<LocalStore, 'trust'>, keyring: AdoptedKeyring): Promise<void> {
  return inTurn(() => trust.adoptKeyring(keyring));
}

/** The keyring as the server has it now, checked, and joined with everything that is known here. */
async function fetchKeyring({ inside, api }: Scope): Promise<Fetched> {
  const { me, store, keychain, tokens } = inside;
  const account = await createAccountApi(api).account(await tokens.current());
  if (account.userId !== me.id) throw new Failure('KEYRING_DAMAGED', 'another account');
  const served = await readKeyring(keychain.account, account);
  const { revision } = account;
  await store.trust.adoptKeyring({ revision, pins: served.keyring.pins, sealed: served.sealed });
  const kept = await keychain.keyring();
  const opened = kept && (await openKeyring(keychain.account, me.id, kept));
  if (opened && !opened.ok) throw new Failure(opened.error);
  const own = opened ? opened.value.keyring : served.keyring;
  const pins = mergePins(readPins(own.pins), await store.trust.pins());
  return { account, served, keyring: { ...own, pins: writePins(own.pins, pins) } };
}

/** What belongs to the newest keys when the server shows others: a restored one has lost them. */
async function bundleFor({ account: { userId }, served, keyring }: Fetched): Promise<Bytes | null> {
  const [newest] = keyring.identities;
  if (newest === undefined || equalBytes(newest.agreementPublic, served.bundle.agreement)) return null;
  const epoch = Math.max(newest.epoch, served.bundle.epoch + 1);
  return createBundle(await importIdentity(newest), { userId, epoch, created: Date.now() });
}

function wipeAll({ served, keyring }: Fetched): void {
  wipeIdentities(served.keyring.identities);
  wipeIdentities(keyring.identities);
}

/** False when another device was faster. */
async function put({ inside, api }: Scope, expect: number, { keyring, bundle }: Changed): Promise<boolean> {
  const revision = expect + 1;
  const sealed = await sealKeyring(inside.keychain.account, { userId: inside.me.id, revision, keyring });
  try {
    await createAccountApi(api).putKeyring(await inside.tokens.current(), {
      expect,
      keyring: toBase64url(sealed),
      ...(bundle === undefined ? {} : { bundle: toBase64url(bundle) }),
    });
  } catch (error) {
    if (error instanceof Failure && error.code === 'CONFLICT') return false;
    throw error;
  }
  await inside.store.trust.adoptKeyring({ revision, pins: keyring.pins, sealed });
  return true;
}

function inTurn<T>(task: () => Promise<T>): Promise<T> {
  return navigator.locks.request(LOCK, task);
}
