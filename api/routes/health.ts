import type Router from '@koa/router';
import { ERRORS, Failure } from '#shared/errors.ts';
import type { BusState } from '../bus/open.ts';
import type { RequestState } from '../context.ts';
import { errorBody } from '../middleware/failures.ts';
import type { RouteDeps } from './deps.ts';

export interface HealthDeps extends Pick<RouteDeps, 'store'> {
  readonly busState: () => BusState;
  /** The server is about to stop, and wants no new work. */
  readonly draining: () => boolean;
}

/**
 * GET /healthz: the process lives; whoever gets no answer restarts it. GET /readyz, for load balancers: whether
 * this node can serve people. Fails as UNAVAILABLE while it is about to stop or its store does not answer. Without the bus
 * it serves them still, only slower: taking every node away for that would help nobody.
 */
export function healthRoutes(router: Router<RequestState>, { store, busState, draining }: HealthDeps): void {
  router.get('/healthz', (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { ok: true };
  });

  router.get('/readyz', async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    if (draining()) {
      // Not thrown: it was told to stop, so nothing failed that a log or an alert should know of.
      ctx.status = ERRORS.UNAVAILABLE.status;
      ctx.body = errorBody(new Failure('UNAVAILABLE', 'the server is about to stop'));
      return;
    }
    await store.listPeople('', 1).catch((error: unknown) => {
      throw new Failure('UNAVAILABLE', 'the store does not answer', error);
    });
    ctx.body = { ok: true, store: 'answers', bus: busState() };
  });
}
