import { type Call, isLive } from '#shared/call.ts';
import { Failure } from '#shared/errors.ts';
import { type Bytes, type OpId, type PairId, type UserId, peerIn } from '#shared/ids.ts';
import type { ClientStore, Queued } from '#sync/client/ports.ts';
import type { Message, OpResult, Page, SnapshotPart } from '#sync/wire/down.ts';
import type { Cursor, Operation } from '#sync/wire/up.ts';
import { makeEnvelope } from '../../support/envelope.ts';
import { type Conversation, type Disk, type Mark, undeliveredHole } from './disk.ts';
import type { Fail } from './fail.ts';
import type { Ledger } from './ledger.ts';

export interface DiskStoreDeps {
  readonly disk: Disk;
  readonly ledger: Ledger;
  readonly fail: Fail;
  /** Takes its time, may reject, and may never resolve when the app dies; what it does, it does whole. */
  transaction<T>(body: () => T): Promise<T>;
  newOpId(): OpId;
  newDeviceId(): Disk['device'];
  /** Called when the log tells something of a call that rings or goes on. */
  onCall(id: OpId): void;
  /** Called when the outbox has grown, in whichever tab. */
  readonly listeners: Set<() => void>;
}

/** What people do on a device. */
export interface Screen {
  write(op: Operation, lane: string, after: OpId | null): Promise<void>;
  /** Everything of this peer that is on the disk is on the screen. */
  see(peer: UserId): Promise<void>;
}

const NOTHING: Mark = { delivered: 0, seen: 0 };

/** The screen of any tab on a disk. */
export function openScreen(deps: DiskStoreDeps): Screen {
  const { disk, ledger } = deps;
  const model = createModel(deps);
  const commit = (body: () => void): Promise<void> => transact(deps, body);
  return {
    async write(op, lane, after) {
      await commit(() => {
        model.put({ op, lane, after });
        if (op.kind !== 'message.send') return;
        model.conversation(op.to).messages.set(op.id, { mine: true, n: null, failed: null, shown: true });
        const written = disk.written.get(op.to) ?? [];
        disk.written.set(op.to, written);
        written.push(op.id);
      });
    },
    async see(peer) {
      await commit(() => {
        const conversation = model.conversation(peer);
        for (const id of conversation.unseen) {
          const message = conversation.messages.get(id);
          if (message) conversation.messages.set(id, { ...message, shown: true });
          ledger.shown(disk.self, id);
        }
        conversation.unseen = [];
        model.confirm(peer, conversation);
      });
    },
  };
}

/** The disk as the sync client of one leader sees it. Every write looks first whether another leads by now. */
export function leadOnDisk(deps: DiskStoreDeps): ClientStore {
  const { disk, ledger, fail } = deps;
  const model = createModel(deps);
  const term = ++disk.term;

  const commit = (body: () => void): Promise<void> =>
    transact(deps, () => {
      if (disk.term !== term) throw new Failure('LEADERSHIP_LOST');
      body();
    });

  function moveCursor(cursor: Cursor): void {
    const before = disk.cursor;
    if (before?.epoch === cursor.epoch && cursor.seq < before.seq) {
      fail('C5', `the cursor went back from ${before.seq} to ${cursor.seq}`);
    }
    ledger.cursorMoved(disk.self, before?.seq ?? 0, cursor, model.holds);
    disk.cursor = cursor;
  }

  return {
    async standing() {
      return { cursor: disk.cursor, device: disk.device, gen: disk.gen };
    },
    async outbox(limit) {
      const first = [];
      for (const queued of disk.queue.values()) {
        if (first.length === limit) break;
        first.push(queued);
      }
      return first;
    },
    async applyPage(page: Page, cursor: Cursor) {
      await commit(() => {
        const { cursor: before } = disk;
        if (page.from !== (before?.seq ?? 0) || (before && before.epoch !== cursor.epoch)) {
          fail('C4', `a page from ${page.from} on top of ${before?.seq}`);
          throw new Failure('BAD_FRAME', 'the page does not continue the cursor');
        }
        model.enterEpoch(cursor.epoch);
        for (const entry of page.entries) model.applyEntry(entry);
        moveCursor(cursor);
      });
    },
    async applyPart(part: SnapshotPart, cursor: Cursor | null, epoch: string) {
      await commit(() => {
        model.enterEpoch(epoch);
        if (part.first) {
          disk.unnamed = new Set(disk.standings.keys());
          disk.unnamedCalls = new Set(
            Array.from(disk.calls.values())
              .filter(isLive)
              .map(({ id }) => id),
          );
        }
        model.applyPart(part);
        if (!cursor) return;
        // They ended so long ago that nobody tells how.
        for (const id of disk.unnamedCalls) disk.calls.delete(id);
        disk.unnamedCalls.clear();
        for (const peer of disk.unnamed) disk.standings.set(peer, 'none');
        disk.unnamed.clear();
        moveCursor(cursor);
      });
    },
    async applyHistory({ peer, messages, calls }) {
      await commit(() => {
        for (const call of calls) model.storeCall(call);
        for (const message of messages) model.store(message);
        model.confirm(peer, model.conversation(peer));
      });
    },
    async nextHole() {
      for (const [peer, conversation] of disk.conversations) {
        const before = undeliveredHole(conversation);
        if (before !== null) return { peer, before };
      }
      return null;
    },
    async keepGeneration(gen) {
      await commit(() => {
        disk.gen = gen;
      });
    },
    async renameDevice() {
      await commit(() => {
        disk.device = deps.newDeviceId();
        disk.gen = 0;
      });
    },
    async settle(results) {
      await commit(() => {
        for (const result of results) model.settle(result);
      });
    },
    async reset() {
      await commit(() => {
        disk.cursor = null;
        disk.doubted = true;
        model.offerAgain();
      });
    },
    onOutbox(listener) {
      deps.listeners.add(listener);
      return () => deps.listeners.delete(listener);
    },
  };
}

