import type Router from '@koa/router';
import type { RequestState } from '../context.ts';
import { spend } from '../limits.ts';
import { authenticate, identityOf } from '../middleware/guards.ts';
import type { RouteDeps } from './deps.ts';

/** GET /api/turn: how two devices in a call may find a way to each other. */
export function turnRoutes(router: Router<RequestState>, deps: RouteDeps): void {
  const { sessions, limits, iceServers } = deps;

  router.get('/turn', authenticate(sessions), async (ctx) => {
    const { user } = identityOf(ctx);
    await spend(ctx, limits.turn, user);
    ctx.set('Cache-Control', 'no-store');
    ctx.body = iceServers(user);
  });
}
