import type Router from '@koa/router';
import { Failure } from '#shared/errors.ts';
import { decodeUpExchange, encodeExchange } from '#sync/wire/codec.ts';
import { MAX_EXCHANGE } from '#sync/wire/version.ts';
import type { RequestState } from '../context.ts';
import { spend } from '../limits.ts';
import { binaryBody } from '../middleware/binary-body.ts';
import { authenticate, identityOf } from '../middleware/guards.ts';
import type { RouteDeps } from './deps.ts';

const TYPE = 'application/msgpack';

/**
 * POST /api/sync: the frames of a connection without a socket, for service workers and for networks that let no
 * socket through. What is wrong with the request is a status; how the conversation ends is said by a `bye` in it.
 */
export function syncRoutes(router: Router<RequestState>, deps: RouteDeps): void {
  const { sessions, limits, exchange } = deps;

  router.post('/sync', authenticate(sessions), async (ctx) => {
    const identity = identityOf(ctx);
    await spend(ctx, limits.exchange, identity.user);
    const frames = decodeUpExchange(await binaryBody(ctx, TYPE, MAX_EXCHANGE));
    if (!frames.ok) throw new Failure(frames.error);
    const answers = encodeExchange(await exchange(identity, frames.value));
    ctx.set('Cache-Control', 'no-store');
    ctx.type = TYPE;
    ctx.body = Buffer.from(answers.buffer, answers.byteOffset, answers.byteLength);
  });
}
