import { MOVING, WIDEST } from '#pwa/controllers/window.ts';
import { openDatabase } from '#pwa/store/database.ts';
import type { StoredWindow } from '#pwa/store/ports.ts';
import type { OpId } from '#shared/ids.ts';
import { Conversation } from '#tests/contracts/client-store-subject.ts';
import { becomes, holds, same } from '#tests/support/check.ts';
import { openConversation } from '../open-conversation.ts';
import { next, timelineOf } from '../world.ts';
import type { World } from '../world.ts';
import type { LocalStoreCase } from './case.ts';

const named = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);
const textsOf = ({ items }: Pick<StoredWindow, 'items'>) => items.map(({ text }) => text).join(' ');

/** Messages "1" … `count` of the peer, all of them here. */
async function told(world: World, count: number): Promise<Conversation> {
  const talk = new Conversation(world.subject);
  await talk.hear(...named(1, count));
  await talk.tell(count);
  return talk;
}

async function idOf({ store, peer }: World, text: string): Promise<OpId> {
  const item = (await timelineOf(store, peer.id)).items.find((one) => one.text === text);
  if (item === undefined) throw new Error(`Nothing says ${text}`);
  return item.id;
}

export const WINDOW_CASES: readonly LocalStoreCase[] = [
  {
    title: 'A window around a message holds so many before it and from it on, and knows what lies outside',
    async run(world) {
      const { store, peer } = world;
      const talk = await told(world, 40);
      const around = await idOf(world, '20');
      const look = (earlier: number, later: number) =>
        next<StoredWindow>((listener) => store.liveTimeline(peer.id, { around, earlier, later }, listener));
      const middle = await look(2, 3);
      same([textsOf(middle), middle.hasEarlier, middle.hasLater], ['18 19 20 21 22', true, true], 'around');
      const all = await look(19, 21);
      same([all.items.length, all.hasEarlier, all.hasLater], [40, false, false], 'all of it');
      const most = await look(18, 20);
      same([most.items.length, most.hasEarlier, most.hasLater], [38, true, true], 'all but two');
      const gone = await next<StoredWindow>((listener) =>
        store.liveTimeline(peer.id, { around: 'gone' as OpId, earlier: 2, later: 3 }, listener),
      );
      same([textsOf(gone), gone.hasLater], ['36 37 38 39 40', false], 'the newest, where it is gone');

      let shown: StoredWindow = middle;
      let answers = 0;
      const stop = store.liveTimeline(peer.id, { around, earlier: 2, later: 3 }, (window) => {
        shown = window;
        answers++;
      });
      await becomes(() => answers === 1, 'the window');
      await store.queueMessage(peer.id, 'mine');
      await talk.hear('41');
      await talk.tell(1);
      await becomes(async () => (await timelineOf(store, peer.id)).items.length === 42, 'more came in');
      same(textsOf(shown), '18 19 20 21 22', 'nothing of that in the window');
      stop();
    },
  },
  {
    title: 'A window reads as many rows as it shows, and finds a day by halving, in a long conversation',
    async run(world) {
      const { store, peer, me } = world;
      await told(world, 20);
      const db = openDatabase(me.id, () => {});
      const [first] = await db.messages.where('[peer+pos]').between([peer.id, 1], [peer.id, 2]).toArray();
      if (first === undefined) throw new Error('there is no message');
      const row = (n: number) => ({
        ...first,
        id: `row-${n}` as OpId,
        pos: n,
        n,
        at: n * 1_000,
        sealed: null,
      });
      await db.messages.bulkPut(Array.from({ length: 20_000 }, (_, index) => row(21 + index)));
      const counting = countRows();
      try {
        const window = await next<StoredWindow>((listener) =>
          store.liveTimeline(peer.id, { around: 'row-10000' as OpId, earlier: 100, later: 100 }, listener),
        );
        same(window.items.length, 200, 'shown');
        holds(counting.rows() <= 205, `${counting.rows()} rows were read for a window of 200`);
        counting.reset();
        const archive = await store.lookThrough();
        same((await archive.firstSince(peer.id, 12_345_678))?.id, 'row-12346', 'the first since then');
        holds(counting.rows() <= 40, `${counting.rows()} rows were read to find a day`);
        same(await archive.firstSince(peer.id, 99_000_000), null, 'nothing so late');
        same((await archive.firstSince(peer.id, 0))?.id, first.id, 'the first of all');
        same(await archive.firstSince(me.id, 0), null, 'nothing at all');
      } finally {
        counting.stop();
        db.close();
      }
    },
  },
  {
    title: 'A reader is taken to an old message, reads on to the newest, and hears of new ones from there',
    async run(world) {
      const talk = await told(world, 350);
      const { models, room, leave } = await openConversation(world);
      const { timeline } = models;
      same([timeline.items.value.length, timeline.hasLater.value], [350, false], 'all are unread');
      room.leave();
      await world.store.markSeen(world.peer.id, 350);
      const again = await openConversation(world);
      const { timeline: second } = again.models;
      const shown = () => `${second.items.value[0]?.text} ${second.items.value.at(-1)?.text}`;
      same(shown(), '311 350', 'the newest');
      const id = await idOf(world, '120');
      const before = second.window.value;
      again.room.jumpTo(world.peer.id, id);
      await becomes(() => second.window.value === before + 1, 'another window');
      same([shown(), second.goal.value?.id, second.hasLater.value], ['20 219', id, true], 'around 120');
      await talk.hear('351');
      await talk.tell(1);
      again.room.loadEarlier();
      again.room.loadLater();
      await becomes(() => shown() === '20 269', 'earlier ones, then later ones instead of them');
      same([second.hasEarlier.value, second.hasLater.value], [true, true], 'what is left');
      again.room.loadLater();
      await becomes(() => shown() === '70 319', 'more');
      again.room.loadLater();
      await becomes(() => shown() === '120 351' && !second.hasLater.value, 'to the newest');
      same(second.window.value, before + 1, 'still the same window');
      await talk.hear('352');
      await talk.tell(1);
      await becomes(() => second.items.value.at(-1)?.text === '352', 'new ones come in');
      again.leave();
      leave();
    },
  },
  {
    title: 'Who writes far from the newest message, or asks for it, is there; a day is found from anywhere',
    async run(world) {
      await told(world, 350);
      await world.store.markSeen(world.peer.id, 350);
      const { models, room, leave } = await openConversation(world);
      const { timeline } = models;
      const last = () => timeline.items.value.at(-1)?.text;
      const jump = async (text: string) => {
        room.jumpTo(world.peer.id, await idOf(world, text));
        await becomes(() => timeline.hasLater.value, `away to ${text}`);
      };
      await jump('100');
      room.toNewest();
      await becomes(() => last() === '350', 'the newest');
      same([timeline.goal.value, timeline.items.value.length], [{ id: null }, 100], 'as a goal');
      await jump('100');
      await room.send('mine');
      await becomes(() => last() === 'mine' && !timeline.hasLater.value, 'what was written');
      // Message n is of the time 2,000 + n.
      room.jumpToDay(2_077);
      const id = await idOf(world, '77');
      await becomes(() => timeline.goal.value?.id === id, 'the first message of that day');
      same(
        timeline.items.value.some((item) => item.id === id),
        true,
        'is here',
      );
      const { window } = timeline;
      const kept = window.value;
      room.jumpTo(world.peer.id, await idOf(world, '80'));
      same([window.value, timeline.goal.value?.id], [kept, await idOf(world, '80')], 'in the same window');
      leave();
    },
  },
  {
    title: 'However far somebody reads, the window stays within its bound, and back again nothing is missing',
    async run(world) {
      const talk = await told(world, 1_250);
      await world.store.markSeen(world.peer.id, 1_250);
      const { models, room, leave } = await openConversation(world);
      const { items, hasEarlier, hasLater } = models.timeline;
      const ends = () => `${items.value[0]?.text} ${items.value.at(-1)?.text}`;
      const read = new Set<string>();
      let widest = 0;
      const note = () => {
        for (const { text } of items.value) read.add(text ?? '');
        widest = Math.max(widest, items.value.length);
      };
      const walk = async (on: () => void, isDone: () => boolean) => {
        note();
        while (!isDone()) {
          const before = ends();
          // Whoever reads there is not at the end.
          room.keepPlace({ id: items.value[0]?.id ?? ('' as OpId), at: 0 });
          on();
          await becomes(() => ends() !== before, `more than ${before}`);
          note();
        }
      };
      await walk(room.loadEarlier, () => !hasEarlier.value);
      same([read.size, hasLater.value], [1_250, true], 'all of it was here once, not all of it still is');
      holds(widest <= MOVING, `${widest} messages at once`);
      read.clear();
      await walk(room.loadLater, () => !hasLater.value);
      same([items.value.at(-1)?.text, read.size], ['1250', 1_250], 'the same way back');
      holds(widest <= MOVING, `${widest} messages at once on the way back`);
      models.timeline.whole.value = WIDEST;
      await walk(room.loadEarlier, () => items.value.length === WIDEST);
      same(hasEarlier.value, true, 'as many as are asked for, for whoever wants all of them drawn');
      models.timeline.whole.value = 2 * WIDEST;
      room.loadEarlier();
      await becomes(() => items.value.length === 2 * WIDEST, 'as many again, in one step');
      room.keepPlace(null);
      await talk.hear(...named(1_251, 1_251));
      await talk.tell(1);
      await becomes(() => items.value.at(-1)?.text === '1251', 'another one came in');
      same(items.value.length, 2 * WIDEST, 'no fewer for that');
      leave();
    },
  },
  {
    title: 'What comes in takes nothing away from somebody who reads further up, and does at the end',
    async run(world) {
      const talk = await told(world, 300);
      await world.store.markSeen(world.peer.id, 300);
      const { models, room, leave } = await openConversation(world);
      const { items } = models.timeline;
      const first = () => items.value[0]?.text;
      const last = () => items.value.at(-1)?.text;
      same(first(), '261', 'the newest forty');
      room.keepPlace({ id: items.value[3]?.id ?? ('' as OpId), at: 0 });
      await talk.hear(...named(301, 340));
      await talk.tell(40);
      await becomes(() => last() === '340', 'more came in');
      same(first(), '261', 'still there');
      room.keepPlace(null);
      await talk.hear(...named(341, 350));
      await talk.tell(10);
      await becomes(() => last() === '350' && first() === '251', 'at the end the oldest make room');
      leave();
    },
  },
  {
    title: 'A conversation opens at the first unread message, however many there are, and where it was left',
    async run(world) {
      await told(world, 900);
      await world.store.markSeen(world.peer.id, 120);
      const { models, room, leave } = await openConversation(world);
      const { timeline, shell } = models;
      same(
        [timeline.items.value[0]?.text, timeline.items.value.at(-1)?.text, timeline.unreadAfter.value],
        ['21', '220', 120],
        'around the first unread',
      );
      const place = { id: await idOf(world, '700'), at: 24 };
      room.jumpTo(world.peer.id, place.id);
      await becomes(() => timeline.goal.value?.id === place.id, 'another place');
      room.keepPlace(place);
      shell.route.value = { panel: 'chats', peer: null };
      await becomes(() => timeline.peer.value === null, 'away');
      shell.route.value = { panel: 'chats', peer: world.peer.id };
      await becomes(() => timeline.loaded.value, 'back');
      same(timeline.goal.value, place, 'to where it was left');
      // The page goes, and comes again in the same tab.
      window.dispatchEvent(new PageTransitionEvent('pagehide'));
      const again = await openConversation(world);
      same(again.models.timeline.goal.value, place, 'also after that');
      again.room.keepPlace(null);
      again.leave();
      const third = await openConversation(world);
      same(third.models.timeline.goal.value, null, 'nobody’s place outlives their going out');
      third.leave();
      leave();
    },
  },
  {
    title: 'The archive gives every message once, in portions, and tells what changes later',
    async run(world) {
      const { store, peer, subject, me, errors } = world;
      const talk = await told(world, 30);
      const archive = await store.lookThrough();
      const read: string[] = [];
      for (let before: OpId | null = null; ;) {
        const portion: Awaited<ReturnType<typeof archive.read>> = await archive.read(before, 7);
        read.push(...portion.map(({ text }) => text ?? ''));
        before = portion.at(-1)?.id ?? null;
        if (portion.length < 7) break;
      }
      same(read.toSorted(), named(1, 30).toSorted(), 'all of them');
      same(await archive.count(), 30, 'how many');
      const changes: (readonly OpId[] | null)[] = [];
      const stop = archive.onChange((ids) => changes.push(ids));
      const mine = await store.queueMessage(peer.id, 'mine');
      await becomes(() => changes.flat().includes(mine), 'what was written');
      same(
        (await archive.find([mine, 'gone' as OpId])).map(({ text }) => text),
        ['mine'],
        'found',
      );
      changes.length = 0;
      await talk.hear(...named(31, 130));
      await talk.tell(100);
      await becomes(() => changes.includes(null), 'anything, after very many');
      same((await archive.ids()).length, 131, 'ids');
      changes.length = 0;
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
      await becomes(() => changes.includes(null), 'anything, for a page that comes back out of the cache');
      stop();
      changes.length = 0;
      await subject.queueMessage('more');
      same(changes, [], 'after the end');

      const db = openDatabase(me.id, () => {});
      await db.messages.update(mine, { sealed: new Uint8Array(40) });
      db.close();
      same(
        (await archive.find([mine])).map(({ text }) => text),
        [null],
        'a damaged record',
      );
      same(errors.splice(0).length, 1, 'is reported');
    },
  },
];

/** Counts the rows that leave IndexedDB, by cursor or all at once. */
function countRows() {
  let count = 0;
  const index = IDBIndex.prototype;
  const { getAll, openCursor } = index;
  const listen = <T>(request: IDBRequest<T>, rows: (result: T) => number) => {
    request.addEventListener('success', () => (count += rows(request.result)));
    return request;
  };
  index.getAll = function counted(...given: Parameters<IDBIndex['getAll']>) {
    return listen(getAll.apply(this, given), (rows) => rows.length);
  };
  index.openCursor = function counted(...given: Parameters<IDBIndex['openCursor']>) {
    return listen(openCursor.apply(this, given), (cursor) => (cursor === null ? 0 : 1));
  };
  return {
    rows: () => count,
    reset: () => (count = 0),
    stop: () => Object.assign(index, { getAll, openCursor }),
  };
}
