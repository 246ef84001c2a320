import { bodyParser } from '@koa/bodyparser';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import * as v from 'valibot';
import { type ErrorCode, Failure } from '#shared/errors.ts';
import type { Identity } from '../auth/access-token.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { Ctx, Guard } from '../context.ts';
import { spend } from '../limits.ts';
import type { Origins } from '../origins.ts';
import { networkOf } from '../network.ts';

/** Counts the request against its network address. */
export function limit(limiter: RateLimiterAbstract): Guard {
  return async (ctx, next) => {
    await spend(ctx, limiter, networkOf(ctx.ip));
    await next();
  };
}

/**
 * For addresses that set or use the cookie: only pages of our own may ask. Browsers say so in `Sec-Fetch-Site`,
 * older ones in `Origin`; whichever is there must be right, and one must be there.
 */
export function sameOrigin(origins: Origins): Guard {
  return async (ctx, next) => {
    const [site, origin] = [ctx.get('Sec-Fetch-Site'), ctx.get('Origin')];
    const refused =
      (site === '' && origin === '') ||
      (site !== '' && site !== 'same-origin') ||
      (origin !== '' && !origins.allows(origin));
    if (refused) throw new Failure('ORIGIN_REFUSED');
    await next();
  };
}

/** Asks for a Bearer token of a sign-in that still lasts. */
export function authenticate(sessions: Sessions): Guard {
  return async (ctx, next) => {
    const [scheme, token, ...rest] = ctx.get('Authorization').split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || !token || rest.length > 0) throw new Failure('UNAUTHENTICATED');
    ctx.state.identity = await sessions.identify(token);
    await next();
  };
}

/** Who `authenticate` found. */
export function identityOf(ctx: Ctx): Identity {
  const { identity } = ctx.state;
  if (!identity) throw new Failure('UNAUTHENTICATED');
  return identity;
}

/** Reads a JSON body of at most `limit` bytes. */
export function jsonBody(maxBytes: number): Guard {
  const parse = bodyParser({
    enableTypes: ['json'],
    jsonLimit: maxBytes,
    onError(error) {
      const tooLarge = 'type' in error && error.type === 'entity.too.large';
      throw new Failure(tooLarge ? 'FRAME_TOO_LARGE' : 'BAD_JSON', undefined, error);
    },
  });
  return async (ctx, next) => {
    if (!ctx.is('application/json'))
      throw new Failure('BAD_JSON', 'the content type must be application/json');
    await parse(ctx, next);
  };
}

/** The request's body, if it has the schema's form. `codes` names failures of single fields. */
export function bodyOf<T>(
  ctx: Ctx,
  schema: v.GenericSchema<unknown, T>,
  codes: Readonly<Record<string, ErrorCode>> = {},
): T {
  return valid(schema, ctx.request.body, codes);
}

/** `value`, if it has the schema's form. The failure's detail is the path of the first wrong field. */
export function valid<T>(
  schema: v.GenericSchema<unknown, T>,
  value: unknown,
  codes: Readonly<Record<string, ErrorCode>> = {},
): T {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const path = v.getDotPath(parsed.issues[0]) ?? undefined;
  // The path is the client's word: `constructor` must not find what every object has.
  const code = path !== undefined && Object.hasOwn(codes, path) ? codes[path] : undefined;
  throw new Failure(code ?? 'BAD_FIELD', path);
}
