import type Router from '@koa/router';
import { Failure } from '#shared/errors.ts';
import { type RecoveryResponse, recoveryRequest, resetRequest } from '#shared/schema/account.ts';
import type { Ctx, RequestState } from '../context.ts';
import { prove } from '../guesses.ts';
import { bodyOf, jsonBody, limit, sameOrigin } from '../middleware/guards.ts';
import { bytesOf, checkKdf, textOf } from './bodies.ts';
import type { RouteDeps } from './deps.ts';
import { loggedIn } from './signed-in.ts';

const MAX_BODY = 8_192;

/**
 * Back in without the password: POST /api/auth/recovery gives what the code opens, POST /api/auth/reset sets a new
 * password and a new code. A name that nobody has, one without a code and a wrong code are one answer.
 */
export function recoveryRoutes(router: Router<RequestState>, deps: RouteDeps): void {
  const { store, sessions, passwords, recoveryCodes, limits, origins, clock } = deps;
  const guards = [limit(limits.recovery), sameOrigin(origins), jsonBody(MAX_BODY)] as const;

  router.post('/auth/recovery', ...guards, async (ctx) => {
    const { username, authKey } = bodyOf(ctx, recoveryRequest);
    const { account, wrapped } = await proveCode(ctx, username, authKey, 'authKey');
    const answer: RecoveryResponse = {
      userId: account.user,
      username,
      wrappedAccountKey: textOf(wrapped),
      keyring: textOf(account.keyring),
      revision: account.revision,
      bundle: textOf(account.bundle),
    };
    ctx.set('Cache-Control', 'no-store');
    ctx.body = answer;
  });

  router.post('/auth/reset', ...guards, async (ctx) => {
    const { username, recoveryKey, kdf, recovery, device, ...body } = bodyOf(ctx, resetRequest);
    checkKdf(kdf);
    const authKey = bytesOf(body.authKey, 'authKey');
    const wrapped = bytesOf(body.wrappedAccountKey, 'wrappedAccountKey');
    const nextCode = bytesOf(recovery.authKey, 'recovery.authKey');
    const nextWrapped = bytesOf(recovery.wrappedAccountKey, 'recovery.wrappedAccountKey');
    const { account } = await proveCode(ctx, username, recoveryKey, 'recoveryKey');
    const { user, credentialsVersion } = account;
    const change = {
      credentials: await passwords.enrol(user, kdf, authKey, wrapped),
      recovery: recoveryCodes.enrol(user, nextCode, nextWrapped, clock.now()),
    };
    await sessions.replaceCredentials(account, { ...change, endAllBut: null });
    const shown = { ...account, ...change, credentialsVersion: credentialsVersion + 1 };
    ctx.body = loggedIn(ctx, await sessions.start(shown, device), shown, wrapped);
  });

  /**
   * Wrong codes are held back by address only: nobody guesses 130 bits, and so nobody can keep the owner from the last
   * way back in.
   */
  async function proveCode(ctx: Ctx, username: string, code: string, field: string) {
    const key = bytesOf(code, field);
    const proved = await prove(ctx, limits, { username, anywhere: null }, async () => {
      const account = await store.account(username);
      const wrapped = recoveryCodes.check(account, key);
      return account && wrapped ? { account, wrapped } : null;
    });
    if (proved.account.suspended !== null) throw new Failure('ACCOUNT_SUSPENDED');
    return proved;
  }
}
