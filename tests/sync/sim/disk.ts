import type { Call } from '#shared/call.ts';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { Queued } from '#sync/client/ports.ts';
import type { Standing } from '#sync/wire/down.ts';
import type { Cursor } from '#sync/wire/up.ts';

export interface Mark {
  readonly delivered: number;
  readonly seen: number;
}

/** What a simulated device has on its disk: outlives every crash of the app. */
export interface Disk {
  readonly self: UserId;
  device: DeviceId;
  gen: number;
  /** Counts the leaders: what an earlier one writes is refused. */
  term: number;
  cursor: Cursor | null;
  /** Whose numbers the conversations hold; in doubt when the server could not continue the cursor. */
  epoch: string;
  doubted: boolean;
  /** While a snapshot is on its way: contacts that no part of it has named yet. */
  unnamed: Set<UserId>;
  /** In the order they were made. */
  queue: Map<OpId, Queued>;
  /** Counts what was put into it. */
  puts: number;
  /** Sends that were acknowledged, in that order. */
  acknowledged: Map<OpId, Queued>;
  conversations: Map<UserId, Conversation>;
  standings: Map<UserId, Standing>;
  /** As the log last told them. */
  calls: Map<OpId, Call>;
  /** While a snapshot is on its way: calls that ring or go on, and that no part of it has named yet. */
  unnamedCalls: Set<OpId>;
  /** What was written on this device, in the order it was written, by peer. */
  written: Map<UserId, OpId[]>;
}

export interface Conversation {
  /** Everything that was ever in it here. */
  readonly messages: Map<OpId, StoredMessage>;
  /** Which messages are here, by number, confirmed in this epoch. What is missing below `top` is a hole. */
  held: (OpId | undefined)[];
  top: number;
  /** Nothing is missing from `mine.delivered` up to here. */
  prefix: number;
  lastInbound: number;
  mine: Mark;
  theirs: Mark;
  /** Of the peer, and never on the screen. */
  unseen: OpId[];
}

export interface StoredMessage {
  readonly mine: boolean;
  readonly n: number | null;
  readonly failed: string | null;
  readonly shown: boolean;
}

export function createDisk(self: UserId, device: DeviceId): Disk {
  return {
    self,
    device,
    gen: 0,
    term: 0,
    cursor: null,
    epoch: '',
    doubted: false,
    unnamed: new Set(),
    queue: new Map(),
    puts: 0,
    acknowledged: new Map(),
    conversations: new Map(),
    standings: new Map(),
    calls: new Map(),
    unnamedCalls: new Set(),
    written: new Map(),
  };
}

/** A backup, or a clone: shares nothing that changes. */
export function copyDisk(disk: Disk): Disk {
  return {
    ...disk,
    unnamed: new Set(disk.unnamed),
    queue: new Map(disk.queue),
    acknowledged: new Map(disk.acknowledged),
    conversations: new Map(
      Array.from(disk.conversations, ([peer, conversation]) => [
        peer,
        {
          ...conversation,
          messages: new Map(conversation.messages),
          held: [...conversation.held],
          unseen: [...conversation.unseen],
        },
      ]),
    ),
    standings: new Map(disk.standings),
    calls: new Map(disk.calls),
    unnamedCalls: new Set(disk.unnamedCalls),
    written: new Map(Array.from(disk.written, ([peer, ids]) => [peer, [...ids]])),
  };
}

/** The number above the newest hole of a conversation that reaches above what is known to be delivered. */
export function undeliveredHole({ held, top, prefix }: Conversation): number | null {
  if (top <= prefix) return null;
  let before = top;
  while (held[before - 1] !== undefined) before -= 1;
  return before;
}
