import { encode } from '@msgpack/msgpack';
import { keyIdOf } from '#shared/crypto/verify.ts';
import type { Bytes, OpId } from '#shared/ids.ts';
import { ENVELOPE_TYPE, type EnvelopeHeader } from '#shared/schema/envelope.ts';
import { someBytes, someOpId, someUserId } from '../../support/api-people.ts';
import type { Registered } from '../../support/api-server.ts';
import { greet } from '../../support/api-socket.ts';
import { makeEnvelope } from '../../support/envelope.ts';
import { type Refusal, befriend, operation, said } from './refusal.ts';

/** An envelope as the server may see it, right in everything that `header` leaves. */
async function envelopeOf(
  from: Registered,
  to: Registered,
  id: OpId,
  header: Partial<EnvelopeHeader> = {},
): Promise<Bytes> {
  return makeEnvelope({
    from: from.session.userId,
    to: to.session.userId,
    id,
    toKeyId: await keyIdOf(to.identity.agreementPublic),
    fromKeyId: await keyIdOf(from.identity.agreementPublic),
    ...header,
  });
}

/** An envelope from ann to bob that is not what the connection says. */
const spoiled = (
  title: string,
  spoil: (envelope: Bytes) => Bytes,
  header: (other: Registered) => Partial<EnvelopeHeader> = () => ({}),
  code = 'ENVELOPE_INVALID',
): Refusal => ({
  title,
  status: 'result',
  code,
  async prepare(world) {
    const { ann, bob, cas } = world;
    const id = someOpId();
    const envelope = spoil(await envelopeOf(ann, bob, id, header(cas)));
    return operation(world, ann, { id, kind: 'message.send', to: bob.session.userId, envelope });
  },
});
const asItIs = (envelope: Bytes): Bytes => envelope;
const withByte =
  (at: number, value: number) =>
  (envelope: Bytes): Bytes => {
    const changed = envelope.slice();
    changed[at] = value;
    return changed;
  };

