import { equalBytes } from '#shared/bytes.ts';
import { type Pin, writePins } from '#shared/crypto/pins.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import type { StoredContact, StoredNotice } from '#pwa/store/ports.ts';
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
