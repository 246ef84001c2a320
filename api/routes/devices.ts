import type Router from '@koa/router';
import type * as v from 'valibot';
import { Failure } from '#shared/errors.ts';
import { type devicesResponse, renameRequest } from '#shared/schema/account.ts';
import type { RequestState } from '../context.ts';
import { spend } from '../limits.ts';
import { authenticate, bodyOf, identityOf, jsonBody } from '../middleware/guards.ts';
import type { RouteDeps } from './deps.ts';

const MAX_BODY = 1_024;

/** Where a person is signed in: /api/devices. What is another person's is not there. */
export function deviceRoutes(router: Router<RequestState>, deps: RouteDeps): void {
  const { store, sessions, limits, clock } = deps;
  const signedIn = authenticate(sessions);

  router.get('/devices', signedIn, async (ctx) => {
    const { user, session } = identityOf(ctx);
    await spend(ctx, limits.api, user);
    const open = (await store.sessions(user)).filter(({ expires }) => expires > clock.now());
    const answer: v.InferOutput<typeof devicesResponse> = {
      devices: open.map(({ id, device, deviceName, started, rotated }) => ({
        id,
        device,
        name: deviceName,
        started,
        seen: rotated,
        current: id === session,
      })),
    };
    ctx.set('Cache-Control', 'no-store');
    ctx.body = answer;
  });

  router.patch('/devices/:id', signedIn, jsonBody(MAX_BODY), async (ctx) => {
    const { user } = identityOf(ctx);
    await spend(ctx, limits.api, user);
    const { name } = bodyOf(ctx, renameRequest);
    if (!(await store.renameSession(user, ctx.params.id ?? '', name))) throw new Failure('NOT_FOUND');
    ctx.status = 204;
  });

  router.delete('/devices/:id', signedIn, async (ctx) => {
    const { user } = identityOf(ctx);
    await spend(ctx, limits.api, user);
    if (!(await sessions.endOne(user, ctx.params.id ?? ''))) throw new Failure('NOT_FOUND');
    ctx.status = 204;
  });

  router.delete('/devices', signedIn, async (ctx) => {
    const { user, session } = identityOf(ctx);
    await spend(ctx, limits.api, user);
    await sessions.endAll(user, session);
    ctx.status = 204;
  });
}
