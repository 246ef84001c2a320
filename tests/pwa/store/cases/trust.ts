import { compareBytes, equalBytes } from '#shared/bytes.ts';
import { type Pin, writePins } from '#shared/crypto/pins.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import type { StoredContact, StoredNotice } from '#pwa/store/ports.ts';
import { openLocalStore } from '#pwa/store/provisioning.ts';
import { Log } from '#tests/contracts/client-store-subject.ts';
import { holds, rejects, same } from '#tests/support/check.ts';
import { keyringOf } from '../new-user.ts';
import {
  type Person,
  type World,
  newPerson,
  next,
  readAs,
  restarted,
  rotated,
  sender,
  timelineOf,
} from '../world.ts';
import type { LocalStoreCase } from './case.ts';

export const TRUST_CASES: readonly LocalStoreCase[] = [
  {
    title: 'What waits for a changed identity is held, and released to the one that the person accepts',
    async run(world) {
      const { me, peer, store, sync, subject } = world;
      await new Log(subject).befriend();
      const ids = [await store.queueMessage(peer.id, 'one'), await store.queueMessage(peer.id, 'two')];
      const other = await newPerson(peer.id);
      await sync.settle([{ id: ids[0] as OpId, ok: false, code: 'STALE_KEY', bundle: other.bundle }]);
      same([await sent(world), await trustOf(world)], [[], 'changed'], 'held');
      const heard = new Promise<void>((resolve) => {
        let first = true;
        sync.onOutbox(() => (first ? (first = false) : resolve()));
      });
      await store.trust.acceptIdentity(peer.id);
      await heard;
      same(await trustOf(world), 'unverified', 'trust');
      const offered = await sent(world);
      same(
        offered.map(({ id }) => id),
        ids,
        'the same ids in the same order',
      );
      const texts = await Promise.all(offered.map(({ id, envelope }) => readAs(other, me, id, envelope)));
      same(
        texts.map(({ counter, body }) => [counter, body]),
        [
          [1, { kind: 'text', text: 'one' }],
          [2, { kind: 'text', text: 'two' }],
        ],
        'what the accepted identity reads',
      );
      same(
        (await timelineOf(store, peer.id)).items.map(({ tick, error }) => `${tick} ${error}`),
        ['queued null', 'queued null'],
        'messages',
      );
      same(await kinds(world), ['identity-changed', 'identity-accepted'], 'notices');
    },
  },
  {
    title: 'The true identity that comes back releases what was held for a false one',
    async run(world) {
      const { peer, store, sync, subject } = world;
      const log = new Log(subject);
      await log.befriend();
      const id = await store.queueMessage(peer.id, 'one');
      const impostor = await newPerson(peer.id);
      await log.push({ ...log.friendship('friends'), bundle: impostor.bundle });
      same([await sent(world), await trustOf(world)], [[], 'changed'], 'held');
      await log.befriend();
      same(
        [(await sync.outbox(10)).map(({ op }) => op.id), await trustOf(world)],
        [[id], 'unverified'],
        'released',
      );
    },
  },
  {
    title: 'A verified contact whose identity changes is blocked until the new one is verified',
    async run(world) {
      const { me, peer, store, subject } = world;
      const log = new Log(subject);
      await log.befriend();
      await store.trust.setVerified(peer.id, peer.identity.signingPublic, true);
      same(await trustOf(world), 'verified', 'compared');
      const other = await newPerson(peer.id);
      await rejects(
        store.trust.setVerified(peer.id, other.identity.signingPublic, true),
        'an identity that nobody offered',
        'KEY_CHANGED',
      );
      await log.push({ ...log.friendship('friends'), bundle: other.bundle });
      same(await trustOf(world), 'changed-verified', 'changed');
      await rejects(store.trust.acceptIdentity(peer.id), 'accepting it unseen', 'KEY_CHANGED');
      const id = await store.queueMessage(peer.id, 'hi');
      same(await sent(world), [], 'what is written now waits');
      const compared = await store.trust.compared(peer.id);
      holds(
        compared !== null && equalBytes(compared.peer.signing, other.identity.signingPublic),
        'the offered identity is the one to compare',
      );
      await store.trust.setVerified(peer.id, other.identity.signingPublic, true);
      const [released] = await sent(world);
      same(released?.id, id, 'released');
      if (released !== undefined) await readAs(other, me, id, released.envelope);
      same(await trustOf(world), 'verified', 'compared again');
      await store.trust.setVerified(peer.id, other.identity.signingPublic, false);
      same(await trustOf(world), 'unverified', 'taken back');
      same(await kinds(world), ['verified', 'identity-changed', 'verified', 'unverified'], 'notices');
    },
  },
  {
    title: 'A verified contact may renew their keys under the same identity, and stays verified',
    async run(world) {
      const { peer, store, subject } = world;
      const log = new Log(subject);
      await log.befriend();
      await store.trust.setVerified(peer.id, peer.identity.signingPublic, true);
      await log.push({ ...log.friendship('friends'), bundle: (await rotated(peer)).bundle });
      same([await trustOf(world), await kinds(world)], ['verified', ['verified']], 'trust');
    },
  },
  {
    title: 'Who our other device met is met here under the same identity, and no other',
    async run(world) {
      const { peer, store, subject } = world;
      const impostor = await newPerson(peer.id);
      await adopt(world, 2, [[peer.id, pin(peer, true, 2)]]);
      const log = new Log(subject);
      await log.push({ ...log.friendship('friends'), bundle: impostor.bundle });
      same(await trustOf(world), 'changed-verified', 'another identity at first sight');
      await rejects(store.queueMessage(peer.id, 'hi'), 'a message', 'KEY_CHANGED');
      await log.befriend();
      same(await trustOf(world), 'verified', 'the one that was met');
      await store.queueMessage(peer.id, 'hi');
    },
  },
  {
    title: 'Decisions of another device apply here, later ones only, and an old keyring is refused',
    async run(world) {
      const { me, peer, store, subject } = world;
      const log = new Log(subject);
      await log.befriend();
      const id = await store.queueMessage(peer.id, 'one');
      const other = await newPerson(peer.id);
      await log.push({ ...log.friendship('friends'), bundle: other.bundle });
      await adopt(world, 2, [[peer.id, pin(other, true, 2)]]);
      same(await trustOf(world), 'verified', 'accepted and verified elsewhere');
      const [released] = await sent(world);
      same(released?.id, id, 'what was held is released');
      if (released !== undefined) await readAs(other, me, id, released.envelope);
      await adopt(world, 3, [[peer.id, pin(other, false, 1)]]);
      same(await trustOf(world), 'verified', 'an older decision');
      await adopt(world, 4, [[peer.id, pin(other, false, 3)]]);
      same(await trustOf(world), 'unverified', 'a later one');
      await rejects(adopt(world, 3, []), 'an older keyring', 'KEYRING_OLD');
      const { store: again } = await restarted(world);
      same(await again.trust.knownRevision(), 4, 'remembered');
      const pins = await again.trust.pins();
      same(pins.get(peer.id), pin(other, false, 3), 'what the next keyring gets');
    },
  },
  {
    title: 'Keys that another device renewed open what is sealed to them',
    async run(world) {
      const { me, peer, store, subject } = world;
      const log = new Log(subject);
      await log.befriend();
      const renewed = await rotated(me);
      const message = await log.message(1, 'to the new keys');
      const envelope = await (await sender(peer, renewed))(message.op, 'to the new keys');
      await log.push({ ...message, envelope });
      const texts = async () => (await timelineOf(store, peer.id)).items.map(({ text }) => text);
      same(await texts(), [null], 'not yet');
      await adopt(world, 2, [], [renewed, me]);
      same(await texts(), ['to the new keys'], 'then');
      const id = await store.queueMessage(peer.id, 'from them');
      const [own] = await sent(world);
      if (own !== undefined) await readAs(peer, renewed, id, own.envelope);
    },
  },
  {
    title:
      'What is written to an identity that was verified elsewhere waits for its bundle, then goes to it alone',
    async run(world) {
      const { me, peer, store, subject } = world;
      const log = new Log(subject);
      await log.befriend();
      const early = await store.queueMessage(peer.id, 'early');
      const other = await newPerson(peer.id);
      await adopt(world, 2, [[peer.id, pin(other, true, 2)]]);
      const late = await store.queueMessage(peer.id, 'late');
      same([await sent(world), await trustOf(world)], [[], 'changed-verified'], 'held');
      await log.befriend();
      same([await sent(world), await trustOf(world)], [[], 'changed-verified'], 'the old one offered again');
      await log.push({ ...log.friendship('friends'), bundle: other.bundle });
      same(await trustOf(world), 'verified', 'its bundle is here');
      const offered = await sent(world);
      same(
        offered.map(({ id }) => id),
        [early, late],
        'released',
      );
      for (const { id, envelope } of offered) await readAs(other, me, id, envelope);
    },
  },
  {
    title: 'An identity that was given up says nothing more, and what it said before still opens',
    async run(world) {
      const { me, peer, store, subject, sync } = world;
      const log = new Log(subject);
      await log.befriend();
      const [first, missed, third] = [
        await log.message(1, 'one'),
        await log.message(2, 'two'),
        await log.message(3, 'three'),
      ];
      await log.push(first, third);
      const other = await newPerson(peer.id);
      await log.push({ ...log.friendship('friends'), bundle: other.bundle });
      await store.trust.setVerified(peer.id, other.identity.signingPublic, true);
      const forged = await log.message(4, 'it is me');
      const posed = { ...(await log.message(5, 'as you')), from: me.id, to: peer.id };
      const envelope = await subject.envelope(posed.op, me.id, peer.id, 'as you');
      const truly = await log.message(6, 'it is really me');
      await log.push(
        forged,
        { ...posed, envelope },
        {
          ...truly,
          envelope: await (await sender(other, me))(truly.op, 'it is really me'),
        },
      );
      await sync.applyHistory({ peer: peer.id, from: 2, before: 3, messages: [missed], calls: [] });
      const seen = async () =>
        (await timelineOf(store, peer.id)).items.map(({ text, error }) => text ?? error);
      const expected = ['one', 'two', 'three', 'KEY_CHANGED', 'KEY_CHANGED', 'it is really me'];
      same(await seen(), expected, 'messages');
      same(await kinds(world), ['identity-changed', 'verified', 'identity-changed'], 'notices');
      const { store: again } = await restarted(world);
      same(
        (await timelineOf(again, peer.id)).items.map(({ text, error }) => text ?? error),
        expected,
        'after a start',
      );
    },
  },
  {
    title:
      'In another history an identity that was given up opens nothing new, and loses nothing that is here',
    async run(world) {
      const { me, peer, store, subject, sync } = world;
      const log = new Log(subject);
      await log.befriend();
      await log.push(await log.message(1, 'one'), await log.message(2, 'two'));
      const other = await newPerson(peer.id);
      await log.push({ ...log.friendship('friends'), bundle: other.bundle });
      await store.trust.setVerified(peer.id, other.identity.signingPublic, true);
      const before = await kinds(world);
      await sync.reset();
      const told = log.again('second');
      await sync.applyPage(told.page, told.cursor);
      const texts = async () => (await timelineOf(store, peer.id)).items.map(({ text }) => text);
      same([await texts(), await kinds(world)], [['one', 'two'], before], 'what is here');
      await world.store.trust.setVerified(peer.id, other.identity.signingPublic, true);
      await sync.reset();
      const forged = { ...(await log.message(1, 'forged')), seq: 1 };
      const envelope = await (await sender(peer, me))(forged.op, 'forged');
      const page = { from: 0, to: 1, tag: 5, head: 1, entries: [{ ...forged, envelope }] };
      await sync.applyPage(page, { epoch: 'third', seq: 1, tag: 5 });
      holds(!(await texts()).includes('forged'), 'nothing new');
    },
  },
  {
    title: 'What another identity had acknowledged before is not sent to the one that was accepted',
    async run(world) {
      const { me, peer, store, subject, sync } = world;
      const log = new Log(subject);
      await log.befriend();
      const id = await store.queueMessage(peer.id, 'past');
      await sync.settle([{ id, ok: true, n: 1, time: 5 }]);
      await sync.reset();
      const other = await newPerson(peer.id);
      await sync.settle([{ id, ok: false, code: 'STALE_KEY', bundle: other.bundle }]);
      same([await sent(world), await trustOf(world)], [[], 'changed'], 'held');
      await store.trust.acceptIdentity(peer.id);
      const offered = await sent(world);
      same(
        offered.map((op) => op.id),
        [id],
        'offered again as it was',
      );
      for (const { envelope } of offered) await readAs(peer, me, id, envelope);
      await sync.settle([{ id, ok: false, code: 'STALE_KEY', bundle: other.bundle }]);
      same(await sent(world), [], 'given up');
      const { items } = await timelineOf(store, peer.id);
      same([items[0]?.tick, items[0]?.error, await store.countUnsent()], ['sent', null, 0], 'still sent');
    },
  },
  {
    title: 'Two keys that two devices pinned at the same time are held until the person decides',
    async run(world) {
      const { me, peer, store, subject } = world;
      const log = new Log(subject);
      await log.befriend();
      const lower = await lowerThan(peer);
      await adopt(world, 2, [[peer.id, pin(lower, false, 1)]]);
      const id = await store.queueMessage(peer.id, 'hello');
      same([await sent(world), await trustOf(world)], [[], 'changed'], 'held');
      await log.befriend();
      same([await sent(world), await trustOf(world)], [[], 'changed'], 'the one of this device again');
      await log.push({ ...log.friendship('friends'), bundle: lower.bundle });
      same([await sent(world), await trustOf(world)], [[], 'changed'], 'the other one offered');
      same(await kinds(world), ['identity-changed'], 'notices');
      same((await store.trust.pins()).get(peer.id), pin(peer, false, 1), 'ours stays pinned');
      await store.trust.acceptIdentity(peer.id);
      const [released] = await sent(world);
      same(released?.id, id, 'released');
      if (released !== undefined) await readAs(lower, me, id, released.envelope);
      same((await store.trust.pins()).get(peer.id), pin(lower, false, 2), 'decided');
    },
  },
  {
    title: 'A key that was verified here is not lost to one that was accepted elsewhere at the same time',
    async run(world) {
      const { me, peer, store, subject } = world;
      const log = new Log(subject);
      await log.befriend();
      await store.trust.setVerified(peer.id, peer.identity.signingPublic, true);
      const lower = await lowerThan(peer);
      await adopt(world, 2, [[peer.id, pin(lower, false, 2)]]);
      same(await trustOf(world), 'verified', 'ours');
      const id = await store.queueMessage(peer.id, 'hello');
      const [first] = await sent(world);
      if (first !== undefined) await readAs(peer, me, id, first.envelope);
      await log.push({ ...log.friendship('friends'), bundle: lower.bundle });
      same([await sent(world), await trustOf(world)], [[], 'changed-verified'], 'the other one offered');
      await adopt(world, 3, [[peer.id, pin(lower, true, 2)]]);
      await log.befriend();
      same([await sent(world), await trustOf(world)], [[], 'changed-verified'], 'both verified');
      await store.trust.setVerified(peer.id, peer.identity.signingPublic, true);
      same([(await sent(world)).length, await trustOf(world)], [1, 'verified'], 'compared again');
    },
  },
  {
    title: 'A message that is written while an identity is being verified goes to that one',
    async run(world) {
      const { me, peer, store, subject } = world;
      const log = new Log(subject);
      await log.befriend();
      for (let count = 0; count < 40; count++) await store.queueMessage(peer.id, `held ${count}`);
      const other = await newPerson(peer.id);
      await log.push({ ...log.friendship('friends'), bundle: other.bundle });
      // Another tab, where the person goes on writing.
      const tab = await openLocalStore({ report: (error) => world.errors.push(error), onLost: () => {} });
      if (tab === undefined || tab === 'locked') throw new Error('Nobody is signed in');
      const deciding = store.trust.setVerified(peer.id, other.identity.signingPublic, true);
      for (let count = 0; count < 8; count++) await tab.store.queueMessage(peer.id, `meanwhile ${count}`);
      await deciding;
      tab.store.close();
      const offered = await sent(world);
      same(offered.length, 48, 'all of them');
      for (const { id, envelope } of offered) await readAs(other, me, id, envelope);
    },
  },
  {
    title: 'What is held can be discarded, and fails when the friendship ends',
    async run(world) {
      const { me, peer, store, subject, sync } = world;
      const log = new Log(subject);
      await log.befriend();
      const other = await newPerson(peer.id);
      await log.push({ ...log.friendship('friends'), bundle: other.bundle });
      const say = (text: string) => store.queueMessage(peer.id, text);
      const ids = [await say('one'), await say('two'), await say('three')];
      await store.takeBack(ids[2] as OpId);
      await store.takeBack(ids[1] as OpId);
      const rows = async () =>
        (await timelineOf(store, peer.id)).items.map(({ text, tick, error }) => `${text} ${tick} ${error}`);
      same([await rows(), await store.countUnsent()], [['one queued KEY_CHANGED'], 1], 'discarded');
      const removal = await store.queueFriendAction('friend.remove', peer.id, 'robin');
      await sync.settle([{ id: removal, ok: true, time: 9 }]);
      same(await rows(), ['one failed NOT_FRIENDS'], 'the friendship has ended');
      await log.push({ ...log.friendship('friends'), bundle: other.bundle });
      await store.trust.acceptIdentity(peer.id);
      same(await sent(world), [], 'nothing goes by itself');
      await store.retry(ids[0] as OpId);
      const [retried] = await sent(world);
      const read = retried && (await readAs(other, me, retried.id, retried.envelope));
      same(read?.counter, 1, 'what was discarded leaves no gap');
      const impostor = await newPerson(peer.id);
      await log.push({ ...log.friendship('friends'), bundle: impostor.bundle });
      await log.push({ ...log.friendship('none'), bundle: impostor.bundle });
      same(await rows(), ['one failed NOT_FRIENDS'], 'ended by the friend');
      await store.takeBack((await timelineOf(store, peer.id)).items[0]?.id as OpId);
      same([await rows(), await store.countUnsent()], [[], 0], 'gone');
    },
  },
];

