import { toBase64url } from '#shared/bytes.ts';
import { type PairRoot, derivePairRoot, openEnvelope, sealEnvelope } from '#shared/crypto/envelope.ts';
import { type Identity, createBundle, generateIdentity, rotateAgreement } from '#shared/crypto/identity.ts';
import { randomBytes, sha256 } from '#shared/crypto/primitives.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import { ENVELOPE_TYPE } from '#shared/schema/envelope.ts';
import { FIRST_PREV, type Payload, decodePayload, encodePayload } from '#shared/schema/payload.ts';
import type { ClientStore } from '#sync/client/ports.ts';
import { newOpId } from '#pwa/store/op-id.ts';
import type { LocalStore, StoredConversation, StoredWindow } from '#pwa/store/ports.ts';
import { type OpenStore, eraseLocalStore, openLocalStore } from '#pwa/store/provisioning.ts';
import { createLocalStore } from '#pwa/store/sign-in.ts';
import type { Lost } from '#pwa/store/database.ts';
import type { ClientStoreSubject } from '#tests/contracts/client-store-subject.ts';
import { holds } from '#tests/support/check.ts';
import { newUser } from './new-user.ts';

/** A user with keys, and what they send and read: the far side of a conversation, or our other device. */
export interface Person {
  readonly id: UserId;
  readonly identity: Identity;
  readonly bundle: Bytes;
}

export async function newPerson(id = toBase64url(randomBytes(16)) as UserId): Promise<Person> {
  const identity = await generateIdentity();
  return { id, identity, bundle: await createBundle(identity, { userId: id, epoch: 1, created: 1 }) };
}

/** The same identity with another agreement key. */
export async function rotated({ id, identity }: Person): Promise<Person> {
  const renewed = await rotateAgreement(identity);
  return { id, identity: renewed, bundle: await createBundle(renewed, { userId: id, epoch: 2, created: 2 }) };
}

export function rootBetween(self: Person, peer: Person): Promise<PairRoot> {
  return derivePairRoot(
    self.identity.agreement,
    { userId: self.id, publicKey: self.identity.agreementPublic },
    { userId: peer.id, publicKey: peer.identity.agreementPublic },
  );
}

/** Seals texts of one device, chained as the protocol wants it. */
export async function sender(from: Person, to: Person) {
  const root = await rootBetween(from, to);
  const device = toBase64url(randomBytes(16)) as DeviceId;
  let counter = 0;
  let end = Promise.resolve(FIRST_PREV);
  return async (id: OpId, text: string): Promise<Bytes> => {
    // In the order of the calls, though several are sealed at once.
    const written = end.then((prev) =>
      encodePayload({ device, counter: ++counter, prev, body: { kind: 'text', text } }),
    );
    end = written.then(sha256);
    return sealEnvelope({ root, type: ENVELOPE_TYPE.message, id, time: 1_000, payload: await written });
  };
}

/** What `to` reads in an envelope of `from`. Throws when it can't be opened. */
export async function readAs(
  to: Person,
  from: Person,
  id: OpId,
  envelope: Bytes,
): Promise<Payload & { raw: Bytes }> {
  const trusted = [await rootBetween(to, from)];
  const opened = await openEnvelope({ envelope, from: from.id, to: to.id, id, trusted });
  if (!opened.ok) throw new Error(`The peer can't open it: ${opened.error}`);
  const payload = decodePayload(opened.value.payload);
  if (!payload.ok) throw new Error(`The peer can't read it: ${payload.error}`);
  return { ...payload.value, raw: opened.value.payload };
}

/** One signed-in user on a device of their own (everything that was stored before is erased), and one peer. */
export interface World {
  readonly me: Person;
  readonly peer: Person;
  readonly opened: OpenStore;
  readonly store: LocalStore;
  /** The same database for a sync client: this device leads. */
  readonly sync: ClientStore;
  readonly subject: ClientStoreSubject;
  readonly errors: unknown[];
  readonly lost: Lost[];
}

