import Dexie from 'dexie';
import { equalBytes } from '#shared/bytes.ts';
import { openKeyring } from '#shared/crypto/keyring.ts';
import { type Pin, readPins, writePins } from '#shared/crypto/pins.ts';
import type { UserId } from '#shared/ids.ts';
import { databaseName } from '#pwa/store/database.ts';
import { eraseKeys, openLocalStore } from '#pwa/store/provisioning.ts';
import { createLocalStore } from '#pwa/store/sign-in.ts';
import { Log } from '#tests/contracts/client-store-subject.ts';
import { holds, rejects, same } from '#tests/support/check.ts';
import { keyringOf, newUser } from '../new-user.ts';
import { type Person, type World, conversationOf, restarted, rotated } from '../world.ts';
import type { LocalStoreCase } from './case.ts';

export const KEYRING_CASES: readonly LocalStoreCase[] = [
  {
    title: 'Another keyring of a known revision is joined: no key and no decision is let go',
    async run(world) {
      const { me, peer, opened } = world;
      const renewed = await rotated(me);
      const decided: Pin = { signing: peer.identity.signingPublic, verified: true, epoch: 3 };
      await adopt(world, 2, [renewed, me], [[peer.id, decided]]);
      await adopt(world, 2, [me], [[peer.id, { ...decided, verified: false, epoch: 2 }]]);
      const { keychain } = opened;
      same(keychain.identities.length, 2, 'identities');
      holds(isNewest(keychain.identities, renewed), 'the renewed one first');
      const kept = await openKept(world);
      same(kept.identities.length, 2, 'identities in the copy');
      same(readPins(kept.pins).get(peer.id), decided, 'the later decision in the copy');
      const again = await restarted(world);
      holds(isNewest(again.opened.keychain.identities, renewed), 'after a restart');
      again.store.close();
    },
  },
  {
    title: 'An older keyring is refused in the same history, and joined when the server was restored',
    async run(world) {
      const { me, store, sync, subject, opened } = world;
      const log = new Log(subject);
      await log.befriend();
      const renewed = await rotated(me);
      await adopt(world, 5, [renewed, me]);
      await rejects(adopt(world, 4, [me]), 'an older one', 'KEYRING_OLD');
      same(opened.keychain.identities.length, 2, 'nothing changed');
      same(await store.trust.knownRevision(), 5, 'revision');

      await sync.reset();
      const { page, cursor } = log.again('restored');
      await sync.applyPage(page, cursor);
      await adopt(world, 4, [me]);
      same(await store.trust.knownRevision(), 4, 'what counts from now on');
      holds(isNewest(opened.keychain.identities, renewed), 'our newer keys stay');
      same((await openKept(world)).identities.length, 2, 'and can be put back');
      await rejects(adopt(world, 3, [me]), 'an older one again', 'KEYRING_OLD');
    },
  },
  {
    title: 'A keyring that is refused changes no key, even when another tab is faster',
    async run(world) {
      const { me, store, opened } = world;
      await new Log(world.subject).befriend();
      const renewed = await rotated(me);
      await Promise.allSettled([adopt(world, 3, [renewed, me]), adopt(world, 2, [me])]);
      same(await store.trust.knownRevision(), 3, 'revision');
      holds(isNewest(opened.keychain.identities, renewed), 'the renewed one first');
    },
  },
  {
    title: 'Somebody who signs in again, with an older keyring, keeps the newer keys of this device',
    async run(world) {
      const { me, opened } = world;
      const secret = new Uint8Array(32).fill(7);
      opened.store.close();
      const events = { report: () => {}, onLost: () => {} };
      const other = { ...me, id: `${me.id.slice(0, -2)}AA` as UserId };
      const first = await createLocalStore(await newUser(other.id, [me.identity], secret), events);
      const renewed = await rotated(me);
      await adopt({ ...world, me: other, opened: first, store: first.store }, 2, [renewed, me]);
      first.store.close();
      const again = await createLocalStore(await newUser(other.id, [me.identity], secret), events);
      holds(isNewest(again.keychain.identities, renewed), 'the renewed one first');
      same(again.keychain.identities.length, 2, 'identities');
      again.store.close();
    },
  },
  {
    title: 'An erase that was cut off after the keys is finished at the next start',
    async run(world) {
      const { me, store, errors } = world;
      await new Log(world.subject).befriend();
      store.close();
      await eraseKeys();
      same(await openLocalStore({ report: (error) => errors.push(error), onLost() {} }), undefined, 'nobody');
      holds(!(await Dexie.exists(databaseName(me.id))), 'nothing is left');
    },
  },
  {
    title: 'A sign-in after an erase that was cut off begins anew',
    async run(world) {
      const { me, peer, store, errors, subject } = world;
      await new Log(subject).befriend();
      await adopt(world, 2, [me]);
      store.close();
      await eraseKeys();
      const events = { report: (error: unknown) => errors.push(error), onLost() {} };
      const opened = await createLocalStore(await newUser(me.id, [me.identity]), events);
      const sealed = await keyringOf(opened.keychain.account, me.id, [me.identity], 2);
      await opened.store.trust.adoptKeyring({ revision: 2, pins: {}, sealed });
      same(await conversationOf(opened.store, peer.id), undefined, 'conversations');
      opened.store.close();
    },
  },
];

async function adopt(
  { me, opened, store }: World,
  revision: number,
  identities: readonly Person[],
  pins: readonly (readonly [UserId, Pin])[] = [],
): Promise<void> {
  const written = writePins({}, new Map(pins));
  const keys = identities.map(({ identity }) => identity);
  const sealed = await keyringOf(opened.keychain.account, me.id, keys, revision, written);
  await store.trust.adoptKeyring({ revision, pins: written, sealed });
}

async function openKept({ me, opened: { keychain } }: World) {
  const kept = await keychain.keyring();
  const opened = kept && (await openKeyring(keychain.account, me.id, kept));
  if (!opened?.ok) throw new Error('no keyring is kept');
  return opened.value.keyring;
}

const isNewest = ([newest]: readonly { agreementPublic: Uint8Array }[], { identity }: Person) =>
  newest !== undefined && equalBytes(newest.agreementPublic, identity.agreementPublic);
