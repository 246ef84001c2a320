import { type OpId, type UserId, pairOf } from '#shared/ids.ts';
import type { SyncStore } from '#sync/server/ports.ts';
import type { Entry } from '#sync/wire/down.ts';
import type { SimulatedDevice } from './device-store.ts';

/** What was promised, checked against the server's logs and every device's disk once all is calm. */
export async function findFaults(
  store: SyncStore,
  users: readonly UserId[],
  devices: readonly SimulatedDevice[],
): Promise<string[]> {
  const faults: string[] = [];
  const entriesByUser = new Map<UserId, Entry[]>();
  for (const user of users) entriesByUser.set(user, await wholeLog(store, user, faults));

  for (const { user, disk } of devices) {
    const name = `${user.slice(0, 4)}'s device`;
    const log = entriesByUser.get(user) ?? [];
    const told = log.filter((entry) => entry.kind === 'message');
    const toldById = new Map(told.map((entry) => [entry.op, entry]));

    if (disk.queue.length > 0)
      faults.push(`C1 ${name}: ${disk.queue.length} operations never left the outbox`);
    if ((disk.cursor?.seq ?? 0) !== (await store.head(user)))
      faults.push(`C5 ${name}: the cursor is not at the head`);
    for (const entry of told) {
      const stored = disk.messages.get(entry.op);
      if (!stored) faults.push(`S2 ${name}: message ${entry.op} is missing`);
      else if (stored.n !== entry.n)
        faults.push(`S8 ${name}: message ${entry.op} has n ${stored.n}, the log ${entry.n}`);
      else if (stored.copies !== 1)
        faults.push(`S3 ${name}: message ${entry.op} was stored ${stored.copies} times`);
    }
    for (const [id, message] of disk.messages) {
      if (message.failed === null && !toldById.has(id))
        faults.push(`S2 ${name}: ${id} shows as sent, and is not in the log`);
      if (message.failed !== null && toldById.has(id))
        faults.push(`S3 ${name}: ${id} shows as failed, and is in the log`);
    }
    for (const [peer, written] of disk.written) {
      const sent = written.filter((id) => toldById.has(id)).map((id) => toldById.get(id)?.n ?? 0);
      if (sent.some((n, i) => i > 0 && n <= (sent[i - 1] ?? 0))) {
        faults.push(`C2 ${name}: messages to ${peer.slice(0, 4)} are out of order: ${sent.join(' ')}`);
      }
    }
    for (const peer of users.filter((other) => other !== user)) {
      await checkConversation(peer);
    }

    async function checkConversation(peer: UserId): Promise<void> {
      const { head, marks } = await store.conversation(pairOf(user, peer));
      const numbers = told.filter(({ from, to }) => from === peer || to === peer).map(({ n }) => n);
      if (numbers.length !== head || numbers.some((n, i) => n !== i + 1)) {
        faults.push(`S8 ${name}: conversation of ${head} messages reads ${numbers.join(' ')}`);
      }
      const here = disk.marks.get(peer);
      const [mine, theirs] = [marks.get(user), marks.get(peer)];
      if (here && (here.mine.delivered !== (mine?.delivered ?? 0) || here.mine.seen !== (mine?.seen ?? 0))) {
        faults.push(
          `S9 ${name}: own watermarks ${JSON.stringify(here.mine)}, at the server ${JSON.stringify(mine)}`,
        );
      }
      if (
        here &&
        (here.theirs.delivered !== (theirs?.delivered ?? 0) || here.theirs.seen !== (theirs?.seen ?? 0))
      ) {
        faults.push(
          `S9 ${name}: their watermarks ${JSON.stringify(here.theirs)}, at the server ${JSON.stringify(theirs)}`,
        );
      }
      for (const mark of [mine, theirs]) {
        if (mark && (mark.seen > mark.delivered || mark.delivered > head))
          faults.push(`S9 ${JSON.stringify(mark)} of ${head}`);
      }
      const last = told.findLast(({ from }) => from === peer)?.n ?? 0;
      if ((mine?.delivered ?? 0) < last)
        faults.push(`S9 ${name}: ${last} is stored here, the server knows of ${mine?.delivered}`);
    }
  }
  return faults;
}

/** Every entry of a user's log, one page of one entry after the other, so that nothing is left out as repeated. */
async function wholeLog(store: SyncStore, user: UserId, faults: string[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  const ids = new Set<OpId>();
  let cursor = null;
  for (let expected = 1; ; expected++) {
    const page = await store.read(user, cursor, { entries: 1, bytes: 1 });
    if (page === 'resync') throw new Error('the store refuses a cursor it gave');
    if (page.to === page.from) return entries;
    const entry = page.entries[0] as Entry;
    if (entry.seq !== expected || page.to !== expected)
      faults.push(`S1 entry ${entry.seq} where ${expected} was due`);
    if (entry.kind === 'message') {
      if (ids.has(entry.op)) faults.push(`S3 ${entry.op} is twice in the log of ${user.slice(0, 4)}`);
      ids.add(entry.op);
    }
    entries.push(entry);
    cursor = { epoch: await store.epoch(), seq: page.to, tag: page.tag };
  }
}