export async function newWorld(): Promise<World> {
  await eraseLocalStore();
  const [me, peer] = await Promise.all([newPerson(), newPerson()]);
  const [errors, lost]: [unknown[], Lost[]] = [[], []];
  const opened = await createLocalStore(await newUser(me.id, [me.identity]), {
    report: (error) => errors.push(error),
    onLost: (why) => lost.push(why),
  });
  return worldOf(me, peer, opened, errors, lost);
}

async function worldOf(
  me: Person,
  peer: Person,
  opened: OpenStore,
  errors: unknown[],
  lost: Lost[],
): Promise<World> {
  const { store } = opened;
  const world = { me, peer, opened, store, sync: await store.lead(), errors, lost };
  return { ...world, subject: subjectOf(world) };
}

/** The app closed and started again, with no network. */
export async function restarted({ me, peer, store, errors, lost }: World): Promise<World> {
  store.close();
  const opened = await openLocalStore({
    report: (error) => errors.push(error),
    onLost: (why) => lost.push(why),
  });
  if (opened === undefined || opened === 'locked') throw new Error('Nobody is signed in');
  return worldOf(me, peer, opened, errors, lost);
}

/** This device as the suite of client stores sees it. */
function subjectOf(world: Omit<World, 'subject'>): ClientStoreSubject {
  const { me, peer, store, sync } = world;
  const sealing = Promise.all([sender(me, peer), sender(peer, me)]);
  return {
    self: me.id,
    peer: peer.id,
    peerBundle: peer.bundle,
    store: sync,
    async envelope(id, from, to, text) {
      holds([from, to].includes(me.id) && [from, to].includes(peer.id), 'between the two');
      const [mine, theirs] = await sealing;
      return (from === me.id ? mine : theirs)(id, text);
    },
    newId: () => newOpId(Date.now()),
    queueMessage: (text) => store.queueMessage(peer.id, text),
    queueAccept: () => store.queueFriendAction('friend.accept', peer.id, 'robin'),
    queueFriendAction: (kind) => store.queueFriendAction(kind, peer.id, 'robin'),
    messages: async () => (await timelineOf(store, peer.id)).items,
    async standing() {
      const contacts = await next(store.liveContacts);
      return contacts.find(({ id }) => id === peer.id)?.standing ?? 'none';
    },
    announced: () => next(store.liveAccountRevision),
    unread: async () => (await conversationOf(store, peer.id))?.unread ?? 0,
    see: (n) => store.markSeen(peer.id, n),
    calls: async () => (await timelineOf(store, peer.id)).calls,
    liveCalls: async () => (await next(store.calls.liveCalls)).map(({ id }) => id),
    seeCalls: () => store.calls.markSeen(peer.id),
    missed: () => next(store.calls.liveMissed),
    async read(id, envelope) {
      const { device, counter, body } = await readAs(peer, me, id, envelope);
      return { device, counter, text: body.kind === 'text' ? body.text : '' };
    },
    lead: () => store.lead(),
    restart: async () => (await restarted(world as World)).subject,
  };
}

/** The first answer of a live read. */
export function next<T>(subscribe: (listener: (value: T) => void) => () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('A live read did not answer')), 5_000);
    const stop = subscribe((value) => {
      clearTimeout(late);
      resolve(value);
      queueMicrotask(() => stop());
    });
  });
}

export function timelineOf(store: LocalStore, peer: UserId, limit = 100_000): Promise<StoredWindow> {
  return next((listener) => store.liveTimeline(peer, { newest: limit }, listener));
}

export async function conversationOf(
  store: LocalStore,
  peer: UserId,
): Promise<StoredConversation | undefined> {
  const rows = await next<readonly StoredConversation[]>((listener) => store.liveConversations(listener));
  return rows.find((row) => row.peer === peer);
}
