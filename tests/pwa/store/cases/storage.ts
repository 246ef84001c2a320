import Dexie from 'dexie';
import { utf8 } from '#shared/bytes.ts';
import { databaseName } from '#pwa/store/database.ts';
import { loadDevice } from '#pwa/store/device.ts';
import { live } from '#pwa/store/live.ts';
import { eraseLocalStore, openLocalStore } from '#pwa/store/provisioning.ts';
import { createLocalStore } from '#pwa/store/sign-in.ts';
import { Log } from '#tests/contracts/client-store-subject.ts';
import { becomes, holds, rejects, same } from '#tests/support/check.ts';
import { conversationOf, restarted, timelineOf } from '../world.ts';
import { newUser } from '../new-user.ts';
import { everythingStored } from '../raw.ts';
import type { LocalStoreCase } from './case.ts';

export const STORAGE_CASES: readonly LocalStoreCase[] = [
  {
    title: 'Nothing that somebody wrote or is called can be read in the database',
    async run({ peer, store, sync, subject, me }) {
      const log = new Log(subject);
      await log.befriend();
      await log.push(await log.message(1, 'the incoming sentence'), {
        seq: log.next(),
        time: 1,
        kind: 'poll',
        text: 'the foreign sentence',
      });
      const sent = await store.queueMessage(peer.id, 'the sentence that was sent');
      await sync.settle([{ id: sent, ok: true, time: 1, n: 2 }]);
      await store.queueMessage(peer.id, 'the outgoing sentence');
      await store.saveDraft(peer.id, 'the drafted sentence');
      const secrets = ['sentence', 'robin', 'casey'].map(utf8);
      const stored = await everythingStored(databaseName(me.id));
      same(new Set(stored.map(({ table }) => table)).size, 10, 'tables with rows');
      for (const { table, strings, bytes } of stored) {
        for (const secret of secrets) {
          for (const part of bytes)
            holds(!contains(part, secret), `no “${new TextDecoder().decode(secret)}” in ${table}`);
          for (const text of strings) holds(!contains(utf8(text), secret), `no name or text in ${table}`);
        }
      }
      const keys = stored.flatMap((row) => row.keys);
      holds(keys.length >= 4 && keys.every((key) => !key.extractable), 'keys that can be used and not read');
      // The search itself finds what is there.
      holds(
        stored.some(({ strings }) => strings.some((text) => text.includes(peer.id))),
        'ids are in plain',
      );
    },
  },
  {
    title: 'C5 a write that breaks in the middle of its transaction leaves nothing',
    async run({ peer, store, sync, subject }) {
      const log = new Log(subject);
      await log.befriend();
      const cursor = (await sync.standing()).cursor;
      const page = { entries: [await log.message(1, 'lost?')] };
      const whole = { from: cursor?.seq ?? 0, to: log.next(), tag: 3, head: 9, ...page };
      const reached = { epoch: 'first', seq: whole.to, tag: 3 };
      await whilePutsFailIn('meta', () =>
        rejects(sync.applyPage(whole, reached), 'a page whose cursor can’t be written'),
      );
      same([(await sync.standing()).cursor, await sync.outbox(9)], [cursor, []], 'cursor and outbox');
      same((await timelineOf(store, peer.id)).items, [], 'messages');
      await whilePutsFailIn('conversations', () =>
        rejects(store.queueMessage(peer.id, 'x'), 'a message without summary'),
      );
      same(
        [(await timelineOf(store, peer.id)).items, await sync.outbox(9)],
        [[], []],
        'message and outbox row',
      );
      await sync.applyPage(whole, reached);
      same((await conversationOf(store, peer.id))?.unread, 1, 'the same page later');
    },
  },
  {
    title: 'An older state never follows a newer one',
    async run({ me }) {
      const db = await new Dexie(databaseName(me.id)).open();
      const shown: number[] = [];
      const errors: unknown[] = [];
      const first = Promise.withResolvers<void>();
      let runs = 0;
      const stop = live({
        query: () => db.table('drafts').count(),
        present: async (count) => {
          // The first is slow to open.
          if (++runs === 1) await first.promise;
          return count;
        },
        listener: (count) => shown.push(count),
        report: (error) => errors.push(error),
      });
      await becomes(() => runs === 1, 'the first read');
      await db.table('drafts').put({ peer: 'x', sealed: new Uint8Array(1) });
      // The same state may have been read again in between.
      await becomes(() => shown.at(-1) === 1, 'the second is shown');
      const before = [...shown];
      first.resolve();
      await new Promise((resolve) => setTimeout(resolve, 100));
      stop();
      db.close();
      same([shown, errors], [before, []], 'shown');
    },
  },
  {
    title: 'Who is signed in is found again with no network, and nobody is once it is erased',
    async run(world) {
      const { me, opened, store } = world;
      const device = await loadDevice();
      same(
        opened.profile,
        { userId: me.id, username: 'casey', fingerprint: opened.profile.fingerprint, device: device.id },
        'profile',
      );
      holds(/^([0-9A-F]{4} ){7}[0-9A-F]{4}$/.test(opened.profile.fingerprint), 'fingerprint');
      const again = await restarted(world);
      same(again.opened.profile, opened.profile, 'profile after a restart');
      again.store.close();
      await eraseLocalStore();
      const events = { report: () => {}, onLost: () => {} };
      same(await openLocalStore(events), undefined, 'nobody');
      same(
        (await Dexie.getDatabaseNames()).filter((name) => name.includes(me.id)),
        [],
        'databases',
      );
      holds((await loadDevice()).id !== device.id, 'another installation');
      await rejects(store.countUnsent(), 'the closed store', 'STORAGE_UNAVAILABLE');
    },
  },
  {
    title: 'Signing in again keeps what was not sent',
    async run({ me, peer, store, subject, errors }) {
      await new Log(subject).befriend();
      await store.queueMessage(peer.id, 'still here');
      store.close();
      const user = await newUser(me.id, [me.identity]);
      const events = { report: (error: unknown) => errors.push(error), onLost: () => {} };
      await rejects(
        createLocalStore({ ...user, identities: [me.identity] }, events),
        'keys that can be read',
      );
      const again = await createLocalStore(user, events);
      same(
        (await timelineOf(again.store, peer.id)).items.map(({ text }) => text),
        ['still here'],
        'messages',
      );
      again.store.close();
    },
  },
];

function contains(data: Uint8Array, part: Uint8Array): boolean {
  for (let at = data.indexOf(part[0] ?? 0); at >= 0; at = data.indexOf(part[0] ?? 0, at + 1)) {
    if (part.every((byte, index) => data[at + index] === byte)) return true;
  }
  return false;
}

/** As if the disk refused one table. */
async function whilePutsFailIn(table: string, work: () => Promise<unknown>): Promise<void> {
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
    if (this.name === table) throw new DOMException('refused by the test', 'DataError');
    return key === undefined ? put.call(this, value) : put.call(this, value, key);
  };
  try {
    await work();
  } finally {
    IDBObjectStore.prototype.put = put;
  }
}
