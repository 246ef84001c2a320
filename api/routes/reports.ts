import type Router from '@koa/router';
import { Failure } from '#shared/errors.ts';
import { reportRequest } from '#shared/schema/account.ts';
import type { RequestState } from '../context.ts';
import { spend } from '../limits.ts';
import { authenticate, bodyOf, identityOf, jsonBody } from '../middleware/guards.ts';
import type { RouteDeps } from './deps.ts';

/** A note of 1,000 characters, escaped as far as JSON can escape. */
const MAX_BODY = 8_192;

/**
 * POST /api/reports: tells the operator about somebody. Who was reported learns nothing of it, and the newest report of
 * one person about another is the one that is kept.
 */
export function reportRoutes(router: Router<RequestState>, deps: RouteDeps): void {
  const { store, sessions, limits, clock } = deps;

  router.post('/reports', authenticate(sessions), jsonBody(MAX_BODY), async (ctx) => {
    const { user } = identityOf(ctx);
    await spend(ctx, limits.api, user);
    const { about, reason, note } = bodyOf(ctx, reportRequest);
    const person = await store.findPerson(about);
    if (!person) throw new Failure('UNKNOWN_USER');
    if (person.id === user) throw new Failure('SELF_TARGET');
    await spend(ctx, limits.reports, user);
    await store.addReport({ from: user, about: person.id, reason, note, time: clock.now() });
    ctx.status = 204;
  });
}
