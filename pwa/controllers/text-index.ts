import type { OpId, UserId } from '#shared/ids.ts';
import { type Term, matches, normalise } from './normalise.ts';

interface Entry {
  readonly id: OpId;
  readonly peer: UserId;
  readonly at: number;
  /** Normalised. */
  readonly text: string;
}

/**
 * Normalised texts, looked through one after the other, newest first: for 100,000 messages that is as fast as anybody
 * types, and unlike lists of words it finds parts of scripts without spaces, too.
 */
export interface TextIndex {
  put(message: {
    readonly id: OpId;
    readonly peer: UserId;
    readonly at: number;
    readonly text: string;
  }): void;
  drop(id: OpId): void;
  has(id: OpId): boolean;
  ids(): Iterable<OpId>;
  /** At most `limit` messages with all of `terms`, newest first; in one conversation alone where `peer` is given. */
  find(terms: readonly Term[], limit: number, peer?: UserId): OpId[];
}

export function createTextIndex(): TextIndex {
  const byId = new Map<OpId, Entry>();
  /** Newest first; null after a change. Almost in order already, it is soon sorted. */
  let sorted: Entry[] | null = null;

  return {
    put({ id, peer, at, text }) {
      byId.set(id, { id, peer, at, text: normalise(text) });
      sorted = null;
    },
    drop(id) {
      if (byId.delete(id)) sorted = null;
    },
    has: (id) => byId.has(id),
    ids: () => byId.keys(),
    find(terms, limit, peer) {
      const found: OpId[] = [];
      if (terms.length === 0) return found;
      sorted ??= [...byId.values()].toSorted((a, b) => b.at - a.at);
      for (const entry of sorted) {
        if (peer !== undefined && entry.peer !== peer) continue;
        if (!matches(terms, entry.text)) continue;
        found.push(entry.id);
        if (found.length === limit) break;
      }
      return found;
    },
  };
}
