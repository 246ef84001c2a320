import type { Result } from '#shared/result.ts';
import type { Bytes, DeviceId, UserId } from '#shared/ids.ts';
import type { Kdf } from '#shared/schema/http.ts';
import type { SyncStore } from '#sync/server/ports.ts';
import type { Standing } from '#sync/wire/down.ts';

/**
 * What the HTTP side needs from a database, beside the sync server's own port. One contract suite
 * (tests/contracts/account-store.ts) holds for every implementation.
 */
export interface AccountStore extends SignInStore {
  /** Makes a user, or says which of the two unique names is taken; then nothing changed. */
  createAccount(account: NewAccount): Promise<Result<void, 'USERNAME_TAKEN' | 'USER_ID_TAKEN'>>;
  /** By name. Undefined also for accounts that were deleted: their names are never given again. */
  account(username: string): Promise<Account | undefined>;
  /** The same, by id. */
  accountOf(user: UserId): Promise<Account | undefined>;
  /**
   * Replaces the keyring, and with `rotated` the public bundle that belongs to it, if the revision still is `expect`;
   * 'conflict' otherwise, and nothing changed. Adds an `account` entry to the user's own log; with `rotated` also an
   * entry of the friendship to the log of everybody whose relation is `friends` or `requested`, so that they learn the
   * new keys. Returns the users whose logs grew.
   */
  replaceKeyring(user: UserId, change: KeyringChange): Promise<readonly UserId[] | 'conflict'>;
  /**
   * Replaces what proves the person (password, recovery code or both) if the account's credentials still have version
   * `expect`; 'conflict' otherwise, and nothing changed. The version becomes `expect + 1`. Ends sign-ins with it: one does
   * not happen without the other, whatever fails in between. Returns the ids of those that this call ended.
   */
  replaceCredentials(
    user: UserId,
    expect: number,
    change: CredentialsChange,
  ): Promise<readonly string[] | 'conflict'>;
  /**
   * Ends an account for good: its friendships, requests and live calls end (with an entry in the logs of the others),
   * sign-ins, credentials, keyring, own log, operations and installations go. Name, id and bundle stay, so that nobody can take the
   * name and friends can go on reading what they have; `findPerson`, `listPeople` and `account` don't know it any more.
   * Returns the users whose logs grew. Repeating it changes nothing.
   */
  deleteAccount(user: UserId, time: number): Promise<readonly UserId[]>;
  /**
   * An operator locks an account out (`time`), which ends its sign-ins, or lets it in again (null). False when there is
   * no such account.
   */
  suspendAccount(user: UserId, time: number | null): Promise<boolean>;

  findPerson(username: string): Promise<Listed | undefined>;
  /** Users whose names begin with `prefix`, by name, without those who are locked out. */
  listPeople(prefix: string, limit: number): Promise<Listed[]>;
  /** Everybody the user is friends with or has an open request with, by name. */
  acquaintances(user: UserId): Promise<Acquaintance[]>;

  /** Keeps what somebody told the operator about somebody else. The newest of a pair replaces the one before. */
  addReport(report: Report): Promise<void>;
  /** Newest first. */
  reports(limit: number): Promise<Report[]>;
  /** How much there is of everything, for the operator. */
  stats(): Promise<Stats>;
}

/** The sign-ins of all devices. */
export interface SignInStore {
  /**
   * A device has one sign-in: this one replaces the device's former, whose id is returned if it was still open. Rejects
   * with ACCOUNT_SUSPENDED or UNKNOWN_USER.
   */
  startSession(session: SignIn): Promise<string | null>;
  session(id: string): Promise<SignIn | undefined>;
  /** Replaces the refresh token if its hash is still `expect`; false when another request was first. */
  rotateSession(id: string, expect: Bytes, next: Rotation): Promise<boolean>;
  /** False when there is no such sign-in, or it had ended before. */
  endSession(id: string, time: number): Promise<boolean>;
  /** The user's open sign-ins, the newest rotation first. */
  sessions(user: UserId): Promise<SignIn[]>;
  /** False when it is not an open sign-in of this user. */
  renameSession(user: UserId, id: string, deviceName: string): Promise<boolean>;
  /** Keeps where the device can be woken, in the place of what it said before. False when the sign-in is not open. */
  keepPush(id: string, push: PushPlace): Promise<boolean>;
  /** Forgets where the device can be woken; with `endpoint` only if it still is there. */
  forgetPush(id: string, endpoint?: string): Promise<void>;
  /** Ends every open sign-in of the user but `except`; returns the ids of those that it ended. */
  endSessions(user: UserId, except: string | null, time: number): Promise<readonly string[]>;
}

