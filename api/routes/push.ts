import { ECDH } from 'node:crypto';
import type Router from '@koa/router';
import type * as v from 'valibot';
import { Failure } from '#shared/errors.ts';
import { type pushKeyResponse, pushRequest } from '#shared/schema/push.ts';
import type { RequestState } from '../context.ts';
import { spend } from '../limits.ts';
import { authenticate, bodyOf, identityOf, jsonBody } from '../middleware/guards.ts';
import { bytesOf } from './bodies.ts';
import type { RouteDeps } from './deps.ts';

const MAX_BODY = 2_048;

/** Where the device that is signed in can be woken: /api/push. It is forgotten when the sign-in ends. */
export function pushRoutes(router: Router<RequestState>, deps: RouteDeps): void {
  const { store, sessions, limits, push } = deps;
  const signedIn = authenticate(sessions);

  router.get('/push', signedIn, async (ctx) => {
    await spend(ctx, limits.api, identityOf(ctx).user);
    const answer: v.InferOutput<typeof pushKeyResponse> = { key: push?.key ?? null };
    ctx.set('Cache-Control', 'no-store');
    ctx.body = answer;
  });

  router.put('/push', signedIn, jsonBody(MAX_BODY), async (ctx) => {
    const { user, session } = identityOf(ctx);
    await spend(ctx, limits.api, user);
    const place = bodyOf(ctx, pushRequest);
    if (!push) throw new Failure('NOT_FOUND');
    // The server will send there: it must not be led to just anywhere.
    if (!push.services.has(place.endpoint)) throw new Failure('BAD_FIELD', 'endpoint');
    checkPoint(bytesOf(place.p256dh, 'p256dh'));
    bytesOf(place.auth, 'auth');
    if (!(await store.keepPush(session, place))) throw new Failure('SESSION_ENDED');
    ctx.status = 204;
  });

  router.delete('/push', signedIn, async (ctx) => {
    const { user, session } = identityOf(ctx);
    await spend(ctx, limits.api, user);
    await store.forgetPush(session);
    ctx.status = 204;
  });
}

/** Nothing can be sealed with what is no point of the curve. */
function checkPoint(point: Uint8Array): void {
  try {
    ECDH.convertKey(point, 'prime256v1');
  } catch (error) {
    throw new Failure('BAD_FIELD', 'p256dh', error);
  }
}
