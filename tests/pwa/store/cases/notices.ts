import { openDatabase } from '#pwa/store/database.ts';
import type { News, NoticeChoice } from '#pwa/store/ports.ts';
import { Log, callFrom } from '#tests/contracts/client-store-subject.ts';
import { same } from '#tests/support/check.ts';
import { restarted } from '../world.ts';
import type { LocalStoreCase } from './case.ts';

const told = ({ messages }: News) => messages.map(({ name, text, count, upTo }) => [name, text, count, upTo]);

const fail = (error: unknown): never => {
  throw error;
};

export const NOTICES_CASES: readonly LocalStoreCase[] = [
  {
    title: 'C30: what has come in is told once, with the newest words; what was here before is not new',
    async run(world) {
      const { peer, store, subject } = world;
      const log = new Log(subject);
      const notices = await store.notices();
      same(told(await notices.take(fail)), [], 'before the first catching up');
      await log.befriend();
      await log.push(await log.message(1, '1'), await log.message(2, '2'));
      same(told(await notices.take(fail)), [], 'the first look');
      await log.push(await log.message(3, '3'));
      const news = await notices.take(fail);
      same(told(news), [['robin', '3', 3, 3]], 'the third');
      same([news.standing.unread, news.standing.total], [[peer.id], 3], 'how it stands');
      same(told(await notices.take(fail)), [], 'once');
      await log.push(await log.message(4, '4'), await log.message(5, '5'));
      same(
        told(await (await (await restarted(world)).store.notices()).take(fail)),
        [['robin', '5', 5, 5]],
        'later',
      );
    },
  },
  {
    title: 'C30: what was read is not told, nor are our own messages',
    async run({ peer, store, subject }) {
      const log = new Log(subject);
      await log.befriend();
      const notices = await store.notices();
      await notices.take(fail);
      await log.push(await log.message(1, '1'), await log.message(2, '2'));
      await store.markSeen(peer.id, 2);
      const news = await notices.take(fail);
      same([told(news), news.standing.unread, news.standing.total], [[], [], 0], 'read');
      const id = subject.newId();
      const envelope = await subject.envelope(id, subject.self, subject.peer, 'mine');
      await log.push(log.own(3, { id, kind: 'message.send', to: peer.id, envelope }));
      same(told(await notices.take(fail)), [], 'ours');
    },
  },
  {
    title: 'C30: who wants to be friends is told each time, and of who is blocked nothing is',
    async run({ store, subject }) {
      const log = new Log(subject);
      await log.push(log.friendship('none'));
      const notices = await store.notices();
      await notices.take(fail);
      await log.push(log.friendship('received'));
      const news = await notices.take(fail);
      same([news.requests, news.standing.requests], [['robin'], 1], 'asks');
      same((await notices.take(fail)).requests, [], 'once');
      await log.push(log.friendship('none'));
      same((await notices.take(fail)).standing.requests, 0, 'asks no more');
      await log.push(log.friendship('received'));
      same((await notices.take(fail)).requests, ['robin'], 'asks again');
      await log.push(log.friendship('friends'), await log.message(1, '1'), log.friendship('blocked'));
      const blocked = await notices.take(fail);
      same([told(blocked), blocked.standing.total], [[], 0], 'blocked');
    },
  },
  {
    title: 'C30: what can’t be opened is told without what is in it, and takes nothing else along',
    async run({ me, peer, store, subject }) {
      const db = openDatabase(me.id, () => {});
      const log = new Log(subject);
      await log.befriend();
      const notices = await store.notices();
      await notices.take(fail);
      const damaged = new Uint8Array(64);
      const errors: unknown[] = [];
      const take = () => notices.take((error) => errors.push(error));

      const message = await log.message(1, '1');
      await log.push(message);
      await db.messages.update(message.op, { sealed: damaged });
      same(told(await take()), [['robin', null, 1, 1]], 'a message without its text');
      same(errors.length, 1, 'of the message');

      const [lost, heard] = [subject.newId(), subject.newId()];
      await log.push(await log.message(2, '2'), log.call(callFrom(subject, { id: lost })));
      await db.calls.update(lost, { sealed: damaged });
      await log.push(log.call(callFrom(subject, { id: heard })));
      await db.contacts.update(peer.id, { sealed: damaged });
      const news = await take();
      same(told(news), [[null, '2', 2, 2]], 'a message without a name');
      same(
        news.calls.map(({ id, name }) => [id, name]),
        [[heard, null]],
        'the other call without a name',
      );
      same(errors.length, 4, 'of call and contact');
      db.close();
    },
  },
  {
    title: 'A call is told when it rings, and again when it was missed',
    async run({ store, subject }) {
      const log = new Log(subject);
      await log.befriend();
      const notices = await store.notices();
      await notices.take(fail);
      const call = callFrom(subject, { id: subject.newId(), media: 'video' });
      const states = ({ calls }: News) => calls.map(({ name, media, state }) => [name, media, state]);
      await log.push(log.call(call));
      const rings = await notices.take(fail);
      same([states(rings), rings.standing.live], [[['robin', 'video', 'rings']], [call.id]], 'rings');
      same(states(await notices.take(fail)), [], 'once');
      await log.push(log.call({ ...call, status: 'missed', endedAt: 9_000 }));
      const missed = await notices.take(fail);
      same([states(missed), missed.standing.live], [[['robin', 'video', 'missed']], []], 'missed');
      await store.calls.markSeen(subject.peer);
      same((await notices.take(fail)).standing.missed, [], 'looked at');
    },
  },
  {
    title: 'The numbers of another history tell nothing by themselves',
    async run({ store, subject, sync }) {
      const log = new Log(subject);
      await log.befriend();
      const notices = await store.notices();
      await notices.take(fail);
      await log.push(await log.message(1, '1'));
      await sync.reset();
      const { page, cursor } = log.again('second');
      await sync.applyPage(page, cursor);
      same(told(await notices.take(fail)), [], 'the same again');
      log.cursor = cursor;
      await log.push(await log.message(2, '2'));
      same(told(await notices.take(fail)), [['robin', '2', 2, 2]], 'what comes then');
    },
  },
  {
    title: 'What is chosen for notifications is kept',
    async run(world) {
      const notices = await world.store.notices();
      same(await notices.choice(), null, 'nothing yet');
      const choice: NoticeChoice = { wanted: true, preview: 'name', language: 'de' };
      await notices.keep(choice);
      same(await (await (await restarted(world)).store.notices()).choice(), choice, 'kept');
    },
  },
];