/** One transaction; whoever sends is told when it put something into the outbox. */
async function transact({ disk, transaction, listeners }: DiskStoreDeps, body: () => void): Promise<void> {
  const before = disk.puts;
  await transaction(body);
  if (disk.puts > before) for (const listener of listeners) listener();
}

/** What happens inside of transactions. */
function createModel({ disk, ledger, newOpId, onCall }: DiskStoreDeps) {
  function conversation(peer: UserId): Conversation {
    const known = disk.conversations.get(peer);
    if (known) return known;
    const fresh: Conversation = {
      messages: new Map(),
      held: [],
      top: 0,
      prefix: 0,
      lastInbound: 0,
      mine: NOTHING,
      theirs: NOTHING,
      unseen: [],
    };
    disk.conversations.set(peer, fresh);
    return fresh;
  }

  function put(queued: Queued): void {
    disk.queue.set(queued.op.id, queued);
    disk.puts += 1;
  }

  function hold(into: Conversation, op: OpId, n: number): void {
    into.held[n] = op;
    into.top = Math.max(into.top, n);
    while (into.held[into.prefix + 1] !== undefined) into.prefix += 1;
  }

  function store({ op, from, to, n }: Message): Conversation {
    const mine = from === disk.self;
    const into = conversation(mine ? to : from);
    const known = into.messages.get(op);
    into.messages.set(op, { mine, n, failed: null, shown: known?.shown ?? mine });
    ledger.stored(disk.self, op);
    hold(into, op, n);
    if (!mine) into.lastInbound = Math.max(into.lastInbound, n);
    if (!mine && !known) into.unseen.push(op);
    acknowledge(op);
    return into;
  }

  /** History may be older than what the log has told since. */
  function storeCall(call: Call): void {
    const before = disk.calls.get(call.id);
    if (!before || stageOf(call) >= stageOf(before)) disk.calls.set(call.id, call);
    disk.unnamedCalls.delete(call.id);
    if (isLive(call)) onCall(call.id);
  }

  /** An outbox row leaves with its answer, or with the message itself. */
  function acknowledge(op: OpId): void {
    const queued = disk.queue.get(op);
    if (!queued) return;
    disk.queue.delete(op);
    if (queued.op.kind === 'message.send') disk.acknowledged.set(op, queued);
  }

  function raiseTo(peer: UserId, into: Conversation, mine: Mark, theirs: Mark): void {
    into.mine = highest(into.mine, mine);
    into.theirs = highest(into.theirs, theirs);
    into.prefix = Math.max(into.prefix, into.mine.delivered);
    while (into.held[into.prefix + 1] !== undefined) into.prefix += 1;
    confirm(peer, into);
  }

  /** Tells the sender what is here and was shown, over no hole, in one receipt that replaces an older one. */
  function confirm(peer: UserId, into: Conversation): void {
    if (disk.doubted || into.lastInbound <= into.mine.seen) return;
    let { delivered, seen } = into.mine;
    if (into.lastInbound > delivered) delivered = Math.max(delivered, into.prefix);
    for (let n = seen + 1; n <= into.prefix; n++) {
      const op = into.held[n];
      const message = op && into.messages.get(op);
      if (!message?.shown) break;
      seen = n;
    }
    if (seen <= into.mine.seen && delivered <= into.mine.delivered) return;
    into.mine = highest(into.mine, { delivered: Math.max(delivered, seen), seen });
    const lane = `r:${peer}`;
    for (const [id, queued] of disk.queue) if (queued.lane === lane) disk.queue.delete(id);
    put({ op: { id: newOpId(), kind: 'receipt', to: peer, ...into.mine }, lane, after: null });
  }

  function fail({ id }: OpResult, code: string): void {
    const queued = disk.queue.get(id);
    if (!queued) return;
    disk.queue.delete(id);
    const messages = disk.conversations.get(queued.op.to)?.messages;
    const message = messages?.get(id);
    if (message) messages?.set(id, { ...message, n: null, failed: code });
    for (const { op, after } of disk.queue.values()) {
      if (after === id) fail({ id: op.id, ok: false, code }, 'DEPENDENCY_FAILED');
    }
  }

  /** Before what is newer, under the same ids: a server that was restored may have lost it. */
  function offerAgain(): void {
    disk.queue = new Map([...disk.acknowledged, ...disk.queue]);
    disk.puts += disk.acknowledged.size;
    for (const [id, { op }] of disk.acknowledged) {
      const messages = conversation(op.to).messages;
      const message = messages.get(id);
      if (message) messages.set(id, { ...message, n: null });
    }
    disk.acknowledged = new Map();
  }

  /** All that waits for this peer, under the same ids and in the same place: each would be refused by itself. */
  function sealAgain(peer: UserId, toKeyId: Bytes): void {
    for (const [id, queued] of disk.queue) {
      if (queued.op.kind !== 'message.send' || queued.op.to !== peer) continue;
      const envelope = makeEnvelope({ id, from: disk.self, to: peer, toKeyId });
      put({ ...queued, op: { ...queued.op, envelope } });
    }
  }

  return {
    conversation,
    put,
    store,
    storeCall,
    confirm,
    offerAgain,

    holds(op: OpId, pair: PairId, n: number): boolean {
      const into = disk.conversations.get(peerIn(pair, disk.self));
      // What a snapshot skipped is a hole: missing, and known to be missing.
      return into?.held[n] === op || (into !== undefined && into.held[n] === undefined && n < into.top);
    },

    applyEntry(entry: Page['entries'][number]): void {
      if (isMessage(entry)) {
        const into = store(entry);
        confirm(entry.from === disk.self ? entry.to : entry.from, into);
      } else if (isReceipt(entry)) {
        raiseTo(entry.peer, conversation(entry.peer), entry.mine, entry.theirs);
      } else if (isFriend(entry)) {
        disk.standings.set(entry.peer, entry.standing);
      } else if (isCall(entry)) {
        const { kind: _kind, seq: _seq, time: _time, ...call } = entry;
        storeCall(call);
      }
    },

    applyPart({ contacts, conversations }: SnapshotPart): void {
      for (const { peer, standing } of contacts) {
        disk.standings.set(peer, standing);
        disk.unnamed.delete(peer);
      }
      for (const { peer, mine, theirs, messages, calls } of conversations) {
        for (const call of calls) storeCall(call);
        for (const message of messages) store(message);
        raiseTo(peer, conversation(peer), mine, theirs);
      }
    },

    settle(result: OpResult): void {
      const queued = disk.queue.get(result.id);
      if (!queued) return;
      const { op } = queued;
      ledger.settled(disk.self, result, op.kind !== 'receipt');
      if (!result.ok && result.code === 'STALE_KEY' && op.kind === 'message.send') {
        sealAgain(op.to, new Uint8Array(result.bundle ?? []));
      } else if (!result.ok) {
        fail(result, result.code);
      } else {
        acknowledge(op.id);
        if (op.kind !== 'message.send' || result.n === undefined) return;
        const into = conversation(op.to);
        into.messages.set(op.id, { mine: true, n: result.n, failed: null, shown: true });
        ledger.stored(disk.self, op.id);
        hold(into, op.id, result.n);
        confirm(op.to, into);
      }
    },

    /** Numbers of another history, or of one in doubt, stand for nothing any more: they are learnt anew. */
    enterEpoch(epoch: string): void {
      if (disk.epoch === epoch && !disk.doubted) return;
      // Who has no cursor is not told of a new history: what was acknowledged in the old one may be lost all the same.
      if (disk.epoch !== epoch) offerAgain();
      disk.epoch = epoch;
      disk.doubted = false;
      disk.calls.clear();
      for (const [id, { op }] of disk.queue) if (op.kind === 'receipt') disk.queue.delete(id);
      for (const into of disk.conversations.values()) {
        for (const [id, message] of into.messages) into.messages.set(id, { ...message, n: null });
        into.held = [];
        into.top = into.prefix = into.lastInbound = 0;
        into.mine = into.theirs = NOTHING;
      }
    },
  };
}

type Entry = Page['entries'][number];
type Known<K extends string> = Extract<Entry, { readonly kind: K }>;
const isMessage = (entry: Entry): entry is Known<'message'> => entry.kind === 'message';
const isReceipt = (entry: Entry): entry is Known<'receipt'> => entry.kind === 'receipt';
const isCall = (entry: Entry): entry is Known<'call'> => entry.kind === 'call';
const isFriend = (entry: Entry): entry is Known<'friend'> => entry.kind === 'friend';

/** A call only goes on: from ringing to the end, and to having been looked at. */
function stageOf({ status, seen }: Call): number {
  if (status === 'ringing') return 0;
  return status === 'in_progress' ? 1 : seen ? 3 : 2;
}

function highest(a: Mark, b: Mark): Mark {
  return { delivered: Math.max(a.delivered, b.delivered), seen: Math.max(a.seen, b.seen) };
}
