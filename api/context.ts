import type { RouterContext, RouterMiddleware } from '@koa/router';
import type { ErrorCode } from '#shared/errors.ts';
import type { Identity } from './auth/access-token.ts';

/** What the guards of a request learn for the handler. */
export interface RequestState {
  /** Names the request in the log and in the `X-Request-Id` header. */
  requestId: string;
  /** Why it was refused, if it was. */
  failure?: ErrorCode;
  /** Set by `authenticate`. */
  identity?: Identity;
}

export type Ctx = RouterContext<RequestState>;
export type Guard = RouterMiddleware<RequestState>;

/**
 * Which route answers, as it is written in the code: the path itself may hold anything that somebody typed. `other` is
 * the app's files and what there is not.
 */
export function routeOf(ctx: object): string {
  return '_matchedRoute' in ctx && typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : 'other';
}
