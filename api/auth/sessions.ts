import { randomBytes } from 'node:crypto';
import { Failure } from '#shared/errors.ts';
import type { DeviceId, UserId } from '#shared/ids.ts';
import type { Session } from '#shared/schema/http.ts';
import type { Bus, Clock } from '#sync/server/ports.ts';
import type { AccountStore, SignIn } from '../store/ports.ts';
import type { AccessTokens, Identity } from './access-token.ts';
import {
  type RefreshToken,
  hashRefreshToken,
  isSameHash,
  mintRefreshToken,
  openSuccessor,
  readRefreshToken,
  sealSuccessor,
  writeRefreshToken,
} from './refresh-token.ts';

/** A token is rotated at most once in this time, in ms: two tabs, and reloads in a row, share one successor. */
const ROTATE_EVERY = 30_000;
const DAY = 86_400_000;

/** A sign-in as the client receives it: `refreshToken` goes into the cookie, the rest into the body. */
export interface Opened {
  readonly session: Session;
  readonly refreshToken: string;
  readonly maxAge: number;
}

export interface Sessions {
  start(person: { user: UserId; username: string }, device: { id: DeviceId; name: string }): Promise<Opened>;
  /** Throws TOKEN_INVALID, or SESSION_ENDED when the sign-in is over or its token was used by somebody else. */
  refresh(token: string, device: DeviceId): Promise<Opened>;
  /** Ends the sign-in of a refresh token, if it is one, and closes its sockets. */
  end(token: string): Promise<void>;
  /** Who an access token speaks for, while its sign-in lasts. Throws TOKEN_INVALID, TOKEN_EXPIRED, SESSION_ENDED. */
  identify(accessToken: string): Promise<Identity>;
}

export interface SessionsDeps {
  readonly store: AccountStore;
  readonly tokens: AccessTokens;
  readonly bus: Bus;
  readonly clock: Clock;
  /** A sign-in that is not used for so many days ends. */
  readonly days: number;
}

export function createSessions({ store, tokens, bus, clock, days }: SessionsDeps): Sessions {
  const maxAge = days * DAY;

  function opened(signIn: Pick<SignIn, 'id' | 'user' | 'username' | 'device'>, token: RefreshToken): Opened {
    const { id, user, username, device } = signIn;
    const access = tokens.issue({ user, session: id, device });
    return {
      session: { userId: user, username, accessToken: access.token, expiresIn: access.expiresIn },
      refreshToken: writeRefreshToken(token),
      maxAge,
    };
  }

  async function close(signIn: SignIn): Promise<void> {
    await store.endSession(signIn.id, clock.now());
    bus.publish({ kind: 'revoked', user: signIn.user, session: signIn.id });
  }

  return {
    async start({ user, username }, device) {
      const now = clock.now();
      const token = mintRefreshToken(randomBytes(16).toString('base64url'));
      const signIn: SignIn = {
        id: token.session,
        user,
        username,
        device: device.id,
        deviceName: device.name,
        started: now,
        token: hashRefreshToken(token),
        rotated: now,
        previous: null,
        successor: null,
        expires: now + maxAge,
        ended: null,
      };
      const replaced = await store.startSession(signIn);
      if (replaced) bus.publish({ kind: 'revoked', user, session: replaced });
      return opened(signIn, token);
    },

    async refresh(text, device) {
      const token = readRefreshToken(text);
      if (!token) throw new Failure('TOKEN_INVALID');
      const hash = hashRefreshToken(token);
      // Again only when another request rotated the same token in between; then the answer is its successor.
      for (let attempt = 0; attempt < 3; attempt++) {
        const signIn = await store.session(token.session);
        if (!signIn || signIn.device !== device) throw new Failure('TOKEN_INVALID');
        const now = clock.now();
        if (signIn.ended !== null || signIn.expires <= now) throw new Failure('SESSION_ENDED');
        if (isSameHash(signIn.token, hash)) {
          const justRotated = signIn.previous !== null && now - signIn.rotated < ROTATE_EVERY;
          if (justRotated) return opened(signIn, token);
          const next = mintRefreshToken(signIn.id);
          const rotation = {
            token: hashRefreshToken(next),
            rotated: now,
            successor: sealSuccessor(token, next),
            expires: now + maxAge,
          };
          if (await store.rotateSession(signIn.id, hash, rotation)) return opened(signIn, next);
        } else if (signIn.previous && signIn.successor && isSameHash(signIn.previous, hash)) {
          // The answer was lost, or the browser died before it had the cookie on disk: the same successor again.
          return opened(signIn, openSuccessor(token, signIn.successor));
        } else {
          // A token older than that: somebody has a copy, and nobody can tell who is the owner.
          await close(signIn);
          throw new Failure('SESSION_ENDED');
        }
      }
      throw new Failure('UNAVAILABLE');
    },

    async end(text) {
      const token = readRefreshToken(text);
      const signIn = token && (await store.session(token.session));
      if (!token || !signIn || signIn.ended !== null) return;
      const hash = hashRefreshToken(token);
      const owns = isSameHash(signIn.token, hash) || (signIn.previous && isSameHash(signIn.previous, hash));
      if (owns) await close(signIn);
    },

    async identify(accessToken) {
      const verified = tokens.verify(accessToken);
      if (!verified.ok) throw new Failure(verified.error);
      const signIn = await store.session(verified.value.session);
      if (!signIn || signIn.ended !== null || signIn.user !== verified.value.user) {
        throw new Failure('SESSION_ENDED');
      }
      return verified.value;
    },
  };
}