/** Everything a server keeps, behind one door. */
export interface Store extends AccountStore, SyncStore {
  /** Finishes what was handed over, then lets go of the files. Later writes are refused as UNAVAILABLE. */
  close(): Promise<void>;
}

export interface Account {
  readonly user: UserId;
  readonly username: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** The signed public identity, and the 16-byte id of its agreement key. */
  readonly bundle: Bytes;
  readonly keyId: Bytes;
  /** The identity's private keys and what the person decided about others, sealed by the client. */
  readonly keyring: Bytes;
  /** Counts the keyrings, from 1. */
  readonly revision: number;
  readonly credentials: Credentials;
  readonly recovery: Recovery | null;
  /** Counts the changes of `credentials` and `recovery`, from 1. */
  readonly credentialsVersion: number;
  /** Since when the operator locks it out. */
  readonly suspended: number | null;
}
/** As it is made: everything counts from 1, and nobody is locked out. */
export type NewAccount = Omit<Account, 'revision' | 'credentialsVersion' | 'suspended'>;

export interface KeyringChange {
  readonly expect: number;
  readonly keyring: Bytes;
  readonly rotated: { readonly bundle: Bytes; readonly keyId: Bytes } | null;
  readonly time: number;
}

/** What is left out stays as it is. */
export interface CredentialsChange {
  readonly credentials?: Credentials;
  readonly recovery?: Recovery | null;
  /** Every open sign-in but `except`; null for none. */
  readonly endSessions: { readonly except: string | null; readonly time: number } | null;
}

/** What proves a recovery code: made as for a password, without stretching, because a code has 130 random bits. */
export interface Recovery {
  readonly verifier: string;
  readonly pepperId: string;
  /** The account key wrapped under the code, sealed again under the pepper. */
  readonly sealedAccountKey: Bytes;
  readonly created: number;
}

/** What proves a password; see api/auth/passwords.ts. */
export interface Credentials {
  readonly kdf: Kdf;
  readonly verifier: string;
  /** The pepper that the verifier and the sealed key were made with. */
  readonly pepperId: string;
  readonly sealedAccountKey: Bytes;
}

/** A sign-in of one device: a family of refresh tokens of which one is current. Times in ms since 1970. */
export interface SignIn {
  readonly id: string;
  readonly user: UserId;
  readonly username: string;
  readonly device: DeviceId;
  readonly deviceName: string;
  readonly started: number;
  /** SHA-256 of the current refresh token, and since when it is current. */
  readonly token: Bytes;
  readonly rotated: number;
  /** SHA-256 of the token before it, and the current token sealed under that one. */
  readonly previous: Bytes | null;
  readonly successor: Bytes | null;
  readonly expires: number;
  readonly ended: number | null;
  /** Where the device can be woken while it has no connection. Forgotten when the sign-in ends. */
  readonly push: PushPlace | null;
}
/** A place at a push service, and the keys that what is sent there is sealed with (RFC 8291), base64url. */
export interface PushPlace {
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
}
export type Rotation = Pick<SignIn, 'token' | 'rotated' | 'successor' | 'expires'>;

export interface Listed {
  readonly id: UserId;
  readonly username: string;
}
/** Why somebody was reported; `note` is what the reporter wrote, in plain text for the operator. */
export interface Report {
  readonly from: UserId;
  readonly about: UserId;
  readonly reason: 'spam' | 'harassment' | 'impersonation' | 'other';
  readonly note: string;
  readonly time: number;
}
/** Counts of rows; `users` without deleted accounts. */
export interface Stats {
  readonly users: number;
  readonly suspended: number;
  readonly sessions: number;
  readonly friendships: number;
  readonly messages: number;
  readonly calls: number;
  readonly entries: number;
  readonly reports: number;
}
export interface Acquaintance {
  readonly username: string;
  readonly standing: Exclude<Standing, 'none' | 'blocked'>;
}
