import * as v from 'valibot';
import { deviceId, sequence, userId } from './fields.ts';

/**
 * The JSON bodies of the HTTP API, checked at both ends. Binary values travel as base64url text.
 * Request schemas are strict: an unknown field is an error, so nothing of a client's object can reach a store.
 */
export const base64url = (min: number, max: number) =>
  v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]*$/), v.minLength(min), v.maxLength(max));

export const username = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9._-]{2,31}$/));

/** How the password is stretched; see shared/crypto/password.ts. `salt` is 16 bytes. */
export const kdf = v.strictObject({
  alg: v.literal('PBKDF2-SHA256'),
  iterations: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000_000)),
  salt: base64url(22, 22),
});
export type Kdf = v.InferOutput<typeof kdf>;

/** One line of text. */
export const deviceName = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1),
  v.maxLength(80),
  v.regex(/^\P{Cc}*$/u),
);

export const device = v.strictObject({ id: deviceId, name: deviceName });

/** `authKey` is 32 bytes derived from the password; the password itself never leaves the device. */
export const authKey = base64url(43, 43);

export const preloginRequest = v.strictObject({ username: v.pipe(v.string(), v.maxLength(64)) });
export const preloginResponse = v.object({ kdf });

export const registerRequest = v.strictObject({
  username,
  userId,
  kdf,
  authKey,
  /** The account key, wrapped under the password. */
  wrappedAccountKey: base64url(40, 1024),
  /** The identity's private keys, sealed under the account key. */
  keyring: base64url(40, 16_384),
  /** The signed public identity; see shared/crypto/identity.ts. */
  bundle: base64url(40, 2048),
  /** Proof and wrapping of the recovery code; see shared/schema/account.ts. */
  recovery: v.optional(v.strictObject({ authKey, wrappedAccountKey: base64url(40, 1024) })),
  device,
});
export type RegisterRequest = v.InferOutput<typeof registerRequest>;

export const loginRequest = v.strictObject({
  username: v.pipe(v.string(), v.maxLength(64)),
  authKey,
  device,
});
export type LoginRequest = v.InferOutput<typeof loginRequest>;

export const session = v.object({
  userId,
  username: v.string(),
  /** JWT for `Authorization: Bearer` and the WebSocket subprotocol. Kept in memory only. */
  accessToken: v.string(),
  /** Seconds until the access token ends. */
  expiresIn: v.number(),
});
export type Session = v.InferOutput<typeof session>;

export const loginResponse = v.object({
  ...session.entries,
  kdf,
  wrappedAccountKey: v.string(),
  keyring: v.string(),
  /** Counts the keyrings of the account. */
  revision: sequence,
  bundle: v.string(),
  credentialsVersion: sequence,
});
export type LoginResponse = v.InferOutput<typeof loginResponse>;

export const refreshRequest = v.strictObject({ device: deviceId });

export const person = v.object({ userId, username: v.string(), online: v.boolean() });
export const directoryResponse = v.object({ people: v.array(person) });
export type Person = v.InferOutput<typeof person>;

/** The seed's friend paths name people by username. */
export const friendsRequestBody = v.strictObject({ receiver: username });
export const friendsAnswerBody = v.strictObject({ sender: username });
export const friendsRemoveBody = v.strictObject({ target: username });
export const friendsStatus = v.object({
  friends: v.array(v.string()),
  pending_sent: v.array(v.string()),
  pending_received: v.array(v.string()),
});

/** Every failed request answers with this. `code` is stable; `message` is for a person. */
export const errorResponse = v.object({
  code: v.string(),
  message: v.string(),
  detail: v.optional(v.string()),
  /** Seconds to wait before another try. */
  retryAfter: v.optional(sequence),
});
export type ErrorResponse = v.InferOutput<typeof errorResponse>;

/** `GET /api/turn`: what RTCPeerConnection needs. Credentials end after `ttl` seconds; `relay` says whether one is there. */
export const turnResponse = v.object({
  servers: v.array(
    v.object({
      urls: v.array(v.pipe(v.string(), v.maxLength(256))),
      username: v.optional(v.pipe(v.string(), v.maxLength(256))),
      credential: v.optional(v.pipe(v.string(), v.maxLength(256))),
    }),
  ),
  ttl: v.pipe(v.number(), v.integer(), v.minValue(0)),
  relay: v.boolean(),
});
export type TurnResponse = v.InferOutput<typeof turnResponse>;
