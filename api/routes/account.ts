import type Router from '@koa/router';
import type * as v from 'valibot';
import { equalBytes, readU32 } from '#shared/bytes.ts';
import { keyIdOf, parseBundle, verifyBundle } from '#shared/crypto/verify.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes } from '#shared/ids.ts';
import {
  type AccountResponse,
  deleteRequest,
  keyringRequest,
  newRecoveryRequest,
  openRequest,
  type openResponse,
  passwordRequest,
} from '#shared/schema/account.ts';
import type { Ctx, RequestState } from '../context.ts';
import { writeCookie } from '../cookie.ts';
import { prove } from '../guesses.ts';
import { spend } from '../limits.ts';
import { authenticate, bodyOf, identityOf, jsonBody } from '../middleware/guards.ts';
import type { Account, KeyringChange } from '../store/ports.ts';
import { bytesOf, checkKdf, textOf } from './bodies.ts';
import type { RouteDeps } from './deps.ts';

const MAX_BODY = 8_192;
/** A keyring of 1 MiB in base64url, and the fields around it. */
const MAX_KEYRING_BODY = 1_410_000;
/** Renewals that a server may have lost when it was put back to a backup. */
const MOST_LOST_EPOCHS = 1_000;
/** How a sealed keyring begins: format u8, revision u32; see shared/crypto/keyring.ts. */
const KEYRING_FORMAT = 1;

/**
 * What an account is made of, for its own devices: /api/account. What changes who can get in needs the password again:
 * a device in the wrong hands must not become an account in the wrong hands.
 */
export function accountRoutes(router: Router<RequestState>, deps: RouteDeps): void {
  const { store, sessions, passwords, recoveryCodes, limits, clock, announce } = deps;
  const signedIn = authenticate(sessions);
  const body = jsonBody(MAX_BODY);

  router.get('/account', signedIn, async (ctx) => {
    await spend(ctx, limits.api, identityOf(ctx).user);
    const account = await ownAccount(ctx);
    const answer: AccountResponse = {
      userId: account.user,
      username: account.username,
      created: account.created,
      keyring: textOf(account.keyring),
      revision: account.revision,
      bundle: textOf(account.bundle),
      kdf: account.credentials.kdf,
      credentialsVersion: account.credentialsVersion,
      recoveryCreated: account.recovery?.created ?? null,
    };
    ctx.set('Cache-Control', 'no-store');
    ctx.body = answer;
  });

  router.post('/account/open', signedIn, body, async (ctx) => {
    const { authKey } = bodyOf(ctx, openRequest);
    const { account, wrapped } = await provePassword(ctx, authKey, 'authKey');
    const answer: v.InferOutput<typeof openResponse> = {
      kdf: account.credentials.kdf,
      wrappedAccountKey: textOf(wrapped),
      credentialsVersion: account.credentialsVersion,
    };
    ctx.set('Cache-Control', 'no-store');
    ctx.body = answer;
  });

  router.put('/account/password', signedIn, body, async (ctx) => {
    const { current, expect, kdf, endOthers, ...next } = bodyOf(ctx, passwordRequest);
    checkKdf(kdf);
    const authKey = bytesOf(next.authKey, 'authKey');
    const wrapped = bytesOf(next.wrappedAccountKey, 'wrappedAccountKey');
    const { account } = await provePassword(ctx, current, 'current');
    if (account.credentialsVersion !== expect) throw new Failure('CONFLICT');
    const credentials = await passwords.enrol(account.user, kdf, authKey, wrapped);
    const others = endOthers ? { endAllBut: identityOf(ctx).session } : {};
    await sessions.replaceCredentials(account, { credentials, ...others });
    ctx.status = 204;
  });

  router.put('/account/recovery', signedIn, body, async (ctx) => {
    const { current, expect, recovery } = bodyOf(ctx, newRecoveryRequest);
    const code = bytesOf(recovery.authKey, 'recovery.authKey');
    const wrapped = bytesOf(recovery.wrappedAccountKey, 'recovery.wrappedAccountKey');
    const { account } = await provePassword(ctx, current, 'current');
    if (account.credentialsVersion !== expect) throw new Failure('CONFLICT');
    const change = { recovery: recoveryCodes.enrol(account.user, code, wrapped, clock.now()) };
    await sessions.replaceCredentials(account, change);
    ctx.status = 204;
  });

  router.put('/account/keyring', signedIn, jsonBody(MAX_KEYRING_BODY), async (ctx) => {
    await spend(ctx, limits.api, identityOf(ctx).user);
    const change = bodyOf(ctx, keyringRequest);
    const { expect } = change;
    const keyring = bytesOf(change.keyring, 'keyring');
    if (keyring[0] !== KEYRING_FORMAT || readU32(keyring, 1) !== expect + 1)
      throw new Failure('BAD_FIELD', 'keyring');
    const account = await ownAccount(ctx);
    if (account.revision !== expect) throw new Failure('CONFLICT');
    const rotated =
      change.bundle === undefined ? null : await successor(account, bytesOf(change.bundle, 'bundle'));
    const time = clock.now();
    const grown = await store.replaceKeyring(account.user, { expect, keyring, rotated, time });
    if (grown === 'conflict') throw new Failure('CONFLICT');
    announce(grown);
    ctx.status = 204;
  });

  router.post('/account/delete', signedIn, body, async (ctx) => {
    const { current } = bodyOf(ctx, deleteRequest);
    const { account } = await provePassword(ctx, current, 'current');
    // While friends are still friends: they see the person go.
    await sessions.endAll(account.user, null);
    announce(await store.deleteAccount(account.user, clock.now()));
    writeCookie(ctx, '', 0);
    ctx.status = 204;
  });

  async function ownAccount(ctx: Ctx): Promise<Account> {
    const account = await store.accountOf(identityOf(ctx).user);
    // Deleted since it was authenticated.
    if (!account) throw new Failure('SESSION_ENDED');
    return account;
  }

  /** The account of who is signed in and knows its password. Wrong ones count like those of a login. */
  async function provePassword(ctx: Ctx, key: string, field: string) {
    const { user, session } = identityOf(ctx);
    await spend(ctx, limits.account, user);
    const authKey = bytesOf(key, field);
    const account = await ownAccount(ctx);
    const guesser = { username: account.username, anywhere: { key: `sign-in ${session}`, holds: true } };
    const wrapped = await prove(ctx, limits, guesser, () => passwords.check(account, authKey));
    return { account, wrapped };
  }
}

/** An epoch far ahead would use up those that keys can still be renewed with. */
const isLater = (epoch: number, present: number): boolean =>
  epoch > present && epoch <= present + MOST_LOST_EPOCHS;

/**
 * A bundle that follows the present one: the same identity with a later agreement key. A server that was restored may
 * have missed some. Throws BUNDLE_INVALID.
 */
async function successor(account: Account, bundle: Bytes): Promise<NonNullable<KeyringChange['rotated']>> {
  const [next, present] = [await verifyBundle(bundle, account.user), parseBundle(account.bundle)];
  if (!next.ok || !present.ok) throw new Failure('BUNDLE_INVALID');
  const { signing, epoch, agreement } = next.value;
  const follows = equalBytes(signing, present.value.signing) && isLater(epoch, present.value.epoch);
  if (!follows) throw new Failure('BUNDLE_INVALID');
  return { bundle, keyId: await keyIdOf(agreement) };
}
