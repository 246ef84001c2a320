import { signal } from '@preact/signals';
import type { ErrorCode } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import type { DeviceItem } from '#shared/schema/account.ts';

/** How sure the person can be of who somebody is. */
export type Trust =
  | 'unverified'
  | 'verified'
  /** Another identity is offered: nothing is sent until the person accepts it. */
  | 'changed'
  /** The same after it was verified: nothing is sent until it is verified again. */
  | 'changed-verified';

/** What two people compare. */
export interface Safety {
  readonly peer: UserId;
  readonly name: string;
  readonly trust: Trust;
  /** Twelve groups of five digits. */
  readonly groups: readonly string[];
  /** What the QR code says. */
  readonly code: string;
}

/** An exported file, opened: for reading only. */
export interface ExportContent {
  readonly username: string;
  /** Milliseconds since 1970. */
  readonly made: number;
  readonly conversations: readonly ExportConversation[];
}
export interface ExportConversation {
  readonly name: string;
  readonly messages: readonly { readonly mine: boolean; readonly at: number; readonly text: string }[];
}

/** How this device locks itself; null while it does not. */
export interface Lock {
  /** Idle minutes. */
  readonly minutes: number;
  /** Whether a platform authenticator opens it too. */
  readonly hasKey: boolean;
}

/** What a person sees of their own account and of this device's safety. */
export function createAccountModel() {
  return {
    /** Null until they were read. */
    devices: signal<readonly DeviceItem[] | null>(null),
    /** To be written down now: it is shown once. */
    recoveryCode: signal<string | null>(null),
    /** Nobody knows yet whether the server took that code: it counts if it did. */
    recoveryUnsure: signal(false),
    /** The present code was shown on this device, and nobody proved that it was written down. */
    recoveryUnconfirmed: signal(false),
    /** When the present code was made; null when there is none; undefined while nobody knows. */
    recoveryCreated: signal<number | null | undefined>(undefined),
    safety: signal<Safety | null>(null),
    lock: signal<Lock | null>(null),
    /** Whether this browser can lock with a platform authenticator. */
    canUseKey: signal(false),
    /** What an account form is doing, and why its last attempt failed. */
    busy: signal(false),
    error: signal<ErrorCode | null>(null),
    /** How many older messages an export still fetches, null while it fetches none; and how many the last one lacks. */
    fetching: signal<number | null>(null),
    lacking: signal(0),
    /** How many seconds somebody has to wait who tried too often. */
    wait: signal(0),
  };
}
export type AccountModel = ReturnType<typeof createAccountModel>;
