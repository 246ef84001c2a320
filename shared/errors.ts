/**
 * Every failure that can cross an edge (HTTP, socket, screen) has one code from this closed set.
 * `status` is the HTTP status it maps to; `say` is a sentence a person can act on.
 */
export const ERRORS = {
  // what arrived could not be read
  BAD_JSON: { status: 400, say: 'The request is not valid JSON.' },
  BAD_FRAME: { status: 400, say: 'The message could not be decoded. Update the app and try again.' },
  FRAME_TOO_LARGE: { status: 413, say: 'That is too large to send. Shorten it and try again.' },
  UNKNOWN_TYPE: { status: 400, say: 'The server does not know this kind of message. Update the app.' },
  BAD_FIELD: { status: 400, say: 'A field is missing or has the wrong form.' },
  UNSUPPORTED_VERSION: {
    status: 426,
    say: 'This version of NexChat is too old for the server. Reload to update; unsent messages are kept.',
  },
  NOT_FOUND: { status: 404, say: 'There is nothing at this address.' },
  METHOD_NOT_ALLOWED: { status: 405, say: 'This address does not take that method.' },
  // who is asking
  UNAUTHENTICATED: { status: 401, say: 'Sign in first.' },
  TOKEN_INVALID: { status: 401, say: 'The sign-in is not valid. Sign in again.' },
  TOKEN_EXPIRED: { status: 401, say: 'The sign-in has expired. It is renewed by itself; try again.' },
  SESSION_ENDED: { status: 401, say: 'You were signed out on this device. Sign in again.' },
  ORIGIN_REFUSED: { status: 403, say: 'This page is not allowed to use the server.' },
  BAD_CREDENTIALS: { status: 401, say: 'The username or the password is wrong.' },
  RATE_LIMITED: { status: 429, say: 'Too many attempts. Wait a little and try again.' },
  // accounts
  USERNAME_TAKEN: { status: 409, say: 'That username is taken. Choose another.' },
  USERNAME_INVALID: {
    status: 400,
    say: 'A username has 3 to 32 letters a–z, digits, dots, dashes or underscores, and starts with a letter.',
  },
  USER_ID_TAKEN: { status: 409, say: 'Registration collided with another account. Try again.' },
  PASSWORD_WEAK: { status: 400, say: 'Choose a password of at least 10 characters.' },
  BUNDLE_INVALID: { status: 400, say: 'The account keys are damaged. Try again.' },
  KDF_REFUSED: {
    status: 400,
    say: 'The server asked for unsafe password settings. Signing in was stopped to protect your password.',
  },
  KEYRING_DAMAGED: {
    status: 422,
    say: 'Your stored keys could not be opened. Try again, or ask the operator of this server.',
  },
  CONFLICT: { status: 409, say: 'Another of your devices was faster. Try again.' },
  ACCOUNT_SUSPENDED: { status: 403, say: 'The operator of this server has locked this account.' },
  RECOVERY_INVALID: {
    status: 400,
    say: 'This is not a recovery code. Check every group for a typing error.',
  },
  KEYRING_OLD: {
    status: 422,
    say: 'The server gave out an older copy of your keys than this device knows. Nothing was changed.',
  },
  LOCK_UNAVAILABLE: {
    status: 409,
    say: 'This device was set up by an earlier version. Sign out and in again once, then it can be locked.',
  },
  LOCK_KEY_FAILED: {
    status: 409,
    say: 'That did not work. The passphrase works as before.',
  },
  // people and messages
  UNKNOWN_USER: { status: 404, say: 'There is no such user.' },
  ACCOUNT_GONE: { status: 410, say: 'This account was deleted.' },
  SELF_TARGET: { status: 400, say: 'You can’t do that to yourself.' },
  NOT_FRIENDS: { status: 403, say: 'You are not friends, so this was not sent.' },
  ALREADY_FRIENDS: { status: 409, say: 'You are already friends.' },
  NO_REQUEST: { status: 409, say: 'There is no open friend request any more.' },
  REQUEST_LIMIT: { status: 429, say: 'Too many open friend requests. Wait until some are answered.' },
  BLOCKED: { status: 409, say: 'You have blocked this person. Unblock them first.' },
  STALE_KEY: {
    status: 409,
    say: 'Your friend’s keys have changed. The message is sealed again before it is sent.',
  },
  KEY_CHANGED: { status: 409, say: 'Your friend’s identity has changed. Check with them before you send.' },
  ID_REUSED: { status: 409, say: 'This message was already sent with other content.' },
  DEVICE_CLONED: {
    status: 409,
    say: 'This installation was copied. It goes on under a name of its own; nothing is lost.',
  },
  DEPENDENCY_FAILED: { status: 409, say: 'This was not sent because something before it failed.' },
  ENVELOPE_INVALID: { status: 400, say: 'The sealed message is damaged. Send it again.' },
  ENVELOPE_MISMATCH: {
    status: 422,
    say: 'The sealed message does not belong where it was delivered, so it was not opened.',
  },
  SUITE_REFUSED: {
    status: 422,
    say: 'This message is sealed more weakly than your friend’s app can. It was not opened.',
  },
  KEY_UNKNOWN: { status: 422, say: 'This message was sealed with keys that are not known here yet.' },
  UNREADABLE: { status: 422, say: 'This message could not be decrypted.' },
  // calls
  CALL_UNKNOWN: { status: 404, say: 'There is no such call.' },
  CALL_OVER: { status: 409, say: 'This call is over.' },
  CALL_TAKEN: { status: 409, say: 'The call was answered on another device.' },
  IN_CALL: { status: 409, say: 'You are in a call already. End it first.' },
  CALL_OFFLINE: {
    status: 503,
    say: 'Calls need a live connection to the server. Check your network and try again.',
  },
  CALL_UNCONNECTED: {
    status: 502,
    say: 'The two networks let no direct connection through.',
  },
  CALL_NO_WAY: {
    status: 502,
    say: 'No connection was found, not even through the relay. Check your network and try again.',
  },
  CALL_NO_RELAY: {
    status: 409,
    say: 'Calls are set to go only through a relay, and this server has none. Change that in the settings.',
  },
  CALL_UNSUPPORTED: { status: 501, say: 'This browser can’t make calls.' },
  CALL_NO_CODEC: {
    status: 409,
    say: 'The two browsers have no way to speak in common. Update them and try again.',
  },
  CALL_TAMPERED: {
    status: 422,
    say: 'What arrived for this call was not from your friend, so it was ended.',
  },
  MEDIA_DENIED: {
    status: 403,
    say: 'The browser does not let the app use the microphone or camera. Allow it in the site settings.',
  },
  MEDIA_MISSING: { status: 404, say: 'No microphone or camera was found. Plug one in and try again.' },
  MEDIA_BUSY: {
    status: 409,
    say: 'The microphone or camera is used by another program. Close it and try again.',
  },
  // the machine
  OFFLINE: { status: 503, say: 'There is no connection to the server. Check your network and try again.' },
  STORAGE_FULL: { status: 507, say: 'The storage is full. Free some space and try again.' },
  STORAGE_UNAVAILABLE: {
    status: 503,
    say: 'This browser gives the app no storage. Leave private browsing and try again.',
  },
  STORAGE_EVICTED: {
    status: 507,
    say: 'Your browser has erased what NexChat kept on this device, to save space. Sign in again to get your messages back; what was not yet sent is lost.',
  },
  LEADERSHIP_LOST: { status: 409, say: 'Another tab speaks to the server by now.' },
  UNAVAILABLE: { status: 503, say: 'The server is busy or stopping. The app tries again by itself.' },
  INTERNAL: { status: 500, say: 'Something went wrong at the server. Try again later.' },
} as const satisfies Record<string, { status: number; say: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An expected failure. `detail` names the field or limit, never a secret and never user content. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  constructor(code: ErrorCode, detail?: string, cause?: unknown) {
    super(ERRORS[code].say, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}

/** True for a code of this version's set; other versions may send codes that we do not know. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
