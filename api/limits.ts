import type { Context } from 'koa';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Failure } from '#shared/errors.ts';

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 24 * HOUR;

/** How much of everything is enough. By network address unless it says otherwise. */
export function createLimits(scale: number) {
  const allow = (points: number, duration: number): RateLimiterMemory =>
    new RateLimiterMemory({ points: points * scale, duration });
  return {
    prelogin: allow(60, 10 * MINUTE),
    register: allow(20, HOUR),
    login: allow(60, 10 * MINUTE),
    recovery: allow(20, 10 * MINUTE),
    refresh: allow(120, 10 * MINUTE),
    socket: allow(120, MINUTE),
    /** By user. */
    api: allow(300, MINUTE),
    /** By user: what the password is proved for. */
    account: allow(30, 10 * MINUTE),
    /** By user. */
    reports: allow(20, DAY),
    /** By user. A client that catches up asks for one after the other. */
    exchange: allow(300, MINUTE),
    /** Wrong passwords and codes by address and name. */
    guessesHere: allow(10, 15 * MINUTE),
    /**
     * Wrong passwords by name (of those who are signed in: by sign-in) from anywhere. Stops a guesser with many addresses; a device that the account has
     * signed in from before is not held back by it, so that nobody can lock the owner out.
     */
    guessesAnywhere: allow(100, HOUR),
  };
}
export type Limits = ReturnType<typeof createLimits>;

/** Takes one point, or throws RATE_LIMITED and says in `Retry-After` when there is one again. */
export async function spend(ctx: Context, limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    refuse(ctx, refusal);
  }
}

/** Throws as `spend` does when nothing is left, but takes nothing. */
export async function mustHaveLeft(ctx: Context, limiter: RateLimiterMemory, key: string): Promise<void> {
  const spent = await limiter.get(key);
  if (spent && (spent.consumedPoints ?? 0) >= limiter.points) refuse(ctx, spent);
}

function refuse(ctx: Context, refusal: unknown): never {
  if (!(refusal instanceof RateLimiterRes)) throw refusal;
  ctx.set('Retry-After', String(Math.ceil((refusal.msBeforeNext ?? 0) / 1000)));
  throw new Failure('RATE_LIMITED');
}
