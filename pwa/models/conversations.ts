import { computed, signal } from '@preact/signals';
import type { UserId } from '#shared/ids.ts';
import type { Trust } from './account.ts';
import type { Tick, TimelineCall } from './timeline.ts';

/** One row of the conversation list, newest first. */
export interface ConversationRow {
  readonly peer: UserId;
  readonly name: string;
  readonly lastText: string;
  /** Milliseconds since 1970; 0 when nothing was said yet. */
  readonly lastAt: number;
  /** Present when the last message is ours. */
  readonly lastTick: Tick | null;
  /** Present when a call is newer than the last message. */
  readonly lastCall: Pick<TimelineCall, 'mine' | 'media' | 'status'> | null;
  readonly unread: number;
  readonly draft: string;
  /** False after an unfriending: history can be read, nothing can be sent. */
  readonly canWrite: boolean;
  readonly blocked: boolean;
  readonly trust: Trust;
}

export function createConversationsModel() {
  const rows = signal<readonly ConversationRow[]>([]);
  const loaded = signal(false);
  return {
    rows,
    /** False until all rows are here: the first of them come ahead of the others. */
    loaded,
    unread: computed(() => (loaded.value ? rows.value.reduce((sum, row) => sum + row.unread, 0) : 0)),
  };
}
export type ConversationsModel = ReturnType<typeof createConversationsModel>;
