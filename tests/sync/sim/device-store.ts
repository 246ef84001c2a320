import { Failure } from '#shared/errors.ts';
import type { OpId, UserId } from '#shared/ids.ts';
import type { ClientStore, Queued } from '#sync/client/ports.ts';
import type { Entry, OpResult, Page, Standing } from '#sync/wire/down.ts';
import type { Cursor, Operation } from '#sync/wire/up.ts';

/** A device as the oracle looks at it. */
export interface SimulatedDevice {
  readonly user: UserId;
  readonly disk: Disk;
}

/** What a simulated device has on its disk: outlives every crash of the app. */
export interface Disk {
  readonly self: UserId;
  cursor: Cursor | null;
  queue: Queued[];
  /** By op id: everything that was ever in a conversation here. */
  messages: Map<OpId, StoredMessage>;
  standings: Map<UserId, Standing>;
  marks: Map<UserId, { mine: Mark; theirs: Mark }>;
  results: Map<OpId, OpResult>;
  /** What this device wrote, in the order it was written, by peer. */
  written: Map<UserId, OpId[]>;
}
interface Mark {
  readonly delivered: number;
  readonly seen: number;
}
export interface StoredMessage {
  readonly peer: UserId;
  readonly mine: boolean;
  readonly n: number | null;
  readonly failed: string | null;
  /** How often it was stored anew: more than one effect would show here. */
  readonly copies: number;
}

export function createDisk(self: UserId): Disk {
  return {
    self,
    cursor: null,
    queue: [],
    messages: new Map(),
    standings: new Map(),
    marks: new Map(),
    results: new Map(),
    written: new Map(),
  };
}

export interface DiskFaults {
  /** Called before and after each transaction: may throw, or kill the app and never return. */
  transaction<T>(body: () => T): Promise<T>;
  newReceiptId(): OpId;
}

/** A handle of one life of the app on its disk. A transaction happens whole or not at all. */
export function openDisk(disk: Disk, faults: DiskFaults): ClientStore & DeviceActions {
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  function put(op: Operation, lane: string, after: OpId | null = null): void {
    disk.queue.push({ op, lane, after });
  }

  function applyEntry(entry: Entry): void {
    if (entry.kind === 'message') {
      const mine = entry.from === disk.self;
      const peer = mine ? entry.to : entry.from;
      const known = disk.messages.get(entry.op);
      const repeats = known !== undefined && known.n === entry.n;
      disk.messages.set(entry.op, {
        peer,
        mine,
        n: entry.n,
        failed: null,
        copies: (known?.copies ?? 0) + (repeats || (known && known.n === null) ? 0 : 1),
      });
      disk.queue = disk.queue.filter(({ op }) => op.id !== entry.op);
      if (!mine) raise(peer, entry.n);
    } else if (entry.kind === 'receipt') {
      const before = disk.marks.get(entry.peer) ?? {
        mine: { delivered: 0, seen: 0 },
        theirs: { delivered: 0, seen: 0 },
      };
      disk.marks.set(entry.peer, {
        mine: highest(before.mine, entry.mine),
        theirs: highest(before.theirs, entry.theirs),
      });
    } else {
      disk.standings.set(entry.peer, entry.standing);
    }
  }

  /** Everything up to `n` is on this disk: tell the sender, in one receipt that replaces an older one. */
  function raise(peer: UserId, n: number, seen = 0): void {
    const before = disk.marks.get(peer) ?? {
      mine: { delivered: 0, seen: 0 },
      theirs: { delivered: 0, seen: 0 },
    };
    const mine = highest(before.mine, { delivered: n, seen });
    if (mine.delivered === before.mine.delivered && mine.seen === before.mine.seen) return;
    disk.marks.set(peer, { ...before, mine });
    const lane = `r:${peer}`;
    disk.queue = disk.queue.filter((queued) => queued.lane !== lane);
    put({ id: faults.newReceiptId(), kind: 'receipt', to: peer, ...mine }, lane);
  }

  return {
    async cursor() {
      return disk.cursor;
    },
    async outbox(limit) {
      return disk.queue.slice(0, limit);
    },
    async applyPage(page: Page, cursor: Cursor) {
      await faults.transaction(() => {
        if (page.from !== (disk.cursor?.seq ?? 0))
          throw new Failure('BAD_FRAME', 'the page does not continue the cursor');
        for (const entry of page.entries) {
          if (entry.kind === 'message' || entry.kind === 'receipt' || entry.kind === 'friend')
            applyEntry(entry as Entry);
        }
        disk.cursor = cursor;
      });
      changed();
    },
    async settle(results) {
      await faults.transaction(() => {
        for (const result of results) settleOne(disk, result);
      });
      changed();
    },
    async reset() {
      await faults.transaction(() => {
        disk.cursor = null;
      });
    },
    onOutbox(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async write(op, lane, after) {
      await faults.transaction(() => {
        put(op, lane, after);
        if (op.kind === 'message.send') {
          disk.messages.set(op.id, { peer: op.to, mine: true, n: null, failed: null, copies: 1 });
          disk.written.set(op.to, [...(disk.written.get(op.to) ?? []), op.id]);
        }
      });
      changed();
    },
    async see(peer) {
      const shown = [...disk.messages.values()].filter(
        (message) => message.peer === peer && message.n !== null,
      );
      const last = Math.max(0, ...shown.map(({ n }) => n ?? 0));
      if (last === 0) return;
      await faults.transaction(() => raise(peer, last, last));
      changed();
    },
  };
}
export interface DeviceActions {
  write(op: Operation, lane: string, after: OpId | null): Promise<void>;
  /** Everything of this peer that is on the disk is on the screen. */
  see(peer: UserId): Promise<void>;
}

function settleOne(disk: Disk, result: OpResult): void {
  const queued = disk.queue.find(({ op }) => op.id === result.id);
  if (!queued) return;
  disk.queue = disk.queue.filter(({ op }) => op.id !== result.id);
  disk.results.set(result.id, result);
  const message = disk.messages.get(result.id);
  if (message) {
    disk.messages.set(result.id, {
      ...message,
      n: result.ok ? (result.n ?? null) : message.n,
      failed: result.ok ? null : result.code,
    });
  }
  if (result.ok) return;
  for (const dependant of disk.queue.filter(({ after }) => after === result.id)) {
    settleOne(disk, { id: dependant.op.id, ok: false, code: 'DEPENDENCY_FAILED' });
  }
}

function highest(a: Mark, b: Mark): Mark {
  return { delivered: Math.max(a.delivered, b.delivered), seen: Math.max(a.seen, b.seen) };
}