async function adopt(
  { me, opened, store }: World,
  revision: number,
  pins: readonly (readonly [UserId, Pin])[],
  identities: readonly Person[] = [me],
): Promise<void> {
  const keys = identities.map(({ identity }) => identity);
  const sealed: Bytes = await keyringOf(opened.keychain.account, me.id, keys, revision);
  await store.trust.adoptKeyring({ revision, pins: writePins({}, new Map(pins)), sealed });
}

const pin = ({ identity }: Person, verified: boolean, epoch: number): Pin => ({
  signing: identity.signingPublic,
  verified,
  epoch,
});

/** Another identity under the same name, with a signing key below the present one. */
async function lowerThan({ id, identity }: Person): Promise<Person> {
  for (;;) {
    const other = await newPerson(id);
    if (compareBytes(other.identity.signingPublic, identity.signingPublic) < 0) return other;
  }
}

async function trustOf({ peer, store }: World): Promise<StoredContact['trust'] | undefined> {
  const contacts = await next<readonly StoredContact[]>((listener) => store.liveContacts(listener));
  return contacts.find(({ id }) => id === peer.id)?.trust;
}

async function kinds({ peer, store }: World): Promise<string[]> {
  const notices = await next<readonly StoredNotice[]>((listener) => store.liveNotices(peer.id, listener));
  return notices.map(({ kind }) => kind);
}

async function sent({ sync }: World) {
  return (await sync.outbox(100)).flatMap(({ op }) => (op.kind === 'message.send' ? [op] : []));
}
