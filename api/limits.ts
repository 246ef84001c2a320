import type { Context } from 'koa';
import {
  RLWrapperTimeouts,
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import { Failure } from '#shared/errors.ts';
import type { RedisClient } from './bus/redis.ts';

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 24 * HOUR;

/** After so many milliseconds without an answer of Redis this node counts by itself. */
const PATIENCE = 500;

/** Counts in this process, or with `redis` all nodes together; without an answer of it each by itself. */
function createLimiter(points: number, duration: number, name: string, redis?: RedisClient) {
  const here = new RateLimiterMemory({ points, duration });
  if (!redis) return here;
  const shared = new RateLimiterRedis({
    points,
    duration,
    storeClient: redis,
    useRedisPackage: true,
    rejectIfRedisNotReady: true,
    keyPrefix: `nexchat:limit:${name}`,
    insuranceLimiter: here,
  });
  const patient = new RLWrapperTimeouts({ limiter: shared, timeoutMs: PATIENCE });
  // The wrapper doesn't look at it, but we do.
  patient.points = points;
  return patient;
}

/** How much of everything is enough. By network address unless it says otherwise. */
export function createLimits(scale: number, redis?: RedisClient) {
  const allow = (name: string, points: number, duration: number): RateLimiterAbstract =>
    createLimiter(points * scale, duration, name, redis);
  return {
    prelogin: allow('prelogin', 60, 10 * MINUTE),
    register: allow('register', 20, HOUR),
    login: allow('login', 60, 10 * MINUTE),
    recovery: allow('recovery', 20, 10 * MINUTE),
    refresh: allow('refresh', 120, 10 * MINUTE),
    socket: allow('socket', 120, MINUTE),
    /** By user. */
    api: allow('api', 300, MINUTE),
    /** By user: what the password is proved for. */
    account: allow('account', 30, 10 * MINUTE),
    /** By user. */
    reports: allow('reports', 20, DAY),
    /** By user. One is enough for an hour of calls. */
    turn: allow('turn', 60, 10 * MINUTE),
    /** By user. A client that catches up asks for one after the other. */
    exchange: allow('exchange', 300, MINUTE),
    /** Wrong passwords and codes by address and name. */
    guessesHere: allow('guesses-here', 10, 15 * MINUTE),
    /**
     * Wrong passwords by name (of those who are signed in: by sign-in) from anywhere. Stops a guesser
     * with many addresses; a browser with a refresh token of the account, even of a sign-in that ended, is not held back by
     * it, so that nobody can lock the owner out.
     */
    guessesAnywhere: allow('guesses-anywhere', 100, HOUR),
  };
}
export type Limits = ReturnType<typeof createLimits>;

/** Takes one point, or throws RATE_LIMITED and says in `Retry-After` when there is one again. */
export async function spend(ctx: Context, limiter: RateLimiterAbstract, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    refuse(ctx, refusal);
  }
}

/** Throws as `spend` does when nothing is left, but takes nothing. */
export async function mustHaveLeft(ctx: Context, limiter: RateLimiterAbstract, key: string): Promise<void> {
  const spent = await limiter.get(key);
  if (spent && (spent.consumedPoints ?? 0) >= limiter.points) refuse(ctx, spent);
}

function refuse(ctx: Context, refusal: unknown): never {
  if (!(refusal instanceof RateLimiterRes)) throw refusal;
  ctx.set('Retry-After', String(Math.ceil((refusal.msBeforeNext ?? 0) / 1000)));
  throw new Failure('RATE_LIMITED');
}
