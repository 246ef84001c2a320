import { signal } from '@preact/signals';
import type { ErrorCode } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';

/** Where the person stands: nothing read yet, at the door, being let in, inside, or before this device's own lock. */
export type Phase = 'starting' | 'signed-out' | 'entering' | 'ready' | 'locked' | 'unusable';

/** What is going on at the door, for a visible stage. */
export type EntryStage = 'deriving' | 'contacting' | 'opening' | 'storing';

export interface Me {
  readonly id: UserId;
  readonly name: string;
  /** Groups of hex digits of the identity key, to compare with a friend. */
  readonly fingerprint: string;
}

export function createSessionModel() {
  return {
    phase: signal<Phase>('starting'),
    stage: signal<EntryStage | null>(null),
    me: signal<Me | null>(null),
    /** Why the last attempt to enter failed. */
    error: signal<ErrorCode | null>(null),
    /** The refresh token is gone: everything can be read and written, but sending needs the password again. */
    needsSignIn: signal(false),
  };
}
export type SessionModel = ReturnType<typeof createSessionModel>;
