import type { Result } from '#shared/result.ts';
import type { Bytes, DeviceId, UserId } from '#shared/ids.ts';
import type { Kdf } from '#shared/schema/http.ts';
import type { SyncStore } from '#sync/server/ports.ts';
import type { Standing } from '#sync/wire/down.ts';

/**
 * What the HTTP side needs from a database, beside the sync server's own port. One contract suite
 * (tests/contracts/account-store.ts) holds for every implementation.
 */
export interface AccountStore {
  /** Makes a user, or says which of the two unique names is taken; then nothing changed. */
  createAccount(account: Account): Promise<Result<void, 'USERNAME_TAKEN' | 'USER_ID_TAKEN'>>;
  account(username: string): Promise<Account | undefined>;

  /**
   * A device has one sign-in: this one replaces the device's former, whose id is returned if it was still open.
   */
  startSession(session: SignIn): Promise<string | null>;
  session(id: string): Promise<SignIn | undefined>;
  /** Replaces the refresh token if its hash is still `expect`; false when another request was first. */
  rotateSession(id: string, expect: Bytes, next: Rotation): Promise<boolean>;
  /** False when there is no such sign-in, or it had ended before. */
  endSession(id: string, time: number): Promise<boolean>;
  /** Whether this user ever signed in on this device. */
  knowsDevice(user: UserId, device: DeviceId): Promise<boolean>;

  findPerson(username: string): Promise<Listed | undefined>;
  /** Users whose names begin with `prefix`, by name. */
  listPeople(prefix: string, limit: number): Promise<Listed[]>;
  /** Everybody the user is friends with or has an open request with, by name. */
  acquaintances(user: UserId): Promise<Acquaintance[]>;
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
  /** The identity's private keys, sealed by the client. */
  readonly keyring: Bytes;
  readonly credentials: Credentials;
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
}
export type Rotation = Pick<SignIn, 'token' | 'rotated' | 'successor' | 'expires'>;

export interface Listed {
  readonly id: UserId;
  readonly username: string;
}
export interface Acquaintance {
  readonly username: string;
  readonly standing: Exclude<Standing, 'none'>;
}
