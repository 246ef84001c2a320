import type { RouterContext, RouterMiddleware } from '@koa/router';
import type { Identity } from './auth/access-token.ts';

/** What the guards of a request learn for the handler. */
export interface RequestState {
  /** Names the request in the log and in the `X-Request-Id` header. */
  requestId: string;
  /** Set by `authenticate`. */
  identity?: Identity;
}

export type Ctx = RouterContext<RequestState>;
export type Guard = RouterMiddleware<RequestState>;
