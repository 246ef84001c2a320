import { toBase64url } from '#shared/bytes.ts';
import { type Keyring, sealKeyring } from '#shared/crypto/keyring.ts';
import { isSamePin, mergePins, readPins, writePins } from '#shared/crypto/pins.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes } from '#shared/ids.ts';
import type { AccountResponse } from '#shared/schema/account.ts';
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

/**
 * Takes over what the server has, and adds our own pins; says which revision that is then. KEYRING_OLD when it has less than this device knows,
 * KEYRING_DAMAGED when it is not ours. Nothing is changed then.
 */
export function syncKeyring(scope: Scope): Promise<{ account: AccountResponse; revision: number }> {
  return inTurn(async () => {
    for (let tries = 0; ; tries++) {
      const { account, read } = await fetchKeyring(scope);
      try {
        await scope.inside.store.trust.adoptKeyring({
          revision: account.revision,
          pins: read.keyring.pins,
          sealed: read.sealed,
        });
        const kept = readPins(read.keyring.pins);
        const own = await scope.inside.store.trust.pins();
        const wanted = mergePins(kept, own);
        if ([...wanted].every(([user, pin]) => isSamePin(kept.get(user), pin))) {
          return { account, revision: account.revision };
        }
        const keyring = { ...read.keyring, pins: writePins(read.keyring.pins, wanted) };
        if (await put(scope, account.revision, { keyring }))
          return { account, revision: account.revision + 1 };
      } finally {
        wipeIdentities(read.keyring.identities);
      }
      if (tries >= TRIES) throw new Failure('CONFLICT', 'keyring');
    }
  });
}

/** Replaces the keyring by what `change` makes of it, again when another device was faster. */
export function changeKeyring(scope: Scope, change: (read: ReadKeyring) => Promise<Changed>): Promise<void> {
  return inTurn(async () => {
    for (let tries = 0; tries < TRIES; tries++) {
      const { account, read } = await fetchKeyring(scope);
      try {
        const changed = await change(read);
        const done = await put(scope, account.revision, changed);
        wipeIdentities(changed.keyring.identities);
        if (done) return;
      } finally {
        wipeIdentities(read.keyring.identities);
      }
    }
    throw new Failure('CONFLICT', 'keyring');
  });
}

/** The keyring as the server has it now, checked against everything that is known here. */
async function fetchKeyring({
  inside,
  api,
}: Scope): Promise<{ account: AccountResponse; read: ReadKeyring }> {
  const account = await createAccountApi(api).account(await inside.tokens.current());
  if (account.userId !== inside.me.id) throw new Failure('KEYRING_DAMAGED', 'another account');
  const known = await inside.store.trust.knownRevision();
  if (account.revision < known) throw new Failure('KEYRING_OLD', `${account.revision} after ${known}`);
  return { account, read: await readKeyring(inside.keychain.account, account) };
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
