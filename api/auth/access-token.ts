import jwt from 'jsonwebtoken';
import * as v from 'valibot';
import type { DeviceId, UserId } from '#shared/ids.ts';
import { type Result, err, ok } from '#shared/result.ts';
import { deviceId, userId } from '#shared/schema/fields.ts';
import type { Clock } from '#sync/server/ports.ts';
import { type KeySet, currentKey } from './keys.ts';

/** Who an access token speaks for. */
export interface Identity {
  readonly user: UserId;
  readonly session: string;
  readonly device: DeviceId;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

export interface AccessTokens {
  issue(identity: Omit<Identity, 'expires'>): { readonly token: string; readonly expiresIn: number };
  verify(token: string): Result<Identity, 'TOKEN_INVALID' | 'TOKEN_EXPIRED'>;
}

const ISSUER = 'nexchat';
const AUDIENCE = 'nexchat-api';
/** RFC 9068: says that it is an access token, so that no other JWT of these keys passes for one. */
const TYPE = 'at+jwt';

const claims = v.object({
  sub: userId,
  sid: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/)),
  dev: deviceId,
  exp: v.pipe(v.number(), v.integer()),
});

export interface AccessTokenDeps {
  readonly keys: KeySet;
  /** Seconds. */
  readonly ttl: number;
  readonly clock: Clock;
}

/** Short-lived JWTs, HS256 and nothing else. */
export function createAccessTokens({ keys, ttl, clock }: AccessTokenDeps): AccessTokens {
  const seconds = (): number => Math.floor(clock.now() / 1000);
  return {
    issue({ user, session, device }) {
      const iat = seconds();
      const payload = {
        iss: ISSUER,
        aud: AUDIENCE,
        sub: user,
        sid: session,
        dev: device,
        iat,
        exp: iat + ttl,
      };
      const header = { alg: 'HS256', typ: TYPE, kid: keys.current };
      return { token: jwt.sign(payload, currentKey(keys), { algorithm: 'HS256', header }), expiresIn: ttl };
    },
    verify(token) {
      try {
        const header = jwt.decode(token, { complete: true })?.header;
        const key = header?.typ === TYPE && keys.byId.get(header.kid ?? '');
        if (!key) return err('TOKEN_INVALID');
        const verified = jwt.verify(token, key, {
          algorithms: ['HS256'],
          issuer: ISSUER,
          audience: AUDIENCE,
          clockTimestamp: seconds(),
        });
        const read = v.safeParse(claims, verified);
        if (!read.success) return err('TOKEN_INVALID');
        const { sub, sid, dev, exp } = read.output;
        return ok({ user: sub, session: sid, device: dev, expires: exp * 1000 });
      } catch (error) {
        // The signature is judged before the time, so only a genuine token is called expired.
        return err(error instanceof jwt.TokenExpiredError ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID');
      }
    },
  };
}
