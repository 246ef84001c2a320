import Router from '@koa/router';
import Koa from 'koa';
import type { Logger } from 'pino';
import type { RequestState } from './context.ts';
import type { Metrics } from './metrics.ts';
import { answerFailures } from './middleware/failures.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { staticFiles } from './middleware/static-files.ts';
import { accountRoutes } from './routes/account.ts';
import { authRoutes } from './routes/auth.ts';
import type { RouteDeps } from './routes/deps.ts';
import { deviceRoutes } from './routes/devices.ts';
import { directoryRoutes } from './routes/directory.ts';
import { friendsRoutes } from './routes/friends.ts';
import { type HealthDeps, healthRoutes } from './routes/health.ts';
import { type MetricsDeps, metricsRoutes } from './routes/metrics.ts';
import { pushRoutes } from './routes/push.ts';
import { recoveryRoutes } from './routes/recovery.ts';
import { reportRoutes } from './routes/reports.ts';
import { syncRoutes } from './routes/sync.ts';
import { turnRoutes } from './routes/turn.ts';

export interface AppDeps extends RouteDeps, HealthDeps, MetricsDeps {
  readonly metrics: Metrics;
  readonly log: Logger;
  /** How many proxies in front append to X-Forwarded-For. */
  readonly proxies: number;
  /** Where the built app lies; null serves the API alone. */
  readonly clientDir: string | null;
}

/** The HTTP side of the server, not listening yet. */
export function createApp(deps: AppDeps): Koa<RequestState> {
  const { log, origins, proxies, clientDir, metrics } = deps;
  const app = new Koa<RequestState>({ proxy: proxies > 0, maxIpsCount: proxies });
  app.on('error', (err: unknown) => log.error({ err }, 'the response could not be sent'));

  const api = new Router<RequestState>({ prefix: '/api' });
  authRoutes(api, deps);
  recoveryRoutes(api, deps);
  accountRoutes(api, deps);
  deviceRoutes(api, deps);
  directoryRoutes(api, deps);
  friendsRoutes(api, deps);
  reportRoutes(api, deps);
  syncRoutes(api, deps);
  turnRoutes(api, deps);
  pushRoutes(api, deps);

  const root = new Router<RequestState>();
  healthRoutes(root, deps);
  metricsRoutes(root, deps);

  app.use(metrics.countRequests);
  app.use(answerFailures(log));
  app.use(securityHeaders(origins));
  for (const router of [root, api]) {
    app.use(router.routes());
    app.use(router.allowedMethods());
  }
  if (clientDir !== null) {
    const files = staticFiles(clientDir);
    // What is asked of the API is never answered with a page: left alone, it ends as NOT_FOUND.
    app.use((ctx, next) => (/^\/api(\/|$)/.test(ctx.path) ? undefined : files(ctx, next)));
  }
  return app;
}
