import type Router from '@koa/router';
import type * as v from 'valibot';
import { Failure, isErrorCode } from '#shared/errors.ts';
import {
  type friendsStatus,
  friendsAnswerBody,
  friendsRemoveBody,
  friendsRequestBody,
} from '#shared/schema/http.ts';
import type { Operation } from '#sync/wire/up.ts';
import type { Ctx, RequestState } from '../context.ts';
import { spend } from '../limits.ts';
import { authenticate, bodyOf, identityOf, jsonBody } from '../middleware/guards.ts';
import { createOpId } from '../op-id.ts';
import type { RouteDeps } from './deps.ts';

const MAX_BODY = 1_024;
type FriendKind = Extract<Operation['kind'], `friend.${string}`>;

/**
 * Friendships by username, at the addresses that they had in NexChat's first version. The app itself sends these
 * as operations through its outbox; both ways end in the same `execute`.
 */
export function friendsRoutes(router: Router<RequestState>, deps: RouteDeps): void {
  const { store, sessions, limits, clock, execute } = deps;
  const signedIn = authenticate(sessions);
  const body = jsonBody(MAX_BODY);

  router.get('/friends/status', signedIn, async (ctx) => {
    const { user } = identityOf(ctx);
    await spend(ctx, limits.api, user);
    const acquaintances = await store.acquaintances(user);
    const named = (standing: string): string[] =>
      acquaintances.filter((other) => other.standing === standing).map(({ username }) => username);
    const status: v.InferOutput<typeof friendsStatus> = {
      friends: named('friends'),
      pending_sent: named('sent'),
      pending_received: named('received'),
    };
    ctx.set('Cache-Control', 'no-store');
    ctx.body = status;
  });

  router.post('/friends/request', signedIn, body, (ctx) =>
    carryOut(ctx, 'friend.request', bodyOf(ctx, friendsRequestBody).receiver),
  );
  router.post('/friends/accept', signedIn, body, (ctx) =>
    carryOut(ctx, 'friend.accept', bodyOf(ctx, friendsAnswerBody).sender),
  );
  router.post('/friends/reject', signedIn, body, (ctx) =>
    carryOut(ctx, 'friend.reject', bodyOf(ctx, friendsAnswerBody).sender),
  );
  router.post('/friends/remove', signedIn, body, (ctx) =>
    carryOut(ctx, 'friend.remove', bodyOf(ctx, friendsRemoveBody).target),
  );

  async function carryOut(ctx: Ctx, kind: FriendKind, username: string): Promise<void> {
    const { user } = identityOf(ctx);
    await spend(ctx, limits.api, user);
    const other = await store.findPerson(username);
    if (!other) throw new Failure('UNKNOWN_USER');
    const result = await execute(user, { id: createOpId(clock.now()), kind, to: other.id });
    if (!result.ok) throw new Failure(isErrorCode(result.code) ? result.code : 'INTERNAL');
    ctx.status = 204;
  }
}
