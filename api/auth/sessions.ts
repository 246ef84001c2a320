import { randomBytes } from 'node:crypto';
import { Failure } from '#shared/errors.ts';
import type { DeviceId, UserId } from '#shared/ids.ts';
import type { Session } from '#shared/schema/http.ts';
import type { Bus, Clock } from '#sync/server/ports.ts';
import type { Account, AccountStore, CredentialsChange, SignIn } from '../store/ports.ts';
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

type Proved = Pick<Account, 'user' | 'username' | 'credentialsVersion'>;
export type NewCredentials = Omit<CredentialsChange, 'endSessions'> & { readonly endAllBut?: string | null };

export interface Sessions {
  /**
   * Begins a sign-in of who has proved to be the person of `account`. Throws ACCOUNT_SUSPENDED, and CONFLICT when what
   * proves the person was changed since the account was read.
   */
  start(account: Proved, device: { id: DeviceId; name: string }): Promise<Opened>;
  /**
   * Throws TOKEN_INVALID, or SESSION_ENDED when the sign-in is over or its token was used by somebody else, or
   * ACCOUNT_SUSPENDED.
   */
  refresh(token: string, device: DeviceId): Promise<Opened>;
  /** Ends the sign-in of a refresh token, if it is one, and closes its sockets. */
  end(token: string): Promise<void>;
  /** Ends one sign-in of a user, and closes its sockets. False when it is not an open one of theirs. */
  endOne(user: UserId, session: string): Promise<boolean>;
  /** Whether this is a refresh token of the user's own: the last of a sign-in or the one before, also of one that ended. */
  remembers(token: string, user: UserId): Promise<boolean>;
  /**
   * Replaces what proves the person of `account`, and ends in the same step all sign-ins but `endAllBut` (null ends every
   * one, undefined none) and closes their sockets. Throws CONFLICT when it was changed since the account was read.
   */
  replaceCredentials(account: Proved, change: NewCredentials): Promise<void>;
  /** Ends all sign-ins of a user but `except`, and closes their sockets. */
  endAll(user: UserId, except: string | null): Promise<void>;
  /** Locks an account out, which ends its sign-ins and sockets at once, or lets it in again. False when there is none. */
  suspend(user: UserId, suspended: boolean): Promise<boolean>;
  /**
   * Who an access token speaks for, while its sign-in lasts. Throws TOKEN_INVALID, TOKEN_EXPIRED, SESSION_ENDED, and
   * ACCOUNT_SUSPENDED when that is why it ended.
   */
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

  function tell(user: UserId, ended: readonly string[]): void {
    for (const session of ended) bus.publish({ kind: 'revoked', user, session });
  }

  async function close({ user, id }: Pick<SignIn, 'user' | 'id'>): Promise<void> {
    await store.endSession(id, clock.now());
    bus.publish({ kind: 'revoked', user, session: id });
  }

  /** Whoever is locked out has no open sign-in, so only an ended one needs the account looked at. */
  async function whyOver(user: UserId): Promise<Failure> {
    const account = await store.accountOf(user);
    return new Failure(typeof account?.suspended === 'number' ? 'ACCOUNT_SUSPENDED' : 'SESSION_ENDED');
  }

  /** The sign-in that a refresh token is or was good for, open or not. */
  async function ownedBy(text: string): Promise<SignIn | undefined> {
    const token = readRefreshToken(text);
    const signIn = token && (await store.session(token.session));
    if (!token || !signIn) return undefined;
    const hash = hashRefreshToken(token);
    const owns = isSameHash(signIn.token, hash) || (signIn.previous && isSameHash(signIn.previous, hash));
    return owns ? signIn : undefined;
  }

  return {
    async start({ user, username, credentialsVersion }, device) {
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
        push: null,
      };
      const replaced = await store.startSession(signIn);
      if (replaced) bus.publish({ kind: 'revoked', user, session: replaced });
      // Somebody who knew the old password must not come in behind the change that ends all their sign-ins.
      const present = await store.accountOf(user);
      if (present?.credentialsVersion !== credentialsVersion) {
        await close(signIn);
        throw new Failure('CONFLICT');
      }
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
        if (signIn.ended !== null || signIn.expires <= now) throw await whyOver(signIn.user);
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
      const signIn = await ownedBy(text);
      if (signIn?.ended === null) await close(signIn);
    },

    async remembers(text, user) {
      return (await ownedBy(text))?.user === user;
    },

    async endOne(user, session) {
      const signIn = await store.session(session);
      if (signIn?.user !== user || signIn.ended !== null) return false;
      await close(signIn);
      return true;
    },

    async replaceCredentials({ user, credentialsVersion }, { endAllBut, ...change }) {
      const endSessions = endAllBut === undefined ? null : { except: endAllBut, time: clock.now() };
      const ended = await store.replaceCredentials(user, credentialsVersion, { ...change, endSessions });
      if (ended === 'conflict') throw new Failure('CONFLICT');
      tell(user, ended);
    },

    async endAll(user, except) {
      tell(user, await store.endSessions(user, except, clock.now()));
    },

    async suspend(user, suspended) {
      const known = await store.suspendAccount(user, suspended ? clock.now() : null);
      if (known && suspended) bus.publish({ kind: 'revoked', user, session: null });
      return known;
    },

    async identify(accessToken) {
      const verified = tokens.verify(accessToken);
      if (!verified.ok) throw new Failure(verified.error);
      const signIn = await store.session(verified.value.session);
      if (!signIn || signIn.user !== verified.value.user) throw new Failure('SESSION_ENDED');
      if (signIn.ended !== null) throw await whyOver(signIn.user);
      return verified.value;
    },
  };
}
