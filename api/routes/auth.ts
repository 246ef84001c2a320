import type Router from '@koa/router';
import { fromBase64url, toBase64url } from '#shared/bytes.ts';
import { keyIdOf, verifyBundle } from '#shared/crypto/verify.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes } from '#shared/ids.ts';
import {
  type LoginResponse,
  type Session,
  loginRequest,
  preloginRequest,
  refreshRequest,
  registerRequest,
} from '#shared/schema/http.ts';
import { MAX_ITERATIONS, MIN_ITERATIONS } from '../auth/passwords.ts';
import type { Opened } from '../auth/sessions.ts';
import type { Ctx, RequestState } from '../context.ts';
import { readCookie, writeCookie } from '../cookie.ts';
import { mustHaveLeft } from '../limits.ts';
import { bodyOf, jsonBody, limit, sameOrigin } from '../middleware/guards.ts';
import { networkOf } from '../network.ts';
import type { RouteDeps } from './deps.ts';

const MAX_BODY = 32_768;

/** Accounts and sign-ins: /api/auth/… */
export function authRoutes(router: Router<RequestState>, deps: RouteDeps): void {
  const { store, sessions, passwords, limits, origins, clock } = deps;

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
      if (body.kdf.iterations < MIN_ITERATIONS || body.kdf.iterations > MAX_ITERATIONS) {
        throw new Failure('BAD_FIELD', 'kdf.iterations');
      }
      const bundle = bytesOf(body.bundle, 'bundle');
      const identity = await verifyBundle(bundle, body.userId);
      if (!identity.ok) throw new Failure(identity.error);
      if (await store.findPerson(body.username)) throw new Failure('USERNAME_TAKEN');
      const { userId: user, username } = body;
      const authKey = bytesOf(body.authKey, 'authKey');
      const wrapped = bytesOf(body.wrappedAccountKey, 'wrappedAccountKey');
      const keyring = bytesOf(body.keyring, 'keyring');
      bytesOf(body.kdf.salt, 'kdf.salt');
      const keyId = await keyIdOf(identity.value.agreement);
      const credentials = await passwords.enrol(user, body.kdf, authKey, wrapped);
      const made = { user, username, created: clock.now(), bundle, keyId, keyring, credentials };
      const created = await store.createAccount(made);
      if (!created.ok) throw new Failure(created.error);
      ctx.status = 201;
      ctx.body = signedIn(ctx, await sessions.start({ user, username }, body.device));
    },
  );

  router.post('/auth/login', limit(limits.login), sameOrigin(origins), jsonBody(MAX_BODY), async (ctx) => {
    const { username, authKey, device } = bodyOf(ctx, loginRequest);
    const account = await store.account(username);
    const here = `${networkOf(ctx.ip)} ${username}`;
    await mustHaveLeft(ctx, limits.guessesHere, here);
    const trusted = account !== undefined && (await store.knowsDevice(account.user, device.id));
    if (!trusted) await mustHaveLeft(ctx, limits.guessesAnywhere, username);

    const wrapped = await passwords.check(account, bytesOf(authKey, 'authKey'));
    if (!account || !wrapped) {
      await Promise.all([limits.guessesHere.penalty(here), limits.guessesAnywhere.penalty(username)]);
      throw new Failure('BAD_CREDENTIALS');
    }
    await limits.guessesHere.delete(here);
    const answer: LoginResponse = {
      ...signedIn(ctx, await sessions.start(account, device)),
      kdf: account.credentials.kdf,
      wrappedAccountKey: toBase64url(wrapped),
      keyring: toBase64url(account.keyring),
      bundle: toBase64url(account.bundle),
    };
    ctx.body = answer;
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

/** Puts the refresh token into the cookie; the rest is the body. */
function signedIn(ctx: Ctx, { session, refreshToken, maxAge }: Opened): Session {
  writeCookie(ctx, refreshToken, maxAge);
  ctx.set('Cache-Control', 'no-store');
  return session;
}

/** The bytes of a field whose alphabet the schema has checked. */
function bytesOf(text: string, field: string): Bytes {
  const bytes = fromBase64url(text);
  if (!bytes) throw new Failure('BAD_FIELD', field);
  return bytes;
}
