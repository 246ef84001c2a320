import type { OpId, PairId, UserId } from '#shared/ids.ts';
import type { Message } from '#sync/wire/down.ts';

/** What an entry refers to. */
export type Subject =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'friend' | 'receipt'; readonly pair: PairId }
  | { readonly kind: 'call'; readonly pair: PairId; readonly id: OpId }
  | { readonly kind: 'account'; readonly revision: number };
export type Logged = { readonly seq: number; readonly tag: number; readonly time: number } & Subject;

/** The entries that are kept; those up to `floor` were forgotten. */
interface Log {
  floor: number;
  entries: Logged[];
}

export type Logs = ReturnType<typeof createLogs>;

/** Every user's log, in memory. `tag` gives a random 32-bit number for each entry. */
export function createLogs(tag: () => number) {
  const logs = new Map<UserId, Log>();
  const gone = new Set<UserId>();
  const logOf = (user: UserId): Log => logs.get(user) ?? { floor: 0, entries: [] };
  const headOf = ({ floor, entries }: Log): number => floor + entries.length;

  return {
    head: (user: UserId): number => headOf(logOf(user)),
    floor: (user: UserId): number => logOf(user).floor,
    last: (user: UserId): Logged | undefined => logOf(user).entries.at(-1),

    /** How many are kept, of everybody. */
    entries: (): number => Array.from(logs.values()).reduce((sum, log) => sum + log.entries.length, 0),

    /** Whoever calls it tells that this user's log grew. Nothing happens to the log of a user who is no more. */
    append(user: UserId, time: number, subject: Subject): void {
      if (gone.has(user)) return;
      const log = logOf(user);
      logs.set(user, log);
      log.entries.push({ seq: headOf(log) + 1, tag: tag(), time, ...subject });
    },

    /** The kept entries from number `seq` on, `limit` of them. */
    from(user: UserId, seq: number, limit: number): Logged[] {
      const { floor, entries } = logOf(user);
      const first = Math.max(0, seq - floor - 1);
      return entries.slice(first, first + limit);
    },

    /** Forgets the log of a user who is no more. */
    drop(user: UserId): void {
      logs.delete(user);
      gone.add(user);
    },

    truncate(user: UserId, keepFrom: number): number {
      const log = logOf(user);
      // The last entry proves the newest cursors.
      const forgotten = Math.max(0, Math.min(keepFrom, headOf(log)) - 1 - log.floor);
      log.entries.splice(0, forgotten);
      log.floor += forgotten;
      return forgotten;
    },

    long(entries: number, limit: number): { user: UserId; head: number }[] {
      return Array.from(logs, ([user, log]) => ({ user, head: headOf(log), kept: log.entries.length }))
        .filter(({ kept }) => kept > entries)
        .slice(0, limit)
        .map(({ user, head }) => ({ user, head }));
    },
  };
}
