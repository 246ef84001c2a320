import { signal } from '@preact/signals';
import type { OpId, UserId } from '#shared/ids.ts';

/** A piece of a message; `hit` where it is what was looked for. */
export interface ExcerptPart {
  readonly text: string;
  readonly hit: boolean;
}

export interface SearchHit {
  readonly id: OpId;
  readonly peer: UserId;
  readonly mine: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly excerpt: readonly ExcerptPart[];
}

/** A search of the open conversation. */
export interface Find {
  readonly query: string;
  /** Newest first; null while nobody knows yet. */
  readonly ids: readonly OpId[] | null;
  /** Which of them is shown. */
  readonly at: number;
}

/** What is looked for among the messages of this device, and what was found. */
export function createSearchModel() {
  return {
    query: signal(''),
    /** Conversations with people of that name. */
    chats: signal<readonly UserId[]>([]),
    /** Newest first; null while nothing is looked for, or nobody knows yet. */
    hits: signal<readonly SearchHit[] | null>(null),
    hasMore: signal(false),
    /** While messages are still being read: how many of how many. */
    progress: signal<{ readonly done: number; readonly total: number } | null>(null),
    /** The hit that was opened last. */
    opened: signal<OpId | null>(null),
    find: signal<Find | null>(null),
  };
}
export type SearchModel = ReturnType<typeof createSearchModel>;
