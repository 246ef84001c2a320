import { equalBytes } from '#shared/bytes.ts';
import type { OpId } from '#shared/ids.ts';
import { Log } from '#tests/contracts/client-store-subject.ts';
import { becomes, holds, same } from '#tests/support/check.ts';
import { type World, newPerson, readAs, restarted, rotated, sender, timelineOf } from '../world.ts';
import type { LocalStoreCase } from './case.ts';

export const KEYS_CASES: readonly LocalStoreCase[] = [
  {
    title: 'A queue that was sealed to an outdated key is sealed again under the same ids',
    async run(world) {
      const { me, peer, store, sync, subject } = world;
      await new Log(subject).befriend();
      const ids = [await store.queueMessage(peer.id, 'one'), await store.queueMessage(peer.id, 'two')];
      const before = await sent(world);
      const next = await rotated(peer);
      await sync.settle([{ id: ids[0] as OpId, ok: false, code: 'STALE_KEY', bundle: next.bundle }]);
      const after = await sent(world);
      same(
        after.map(({ id }) => id),
        ids,
        'order and ids',
      );
      for (const [index, { id, envelope }] of after.entries()) {
        const payload = await readAs(next, me, id, envelope);
        const old = await readAs(peer, me, id, before[index]?.envelope ?? envelope);
        holds(equalBytes(payload.raw, old.raw), 'the same payload');
      }
      same(
        (await timelineOf(store, peer.id)).items.map(({ tick }) => tick),
        ['queued', 'queued'],
        'ticks',
      );
      // The same answer again: it is sealed to that very key, so sealing again would go in circles.
      await sync.settle([{ id: ids[0] as OpId, ok: false, code: 'STALE_KEY', bundle: next.bundle }]);
      const [first] = (await timelineOf(store, peer.id)).items;
      same([first?.tick, first?.error], ['failed', 'STALE_KEY'], 'the first');
      const [last] = await sent(world);
      await sync.settle([{ id: ids[1] as OpId, ok: true, time: 1, n: 1 }]);
      same([last?.id, await sent(world)], [ids[1], []], 'the second went out');
    },
  },
  {
    title: 'Nothing is sent to another identity under a friend’s name',
    async run(world) {
      const { peer, store, sync, subject } = world;
      await new Log(subject).befriend();
      const ids = [await store.queueMessage(peer.id, 'one'), await store.queueMessage(peer.id, 'two')];
      const impostor = await newPerson(peer.id);
      await sync.settle([{ id: ids[0] as OpId, ok: false, code: 'STALE_KEY', bundle: impostor.bundle }]);
      same(await sent(world), [], 'what is offered to the server');
      const { items } = await timelineOf(store, peer.id);
      same(
        items.map(({ tick, error }) => `${tick} ${error}`),
        ids.map(() => 'queued KEY_CHANGED'),
        'messages',
      );
      same(await store.countUnsent(), 2, 'nothing is lost');
      await store.queueMessage(peer.id, 'three');
      same([await sent(world), await store.countUnsent()], [[], 3], 'a new one waits with them');
    },
  },
  {
    title: 'Another identity in the log is not trusted, and the known one stays',
    async run(world) {
      const { me, peer, store, subject } = world;
      const log = new Log(subject);
      await log.befriend();
      const impostor = await newPerson(peer.id);
      await log.push({ ...log.friendship('friends'), bundle: impostor.bundle });
      await store.queueMessage(peer.id, 'hi');
      same(await sent(world), [], 'it waits');
      const forged = await log.message(1, 'it is me');
      const envelope = await (await sender(impostor, me))(forged.op, 'it is me');
      await log.push({ ...forged, envelope }, await log.message(2, 'it is really me'));
      const { items } = await timelineOf(store, peer.id);
      same(
        items.map(({ text }) => text),
        [null, 'it is really me', 'hi'],
        'messages',
      );
      await log.befriend();
      same((await sent(world)).length, 1, 'it goes out to the known one');
    },
  },
  {
    title: 'Messages that came before their key open when it comes, after a restart too',
    async run(world) {
      const { peer, store, subject } = world;
      const log = new Log(subject);
      await log.push(await log.message(1, 'early'), await log.message(2, 'bird'));
      same(
        (await timelineOf(store, peer.id)).items.map(({ text }) => text),
        [null, null],
        'before',
      );
      await log.befriend();
      const { store: again } = await restarted(world);
      const texts = async () =>
        (await timelineOf(again, peer.id)).items.map(({ text, error }) => `${text} ${error}`);
      await becomes(async () => (await texts()).join() === 'early null,bird null', 'they open');
    },
  },
  {
    title: 'A page may hold a friendship behind the messages that it makes readable',
    async run({ peer, store, subject }) {
      const log = new Log(subject);
      await log.push(await log.message(1, 'before'), log.friendship('friends'));
      same(
        (await timelineOf(store, peer.id)).items.map(({ text }) => text),
        ['before'],
        'messages',
      );
    },
  },
  {
    title: 'Another message under a known id is kept as a notice and settles nothing',
    async run({ peer, store, sync, subject }) {
      const log = new Log(subject);
      await log.befriend();
      const first = await log.message(1, 'the true one');
      await log.push(first);
      const envelope = await subject.envelope(first.op, peer.id, subject.self, 'another one');
      const twin = { ...first, seq: log.next(), n: 2, envelope };
      await log.push(twin);
      const mine = await store.queueMessage(peer.id, 'mine');
      const stolen = await subject.envelope(mine, peer.id, subject.self, 'theirs under my id');
      await log.push({ ...first, seq: log.next(), op: mine, n: 3, envelope: stolen });
      const { items } = await timelineOf(store, peer.id);
      const shown = items.map(({ text, mine: own, error, n }) => [text, own, error, n]);
      const expected = [
        ['the true one', false, null, 1],
        [null, false, 'UNREADABLE', 2],
        [null, false, 'UNREADABLE', 3],
        ['mine', true, null, null],
      ];
      same(shown, expected, 'messages');
      holds(
        (await sync.outbox(10)).some(({ op }) => op.id === mine),
        'ours still waits',
      );
      const again = log.again('again');
      await sync.reset();
      await sync.applyPage(again.page, again.cursor);
      same((await timelineOf(store, peer.id)).items.length, 4, 'no doubles when applied again');
    },
  },
];

async function sent({ sync }: World) {
  return (await sync.outbox(100)).flatMap(({ op }) => (op.kind === 'message.send' ? [op] : []));
}
