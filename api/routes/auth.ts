import type Router from '@koa/router';
import { keyIdOf, verifyBundle } from '#shared/crypto/verify.ts';
import { Failure } from '#shared/errors.ts';
import { loginRequest, preloginRequest, refreshRequest, registerRequest } from '#shared/schema/http.ts';
import type { RequestState } from '../context.ts';
import { readCookie, writeCookie } from '../cookie.ts';
import { prove } from '../guesses.ts';
import { bodyOf, jsonBody, limit, sameOrigin } from '../middleware/guards.ts';
import { bytesOf, checkKdf } from './bodies.ts';
import type { RouteDeps } from './deps.ts';
import { loggedIn, signedIn } from './signed-in.ts';

const MAX_BODY = 32_768;

/** Accounts and sign-ins: /api/auth/… */
export function authRoutes(router: Router<RequestState>, deps: RouteDeps): void {
  const { store, sessions, passwords, recoveryCodes, limits, origins, clock } = deps;

  router.post(
    '/auth/prelogin',
    limit(limits.prelogin),
    sameOrigin(origins),
    jsonBody(MAX_BODY),
    async (ctx) => {
      const { username } = bodyOf(ctx, preloginRequest);
      ctx.body = { kdf: passwords.kdfOf(username, await store.account(username)) };
    },
  );

  router.post(
    '/auth/register',
    limit(limits.register),
    sameOrigin(origins),
    jsonBody(MAX_BODY),
    async (ctx) => {
      const body = bodyOf(ctx, registerRequest, { username: 'USERNAME_INVALID' });
      checkKdf(body.kdf);
      const bundle = bytesOf(body.bundle, 'bundle');
      const identity = await verifyBundle(bundle, body.userId);
      if (!identity.ok) throw new Failure(identity.error);
      if (await store.findPerson(body.username)) throw new Failure('USERNAME_TAKEN');
      const { userId: user, username } = body;
      const authKey = bytesOf(body.authKey, 'authKey');
      const wrapped = bytesOf(body.wrappedAccountKey, 'wrappedAccountKey');
      const keyring = bytesOf(body.keyring, 'keyring');
      const recovery = body.recovery && {
        code: bytesOf(body.recovery.authKey, 'recovery.authKey'),
        wrapped: bytesOf(body.recovery.wrappedAccountKey, 'recovery.wrappedAccountKey'),
      };
      const keyId = await keyIdOf(identity.value.agreement);
      const credentials = await passwords.enrol(user, body.kdf, authKey, wrapped);
      const created = clock.now();
      const made = await store.createAccount({
        user,
        username,
        created,
        bundle,
        keyId,
        keyring,
        credentials,
        recovery: recovery ? recoveryCodes.enrol(user, recovery.code, recovery.wrapped, created) : null,
      });
      if (!made.ok) throw new Failure(made.error);
      ctx.status = 201;
      ctx.body = signedIn(ctx, await sessions.start({ user, username, credentialsVersion: 1 }, body.device));
    },
  );

  router.post('/auth/login', limit(limits.login), sameOrigin(origins), jsonBody(MAX_BODY), async (ctx) => {
    const { username, authKey, device } = bodyOf(ctx, loginRequest);
    const key = bytesOf(authKey, 'authKey');
    const account = await store.account(username);
    // So that nobody can lock the owner out. Not the device's id: friends find it in every message.
    const token = readCookie(ctx);
    const trusted =
      account !== undefined && token !== undefined && (await sessions.remembers(token, account.user));
    const guesser = { username, anywhere: { key: username, holds: !trusted } };
    const proved = await prove(ctx, limits, guesser, async () => {
      const wrapped = await passwords.check(account, key);
      return account && wrapped ? { account, wrapped } : null;
    });
    // Said only to who knows the password.
    if (proved.account.suspended !== null) throw new Failure('ACCOUNT_SUSPENDED');
    ctx.body = loggedIn(ctx, await sessions.start(proved.account, device), proved.account, proved.wrapped);
  });

  router.post(
    '/auth/refresh',
    limit(limits.refresh),
    sameOrigin(origins),
    jsonBody(MAX_BODY),
    async (ctx) => {
      const { device } = bodyOf(ctx, refreshRequest);
      const token = readCookie(ctx);
      if (token === undefined) throw new Failure('UNAUTHENTICATED');
      ctx.body = signedIn(ctx, await sessions.refresh(token, device));
    },
  );

  router.post('/auth/logout', limit(limits.refresh), sameOrigin(origins), async (ctx) => {
    const token = readCookie(ctx);
    if (token !== undefined) await sessions.end(token);
    writeCookie(ctx, '', 0);
    ctx.status = 204;
  });
}
