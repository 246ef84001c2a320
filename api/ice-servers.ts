import { createHmac, randomBytes } from 'node:crypto';
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
 * Addresses, and credentials that the relay can check without asking anybody: the name is when they end and a random
 * word, so that the relay does not learn who calls; the password is an HMAC of it.
 * Source: draft-uberti-behave-turn-rest-00, section 2.2.
 */
export function createIceServers({ stunUrls, turn }: IceSettings, clock: Clock): () => TurnResponse {
  const stun = stunUrls.length > 0 ? [{ urls: [...stunUrls] }] : [];
  return () => {
    if (!turn) return { servers: stun, ttl: TURN_TTL, relay: false };
    const ends = Math.floor(clock.now() / 1_000) + TURN_TTL;
    const username = `${ends}:${randomBytes(9).toString('base64url')}`;
    const credential = createHmac('sha1', turn.secret).update(username).digest('base64');
    return { servers: [...stun, { urls: [...turn.urls], username, credential }], ttl: TURN_TTL, relay: true };
  };
}
