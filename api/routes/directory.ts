import type Router from '@koa/router';
import * as v from 'valibot';
import { Failure } from '#shared/errors.ts';
import type { Person } from '#shared/schema/http.ts';
import type { RequestState } from '../context.ts';
import { spend } from '../limits.ts';
import { authenticate, identityOf, valid } from '../middleware/guards.ts';
import type { RouteDeps } from './deps.ts';

const MAX_LISTED = 500;
const MAX_FOUND = 20;
/** So that walking through all names costs more than it is worth. */
const MIN_SEARCH = 3;

const query = v.object({ q: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9._-]{0,32}$/)), '') });

/**
 * GET /api/directory?q=prefix: who there is, without the asker. `open` lists everybody with their dots; `search`
 * wants the beginning of a name, and shows only friends as online.
 */
export function directoryRoutes(router: Router<RequestState>, deps: RouteDeps): void {
  const { store, sessions, limits, directory, online } = deps;

  router.get('/directory', authenticate(sessions), async (ctx) => {
    const { user } = identityOf(ctx);
    await spend(ctx, limits.api, user);
    const { q } = valid(query, { ...ctx.query });
    const open = directory === 'open';
    if (!open && q.length < MIN_SEARCH) throw new Failure('BAD_FIELD', 'q');
    const found = await store.listPeople(q, open ? MAX_LISTED : MAX_FOUND);
    const friends = open ? null : new Set(await store.friends(user));
    const people: Person[] = found
      .filter(({ id }) => id !== user)
      .map(({ id, username }) => ({
        userId: id,
        username,
        online: (friends === null || friends.has(id)) && online(id),
      }));
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { people };
  });
}
