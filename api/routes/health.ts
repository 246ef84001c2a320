import type Router from '@koa/router';
import type { RequestState } from '../context.ts';
import type { RouteDeps } from './deps.ts';

/** GET /healthz: for load balancers. Fails as UNAVAILABLE does when the store can't be read. */
export function healthRoutes(router: Router<RequestState>, { store }: Pick<RouteDeps, 'store'>): void {
  router.get('/healthz', async (ctx) => {
    await store.listPeople('', 1);
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { ok: true };
  });
}
