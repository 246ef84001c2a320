import { createHash, timingSafeEqual } from 'node:crypto';
import type Router from '@koa/router';
import type { Context } from 'koa';
import { Failure } from '#shared/errors.ts';
import type { RequestState } from '../context.ts';
import type { Metrics } from '../metrics.ts';

export interface MetricsDeps {
  readonly metrics: Pick<Metrics, 'contentType' | 'scrape'>;
  /** What a collector from elsewhere must show; null lets in only this machine. */
  readonly metricsToken: string | null;
}

/** GET /metrics: the figures in Prometheus' text form. For everybody else there is no such address. */
export function metricsRoutes(router: Router<RequestState>, { metrics, metricsToken }: MetricsDeps): void {
  router.get('/metrics', async (ctx) => {
    if (!isLocal(ctx) && !showsToken(ctx, metricsToken)) throw new Failure('NOT_FOUND');
    ctx.set('Cache-Control', 'no-store');
    ctx.type = metrics.contentType;
    ctx.body = await metrics.scrape();
  });
}

/** Asked by a process of this machine for itself: a proxy on it would say for whom it asks. */
function isLocal(ctx: Context): boolean {
  const asksForOthers = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'];
  if (asksForOthers.some((header) => ctx.get(header) !== '')) return false;
  return /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(ctx.req.socket.remoteAddress ?? '');
}

function showsToken(ctx: Context, token: string | null): boolean {
  if (token === null) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(ctx.get('Authorization')), digest(`Bearer ${token}`));
}
