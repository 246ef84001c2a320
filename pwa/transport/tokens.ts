import { type ErrorCode, Failure } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import type { Session } from '#shared/schema/http.ts';
import type { Timers } from '#sync/client/ports.ts';

/** The access token. It lives in this object only; the refresh token lives in a cookie that no script can read. */
export interface Tokens {
  /** Takes the token that a registration or login brought. */
  adopt(session: Session): void;
  /** A token that is good for some time yet; renewed first when it isn't. Rejects with a Failure. */
  current(): Promise<string>;
  /** A new token, whatever the old one was worth. Rejects with a Failure. */
  renew(): Promise<string>;
  /** Renews ahead of expiry from now on and hands over each new token. Returns a function that ends it. */
  keepFresh(renewed: (token: string) => void): () => void;
}

interface TokensDeps {
  /** Whose tokens these are: a cookie that turns out to be another user's is no sign-in of this one. */
  readonly user: UserId;
  readonly refresh: () => Promise<Session>;
  /** The refresh token rotates, so that only one tab at a time may spend it. */
  readonly locks: Pick<LockManager, 'request'>;
  readonly timers: Timers;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The server refuses to renew: the password is needed. */
  readonly ended: (code: ErrorCode) => void;
}

const LOCK = 'nexchat-refresh';
const LOCK_WAIT_MS = 20_000;
/** A token with less than this part of its life left is renewed before use. */
const LAST_PART = 0.2;
const RETRY_MS = 15_000;

/** Refusals that no retry mends. */
const ENDING: ReadonlySet<ErrorCode> = new Set(['SESSION_ENDED', 'TOKEN_INVALID', 'UNAUTHENTICATED']);

/** True when only the person's password helps. */
export const endsSession = (error: unknown): boolean => error instanceof Failure && ENDING.has(error.code);

/**
 * Why there is no token, in the sync client's words. Every way of having no session any more is one to it: it stops
 * and waits for the person.
 */
export function linkCodeOf(error: unknown): ErrorCode {
  if (endsSession(error)) return 'SESSION_ENDED';
  return error instanceof Failure ? error.code : 'OFFLINE';
}

export function createTokens(deps: TokensDeps): Tokens {
  let held: { readonly token: string; readonly freshUntil: number } | null = null;
  let renewing: Promise<string> | null = null;
  const adopted = new Set<() => void>();

  function adopt(session: Session): string {
    const lifetime = session.expiresIn * 1000;
    held = { token: session.accessToken, freshUntil: deps.now() + lifetime * (1 - LAST_PART) };
    for (const listener of adopted) listener();
    return session.accessToken;
  }

  function renew(): Promise<string> {
    renewing ??= spendRefreshToken().finally(() => {
      renewing = null;
    });
    return renewing;
  }

  async function spendRefreshToken(): Promise<string> {
    try {
      const session = await withLock(deps.locks, deps.refresh);
      if (session.userId !== deps.user) throw new Failure('SESSION_ENDED');
      return adopt(session);
    } catch (error) {
      if (error instanceof Failure && ENDING.has(error.code)) {
        held = null;
        deps.ended(error.code);
      }
      throw error;
    }
  }

  return {
    adopt(session) {
      adopt(session);
    },
    current: () => (held !== null && deps.now() < held.freshUntil ? Promise.resolve(held.token) : renew()),
    renew,
    keepFresh(renewed) {
      let cancel = () => {};
      let over = false;
      const schedule = () => {
        cancel();
        if (held !== null) cancel = deps.timers.after(Math.max(0, held.freshUntil - deps.now()), attempt);
      };
      const attempt = () => {
        renew().then(
          (token) => {
            if (!over) renewed(token);
          },
          (error: unknown) => {
            // A lost network is the socket's story to tell; a lost session was told by `ended`.
            if (!over && !endsSession(error)) cancel = deps.timers.after(RETRY_MS, attempt);
          },
        );
      };
      adopted.add(schedule);
      schedule();
      return () => {
        over = true;
        adopted.delete(schedule);
        cancel();
      };
    },
  };
}

/** Runs `task` while no other tab does; a tab that was frozen while holding the lock can't hold us for ever. */
async function withLock<T>(locks: Pick<LockManager, 'request'>, task: () => Promise<T>): Promise<T> {
  const waiting = AbortSignal.timeout(LOCK_WAIT_MS);
  try {
    return await locks.request(LOCK, { signal: waiting }, task);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('UNAVAILABLE', 'refresh', error);
  }
}
