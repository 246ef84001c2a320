import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { SyncStatus } from '#sync/client/ports.ts';
import type { OpResult } from '#sync/wire/down.ts';
import type { CallOperation } from '#sync/wire/up.ts';

/** The Web Lock of whoever speaks to the server for a user of this browser, and the channel around it. */
export const leadLock = (user: UserId) => `nexchat-sync-${user}`;

export type FromLeader =
  | { readonly t: 'status'; readonly status: SyncStatus }
  | {
      readonly t: 'presence';
      readonly online: readonly UserId[];
      readonly offline: readonly UserId[];
      readonly fresh: boolean;
    }
  | { readonly t: 'typing'; readonly from: UserId; readonly on: boolean; readonly ttlMs: number }
  | { readonly t: 'heard'; readonly from: UserId; readonly device: DeviceId; readonly envelope: Bytes }
  | { readonly t: 'result'; readonly result: OpResult }
  /** A leader begins, and knows nothing of what the one before it was asked. */
  | { readonly t: 'begins' }
  | { readonly t: 'state'; readonly status: SyncStatus | null; readonly online: readonly UserId[] };

export type ToLeader =
  | { readonly t: 'ask' }
  | { readonly t: 'wake' | 'network-gone' | 'restart' }
  | { readonly t: 'type'; readonly to: UserId; readonly on: boolean }
  | { readonly t: 'want'; readonly peer: UserId; readonly before: number }
  | { readonly t: 'call'; readonly op: CallOperation }
  | { readonly t: 'drop-call'; readonly id: OpId }
  | { readonly t: 'signal'; readonly to: UserId; readonly device: DeviceId; readonly envelope: Bytes }
  | { readonly t: 'in-call'; readonly call: OpId; readonly peer: UserId };

/** How long a leader may take to answer before it counts as asleep, in milliseconds. */
export const PATIENCE_MS = 3_000;