export const messages: readonly Refusal[] = [
  {
    title: 'A message to a stranger is refused',
    status: 'result',
    code: 'NOT_FRIENDS',
    async prepare(world) {
      const id = someOpId();
      const envelope = await envelopeOf(world.cas, world.bob, id);
      return operation(world, world.cas, {
        id,
        kind: 'message.send',
        to: world.bob.session.userId,
        envelope,
      });
    },
  },
  {
    title: 'A message to oneself is refused',
    status: 'result',
    code: 'NOT_FRIENDS',
    async prepare(world) {
      const id = someOpId();
      const envelope = await envelopeOf(world.ann, world.ann, id);
      return operation(world, world.ann, {
        id,
        kind: 'message.send',
        to: world.ann.session.userId,
        envelope,
      });
    },
  },
  {
    title: 'A message to nobody is refused',
    status: 'result',
    code: 'UNKNOWN_USER',
    async prepare(world) {
      const [id, to] = [someOpId(), someUserId()];
      const envelope = await envelopeOf(world.ann, world.bob, id, { to });
      return operation(world, world.ann, { id, kind: 'message.send', to, envelope });
    },
  },
  {
    title: 'A message to somebody who only asked to be a friend is refused',
    status: 'result',
    code: 'NOT_FRIENDS',
    async prepare(world) {
      const asker = await world.someone();
      await asker.agent.post('/api/friends/request', { receiver: 'ann' }, asker.bearer);
      const id = someOpId();
      const envelope = await envelopeOf(world.ann, asker, id);
      return operation(world, world.ann, { id, kind: 'message.send', to: asker.session.userId, envelope });
    },
  },
  {
    title: 'A message to a former friend is refused',
    status: 'result',
    code: 'NOT_FRIENDS',
    async prepare(world) {
      const former = await world.someone();
      await befriend(former, world.ann);
      await former.agent.post('/api/friends/remove', { target: 'ann' }, former.bearer);
      const id = someOpId();
      const envelope = await envelopeOf(world.ann, former, id);
      return operation(world, world.ann, { id, kind: 'message.send', to: former.session.userId, envelope });
    },
  },
  {
    title: 'A message to a friend who has blocked one is refused like one to a stranger',
    status: 'result',
    code: 'NOT_FRIENDS',
    async prepare(world) {
      const friend = await world.someone();
      await befriend(friend, world.ann);
      const line = await greet(world.server, friend);
      await line.carryOut({ id: someOpId(), kind: 'friend.block', to: world.ann.session.userId });
      line.ws.terminate();
      const id = someOpId();
      const envelope = await envelopeOf(world.ann, friend, id);
      return operation(world, world.ann, { id, kind: 'message.send', to: friend.session.userId, envelope });
    },
  },
  {
    title: 'A message to somebody who deleted their account is refused',
    status: 'result',
    code: 'UNKNOWN_USER',
    async prepare(world) {
      const friend = await world.someone();
      await befriend(friend, world.ann);
      const current = friend.registration.authKey;
      await friend.agent.post('/api/account/delete', { current }, friend.bearer);
      const id = someOpId();
      const envelope = await envelopeOf(world.ann, friend, id);
      return operation(world, world.ann, { id, kind: 'message.send', to: friend.session.userId, envelope });
    },
  },
  {
    title: 'A second message under the id of a first is refused',
    status: 'result',
    code: 'ID_REUSED',
    async prepare(world) {
      const { ann, bob } = world;
      const id = someOpId();
      const to = bob.session.userId;
      const first = await envelopeOf(ann, bob, id);
      const line = await greet(world.server, ann);
      await line.carryOut({ id, kind: 'message.send', to, envelope: first });
      line.ws.terminate();
      const second = await envelopeOf(ann, bob, id, { salt: someBytes(32) });
      return operation(world, ann, { id, kind: 'message.send', to, envelope: second });
    },
  },
  {
    title: 'The id of a message can’t be used again for something else',
    status: 'result',
    code: 'ID_REUSED',
    async prepare(world) {
      const { ann, bob } = world;
      const id = someOpId();
      const to = bob.session.userId;
      const line = await greet(world.server, ann);
      await line.carryOut({ id, kind: 'message.send', to, envelope: await envelopeOf(ann, bob, id) });
      line.ws.terminate();
      return operation(world, ann, { id, kind: 'friend.remove', to });
    },
  },
  spoiled('An envelope that says it is from somebody else is refused', asItIs, ({ session }) => ({
    from: session.userId,
  })),
  spoiled('An envelope that says it is to somebody else is refused', asItIs, ({ session }) => ({
    to: session.userId,
  })),
  spoiled('An envelope under another id than its operation is refused', asItIs, () => ({ id: someOpId() })),
  spoiled('An envelope of another type is refused as a message', asItIs, () => ({
    type: ENVELOPE_TYPE.call,
  })),
  spoiled('An envelope of another format is refused', withByte(0, 0x58)),
  spoiled('An envelope of another version is refused', withByte(2, 9)),
  spoiled('An envelope of an unknown type is refused', withByte(4, 77)),
  spoiled('An envelope that was cut short is refused', (envelope) => envelope.slice(0, 100)),
  spoiled('An empty envelope is refused', () => new Uint8Array(0)),
  spoiled('An envelope of noise is refused', () => someBytes(600)),
  spoiled(
    'An envelope to a key that the friend does not have is sent back with the present one',
    asItIs,
    () => ({ toKeyId: someBytes(16) }),
    'STALE_KEY',
  ),
  {
    title: 'An envelope above 70,000 bytes ends the socket',
    status: 4400,
    code: 'BAD_FIELD',
    prepare: (world) =>
      said(
        world,
        world.ann,
        encode({
          t: 'ops',
          ops: [
            {
              id: someOpId(),
              kind: 'message.send',
              to: world.bob.session.userId,
              envelope: someBytes(70_001),
            },
          ],
        }),
      ),
  },
];
