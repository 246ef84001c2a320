import type { UserId } from '#shared/ids.ts';
import type { SyncStatus } from '#sync/client/ports.ts';

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
  | { readonly t: 'state'; readonly status: SyncStatus | null; readonly online: readonly UserId[] };

export type ToLeader =
  | { readonly t: 'ask' }
  | { readonly t: 'wake' | 'network-gone' | 'restart' }
  | { readonly t: 'type'; readonly to: UserId; readonly on: boolean }
  | { readonly t: 'want'; readonly peer: UserId; readonly before: number };

/** How long a leader may take to answer before it counts as asleep, in milliseconds. */
export const PATIENCE_MS = 3_000;
