import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import { ERRORS, Failure } from '#shared/errors.ts';
import type { ErrorResponse } from '#shared/schema/http.ts';
import { type RequestState, routeOf } from '../context.ts';

/**
 * The outermost middleware: names the request, and turns whatever was thrown into a status and a JSON body with a
 * stable code. A Failure is shown as it is; anything else is a bug, logged whole and shown as INTERNAL.
 */
export function answerFailures(log: Logger): Middleware<RequestState> {
  return async (ctx, next) => {
    const requestId = randomUUID();
    ctx.state.requestId = requestId;
    ctx.set('X-Request-Id', requestId);
    const started = performance.now();
    try {
      await next();
      const untouched = ctx.body === undefined && !ctx.res.headersSent;
      if (untouched && ctx.status === 404) throw new Failure('NOT_FOUND');
      // The router leaves these two statuses, with an Allow header, where the address is known but the method is not.
      if (untouched && (ctx.status === 405 || ctx.status === 501)) throw new Failure('METHOD_NOT_ALLOWED');
    } catch (error) {
      const failure = error instanceof Failure ? error : new Failure('INTERNAL', undefined, error);
      ctx.state.failure = failure.code;
      const status = ERRORS[failure.code].status;
      if (status >= 500)
        log.error({ requestId, err: failure.cause ?? failure, code: failure.code }, 'request failed');
      ctx.status = status;
      ctx.body = errorBody(failure, ctx.response.get('Retry-After') || undefined);
      ctx.set('Cache-Control', 'no-store');
    }
    const ms = Math.round(performance.now() - started);
    log.debug({ requestId, method: ctx.method, route: routeOf(ctx), status: ctx.status, ms }, 'request');
  };
}

export function errorBody(failure: Failure, retryAfter?: string): ErrorResponse {
  return {
    code: failure.code,
    message: failure.message,
    ...(failure.detail !== undefined && { detail: failure.detail }),
    ...(retryAfter !== undefined && { retryAfter: Number(retryAfter) }),
  };
}
