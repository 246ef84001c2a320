import * as v from 'valibot';
import { deviceId, sequence, time, userId } from './fields.ts';
import { authKey, base64url, device, deviceName, kdf, username } from './http.ts';

/**
 * The JSON bodies of what a person does with an account: credentials, recovery, keys, devices, reports.
 * Binary values travel as base64url text; request schemas are strict.
 */

/** Proof and wrapping of a recovery code; see shared/crypto/recovery.ts. */
export const recovery = v.strictObject({
  /** 32 bytes derived from the code. */
  authKey,
  /** The account key, wrapped under the code. */
  wrappedAccountKey: base64url(40, 1024),
});
export type RecoveryBody = v.InferOutput<typeof recovery>;

/** A new password, or stronger parameters for the old one. */
const credentials = {
  kdf,
  authKey,
  /** The account key, wrapped under the password. */
  wrappedAccountKey: base64url(40, 1024),
};

/** POST /api/auth/recovery: what a recovery code opens. Errors are those of a wrong password. */
export const recoveryRequest = v.strictObject({ username: v.pipe(v.string(), v.maxLength(64)), authKey });
export const recoveryResponse = v.object({
  userId,
  username: v.string(),
  wrappedAccountKey: v.string(),
  keyring: v.string(),
  revision: sequence,
  bundle: v.string(),
});
export type RecoveryResponse = v.InferOutput<typeof recoveryResponse>;

/**
 * POST /api/auth/reset: a new password and a new code in place of what was forgotten; the code that proves it is used up
 * and every other sign-in ends. Answers as a login does.
 */
export const resetRequest = v.strictObject({
  username: v.pipe(v.string(), v.maxLength(64)),
  /** Proves the old code. */
  recoveryKey: authKey,
  ...credentials,
  recovery,
  device,
});
export type ResetRequest = v.InferOutput<typeof resetRequest>;

/** GET /api/account: what an account is made of, for its own devices. */
export const accountResponse = v.object({
  userId,
  username: v.string(),
  created: time,
  keyring: v.string(),
  revision: sequence,
  bundle: v.string(),
  kdf,
  credentialsVersion: sequence,
  /** When the recovery code was made; null when there is none. */
  recoveryCreated: v.nullable(time),
});
export type AccountResponse = v.InferOutput<typeof accountResponse>;

/** POST /api/account/open: the wrapped account key, for who proves the password again. BAD_CREDENTIALS otherwise. */
export const openRequest = v.strictObject({ authKey });
export const openResponse = v.object({ kdf, wrappedAccountKey: v.string(), credentialsVersion: sequence });

/**
 * PUT /api/account/password: `current` proves the present password. `endOthers` ends every other sign-in; only stronger
 * parameters for the same password leave them.
 */
export const passwordRequest = v.strictObject({
  current: authKey,
  expect: sequence,
  ...credentials,
  endOthers: v.boolean(),
});
export type PasswordRequest = v.InferOutput<typeof passwordRequest>;

/** PUT /api/account/recovery: a new code; the one before is void. */
export const newRecoveryRequest = v.strictObject({ current: authKey, expect: sequence, recovery });
export type NewRecoveryRequest = v.InferOutput<typeof newRecoveryRequest>;

/** PUT /api/account/keyring: CONFLICT when the revision is not `expect` any more. `bundle` when keys were rotated. */
export const keyringRequest = v.strictObject({
  expect: sequence,
  keyring: base64url(40, 1_400_000),
  bundle: v.optional(base64url(40, 2048)),
});
export type KeyringRequest = v.InferOutput<typeof keyringRequest>;

/** POST /api/account/delete */
export const deleteRequest = v.strictObject({ current: authKey });

/** GET /api/devices */
export const deviceItem = v.object({
  /** Of the sign-in. */
  id: v.string(),
  device: deviceId,
  name: v.string(),
  started: time,
  /** When its sign-in was last renewed: within minutes of its last use. */
  seen: time,
  current: v.boolean(),
});
export const devicesResponse = v.object({ devices: v.array(deviceItem) });
export type DeviceItem = v.InferOutput<typeof deviceItem>;

/** PATCH /api/devices/:id */
export const renameRequest = v.strictObject({ name: deviceName });

/** POST /api/reports */
export const reportRequest = v.strictObject({
  about: username,
  reason: v.picklist(['spam', 'harassment', 'impersonation', 'other']),
  // No control characters: it is shown in the operator's terminal.
  note: v.pipe(v.string(), v.maxLength(1_000), v.regex(/^[\n\P{Cc}]*$/u)),
});
export type ReportRequest = v.InferOutput<typeof reportRequest>;
