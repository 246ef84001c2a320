import { createHmac } from 'node:crypto';
import type { UserId } from '#shared/ids.ts';
import type { TurnResponse } from '#shared/schema/http.ts';
import type { Clock } from '#sync/server/ports.ts';

/** What helps two devices to find a way to each other. */
export interface IceSettings {
  /** Tell a device its own address as others see it (RFC 8489). */
  readonly stunUrls: readonly string[];
  /** Relay what finds no direct way (RFC 8656); null when there is none. */
  readonly turn: TurnSettings | null;
}

interface TurnSettings {
  readonly urls: readonly string[];
  /** Shared with the relay: coturn's `static-auth-secret`. */
  readonly secret: string;
}

/** Seconds that credentials last: a relayed connection that was made with them lives on. */
const TURN_TTL = 3_600;

/**
 * Addresses, and credentials that the relay can check without asking anybody: the name is when they end and a word that
 * stands for the user in that hour, so that the relay can bound what one person takes and does not learn who it is; the
 * password is an HMAC of it.
 * Source: draft-uberti-behave-turn-rest-00, section 2.2.
 */
export function createIceServers(
  { stunUrls, turn }: IceSettings,
  clock: Clock,
): (user: UserId) => TurnResponse {
  const stun = stunUrls.length > 0 ? [{ urls: [...stunUrls] }] : [];
  return (user) => {
    if (!turn) return { servers: stun, ttl: TURN_TTL, relay: false };
    const now = Math.floor(clock.now() / 1_000);
    // coturn bounds by the whole name, so that it is the same one through an hour, and lasts an hour at least.
    const ends = (Math.floor(now / TURN_TTL) + 2) * TURN_TTL;
    const word = createHmac('sha256', turn.secret).update(`${user} ${ends}`).digest('base64url').slice(0, 16);
    const username = `${ends}:${word}`;
    const credential = createHmac('sha1', turn.secret).update(username).digest('base64');
    const servers = [...stun, { urls: [...turn.urls], username, credential }];
    return { servers, ttl: TURN_TTL, relay: true };
  };
}
