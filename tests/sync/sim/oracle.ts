import { type OpId, type UserId, pairOf } from '#shared/ids.ts';
import type { SyncStore } from '#sync/server/ports.ts';
import type { Cursor } from '#sync/wire/up.ts';
import type { Device } from './device.ts';
import type { Conversation, Disk } from './disk.ts';
import type { Fail } from './fail.ts';
import type { Ledger } from './ledger.ts';

/** What was promised, checked against the books and every device's disk once all is calm. */
export async function judge(
  ledger: Ledger,
  store: SyncStore,
  users: readonly UserId[],
  devices: readonly Device[],
  fail: Fail,
): Promise<void> {
  for (const user of users) await readLog(store, ledger, user, fail);
  const epoch = await store.epoch();
  for (const { user, disk } of devices) {
    judgeDisk(
      disk(),
      users.filter((other) => other !== user),
      epoch,
    );
  }

  if (ledger.calls.live() > 0) fail('S31', `${ledger.calls.live()} calls never ended`);

  function judgeDisk(disk: Disk, peers: readonly UserId[], epochNow: string): void {
    const name = `a device of ${disk.self}`;
    if (disk.queue.size > 0) fail('C1', `${name}: ${disk.queue.size} operations never left the outbox`);
    if (disk.cursor?.epoch !== epochNow && ledger.head(disk.self) > 0) {
      fail('C7', `${name}: the cursor is of ${disk.cursor?.epoch}`);
    }
    if ((disk.cursor?.seq ?? 0) !== ledger.head(disk.self))
      fail('C5', `${name}: the cursor is not at the head`);
    for (const call of disk.calls.values()) ledger.calls.keeps(name, call);
    for (const peer of peers) {
      const standing = ledger.standingOf(disk.self, peer);
      if ((disk.standings.get(peer) ?? 'none') !== standing) {
        fail('S18', `${name}: ${peer} is ${standing}, and shows as ${disk.standings.get(peer)}`);
      }
      const conversation = disk.conversations.get(peer);
      if (conversation) judgeConversation(name, disk, peer, conversation);
      else if (ledger.messagesOf(pairOf(disk.self, peer)).length > 0)
        fail('S2', `${name}: a conversation is missing`);
    }
  }

  function judgeConversation(name: string, disk: Disk, peer: UserId, conversation: Conversation): void {
    const pair = pairOf(disk.self, peer);
    const truth = ledger.messagesOf(pair);
    const { held, messages, mine, theirs, top } = conversation;
    const numbers = new Map(truth.map(({ op }, index) => [op, index + 1]));
    if (top !== truth.length)
      fail('S8', `${name}: a conversation of ${truth.length} messages ends at ${top}`);
    for (const [index, { op }] of truth.entries()) {
      const n = index + 1;
      const here = held[n];
      if (here === undefined) {
        if (n > mine.delivered) fail('C16', `${name}: the hole at ${n} was never filled`);
      } else if (here !== op || messages.get(op)?.n !== n) {
        fail('S8', `${name}: ${n} is ${op}, and reads ${here} with number ${messages.get(here)?.n}`);
      }
    }
    for (const [op, message] of messages) {
      const n = numbers.get(op);
      if (message.failed !== null) {
        if (n !== undefined && held[n] !== undefined)
          fail('S3', `${name}: ${op} shows as failed, and was sent`);
      } else if (n === undefined) {
        // A history that was lost took it along. Whoever wrote it has it still, and offered it again: it was refused.
        const offered = devices.some((device) => wroteAndNotFailed(device.disk(), peer, op));
        if (!ledger.lost.has(op) || (message.mine && offered))
          fail('S2', `${name}: ${op} shows as sent, and is not`);
      }
    }
    const marks = { mine: ledger.markOf(pair, disk.self), theirs: ledger.markOf(pair, peer) };
    for (const [whose, here, there] of [
      ['own', mine, marks.mine],
      ['their', theirs, marks.theirs],
    ] as const) {
      if (here.delivered !== there.delivered || here.seen !== there.seen) {
        fail(
          'S9',
          `${name}: ${whose} marks are ${JSON.stringify(there)}, and show as ${JSON.stringify(here)}`,
        );
      }
    }
    // What a restored server had lost comes back later than what it had kept.
    const order = (disk.written.get(peer) ?? []).flatMap((op) =>
      ledger.wasLost(op) ? [] : (numbers.get(op) ?? []),
    );
    if (order.some((n, index) => index > 0 && n <= (order[index - 1] ?? 0))) {
      fail('C2', `${name}: messages to ${peer} are out of order: ${order.join(' ')}`);
    }
  }
}

function wroteAndNotFailed({ written, conversations }: Disk, peer: UserId, op: OpId): boolean {
  if (!written.get(peer)?.includes(op)) return false;
  return conversations.get(peer)?.messages.get(op)?.failed === null;
}

/** What is kept of a user's log, page after page: gapless, to its end, and as the books have it. */
async function readLog(store: SyncStore, ledger: Ledger, user: UserId, fail: Fail): Promise<void> {
  const limits = { entries: 50, bytes: 1_000_000 };
  let cursor: Cursor | null = null;
  for (;;) {
    const page = await store.read(user, cursor, limits);
    if (page === 'resync') return fail('S11', `the store refuses a cursor that it gave`);
    if (cursor !== null) ledger.page(user, page);
    if (page.to === page.from) break;
    cursor = { epoch: await store.epoch(), seq: page.to, tag: page.tag };
  }
  if ((cursor?.seq ?? 0) !== ledger.head(user)) fail('S1', `the log of ${user} ends at ${cursor?.seq}`);
}
