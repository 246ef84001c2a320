import { Failure } from '#shared/errors.ts';
import type { DeviceId } from '#shared/ids.ts';
import type { Me } from '../models/session.ts';
import type { Keychain } from '../store/keychain.ts';
import type { LocalStore } from '../store/ports.ts';
import type { LockRow } from '../store/rows.ts';
import type { Seat } from '../transport/leadership.ts';
import type { Tokens } from '../transport/tokens.ts';

/** The local database of the person who is signed in on this device, and whose it is. */
export interface Home {
  readonly me: Me;
  readonly device: DeviceId;
  readonly store: LocalStore;
  readonly keychain: Keychain;
  /** As it was when the store was opened; null for none. */
  readonly lock: LockRow | null;
}

/** What exists only while somebody is signed in on this device. */
export interface Inside extends Home {
  readonly tokens: Tokens;
  readonly seat: Seat;
}

/** A part of the app that works while somebody is inside. */
export interface Room {
  enter(inside: Inside): void;
  /** Stops everything that `enter` started; nothing may touch the store afterwards. */
  leave(): void;
}

/** `inside`, or the Failure that says to sign in. */
export function mustBeInside(inside: Inside | null): Inside {
  if (inside === null) throw new Failure('UNAUTHENTICATED');
  return inside;
}
