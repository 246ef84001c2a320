import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { fromBase64url, toBase64url } from '#shared/bytes.ts';
import { type PairRoot, derivePairRoot, sealEnvelope } from '#shared/crypto/envelope.ts';
import { createKdf, stretchPassword } from '#shared/crypto/password.ts';
import { createRecoveryCode, openRecoveryCode } from '#shared/crypto/recovery.ts';
import { randomBytes, sha256 } from '#shared/crypto/primitives.ts';
import { verifyBundle } from '#shared/crypto/verify.ts';
import type { DeviceId, OpId } from '#shared/ids.ts';
import { ENVELOPE_TYPE } from '#shared/schema/envelope.ts';
import { session as sessionSchema } from '#shared/schema/http.ts';
import { FIRST_PREV, encodePayload } from '#shared/schema/payload.ts';
import { type AccountKeys, type Device, makeAccount } from '#pwa/controllers/credentials.ts';
import { newOpId } from '#pwa/store/op-id.ts';
import { decodeDown, encodeFrame } from '#sync/wire/codec.ts';
import type { OpResult } from '#sync/wire/down.ts';
import type { Operation } from '#sync/wire/up.ts';
import { SUBPROTOCOL, VERSIONS } from '#sync/wire/version.ts';
import * as v from 'valibot';
import { settled } from './wait.ts';

/**
 * Two friends with a long conversation, made as the app makes them: registered with real keys, every message sealed
 * here, every operation sent over the socket. The server can't tell them from people.
 */
export const SEEDED = { password: 'correct horse battery', users: ['alice', 'bob'] } as const;

export interface Seeding {
  /** The server's origin, without a slash at the end. */
  readonly url: string;
  readonly messages: number;
  /** False when bob's device never had any of it: then his next one fetches all. */
  readonly received?: boolean;
  /** Alice called bob once, and he did not hear it. */
  readonly missedCall?: boolean;
  readonly progress?: (sent: number) => void;
}

const ANSWER_MS = 20_000;
/** The newest messages of alice that bob has not seen. */
const UNREAD = 3;
const RECENT = 500;

/** Resolves to false, having done nothing, when the users exist already. */
export async function seed({
  url,
  messages,
  received = true,
  missedCall = false,
  progress,
}: Seeding): Promise<boolean> {
  const alice = await signUp(url, SEEDED.users[0]);
  if (alice === null) return false;
  const bob = await signUp(url, SEEDED.users[1]);
  if (bob === null) throw new Error(`${SEEDED.users[1]} exists, but ${SEEDED.users[0]} did not.`);

  const [a, b] = await Promise.all([enter(url, alice), enter(url, bob)]);
  try {
    await a.send([{ id: newOpId(Date.now()), kind: 'friend.request', to: bob.userId }]);
    await b.send([{ id: newOpId(Date.now()), kind: 'friend.accept', to: alice.userId }]);
    const sides = [
      { link: a, writer: await writerFrom(alice, bob) },
      { link: b, writer: await writerFrom(bob, alice) },
    ] as const;
    for (let sent = 0; sent < messages;) {
      // Some from one, then some from the other, as people write; long ago in larger portions, which is faster.
      const { link, writer } = sides[sent % 2 === 0 ? 0 : 1];
      const most = messages - sent > RECENT ? 101 : 7;
      const count = Math.min(messages - sent, 1 + ((sent * 7) % most));
      const texts = Array.from({ length: count }, (_, i) => textOf(sent + i, messages));
      await link.send(await Promise.all(texts.map(writer)));
      sent += count;
      progress?.(sent);
    }
    const receipt = (to: Keys, seen: number): Operation => ({
      id: newOpId(Date.now()),
      kind: 'receipt',
      to: to.userId,
      delivered: messages,
      seen: Math.max(0, seen),
    });
    await a.send([receipt(bob, messages)]);
    if (received) await b.send([receipt(alice, messages - UNREAD)]);
    if (missedCall) {
      const call = newOpId(Date.now());
      const to = bob.userId;
      await a.send([{ id: call, kind: 'call.start', to, device: alice.device.id, media: 'video' }]);
      await a.send([{ id: newOpId(Date.now()), kind: 'call.end', to, call, reason: 'hung-up' }]);
    }
  } finally {
    a.leave();
    b.leave();
  }
  return true;
}

interface Keys extends AccountKeys {
  readonly device: Device;
  readonly token: string;
  /** As it was registered, in base64url. */
  readonly offered: string;
}

async function signUp(url: string, name: string): Promise<Keys | null> {
  const device = { id: toBase64url(randomBytes(16)) as DeviceId, name: 'Seeding' };
  const kdf = createKdf();
  const [password, recovery] = await Promise.all([
    stretchPassword(SEEDED.password, name, kdf),
    openRecoveryCode(createRecoveryCode(), name),
  ]);
  const { request, account } = await makeAccount(name, device, kdf, password, recovery);
  const response = await fetch(`${url}/api/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const body: unknown = await response.json();
  if (response.status === 409) return null;
  if (!response.ok) throw new Error(`${name} could not register: ${response.status} ${JSON.stringify(body)}`);
  const { accessToken } = v.parse(sessionSchema, body);
  return { ...account.keys, device, token: accessToken, offered: request.bundle };
}

interface Link {
  /** Sends operations and waits for the result of each. Rejects when one is refused. */
  send(operations: readonly Operation[]): Promise<void>;
  leave(): void;
}

async function enter(url: string, { token, device }: Keys): Promise<Link> {
  const address = `${url.replace(/^http/, 'ws')}/api/socket`;
  const socket = new WebSocket(address, [SUBPROTOCOL, `bearer.${token}`], { origin: url });
  socket.binaryType = 'nodebuffer';
  const waiting = new Map<OpId, (result: OpResult) => void>();
  let broken: (error: Error) => void = () => undefined;
  const ended = new Promise<never>((_, reject) => {
    broken = reject;
  });
  ended.catch(() => undefined);
  socket.on('error', (error) => broken(error));
  socket.on('close', (code, reason) => broken(new Error(`The socket closed: ${code} ${reason.toString()}`)));
  socket.on('message', (data: Buffer) => {
    const frame = decodeDown(data);
    if (!frame.ok) broken(new Error(`The server sent ${frame.error}.`));
    else if (frame.value.t === 'entries') socket.send(encodeFrame({ t: 'took', seq: frame.value.page.to }));
    else if (frame.value.t === 'snapshot') socket.send(encodeFrame({ t: 'took', seq: frame.value.part.seq }));
    else if (frame.value.t === 'bye') broken(new Error(`The server said goodbye: ${frame.value.code}`));
    else if (frame.value.t === 'results')
      for (const result of frame.value.results) waiting.get(result.id)?.(result);
  });
  await settled(Promise.race([once(socket, 'open'), ended]), {
    within: ANSWER_MS,
    for: 'the socket to open',
  });
  socket.send(
    encodeFrame({ t: 'hello', v: [...VERSIONS], device: device.id, gen: 0, cursor: null, ops: [] }),
  );

  return {
    async send(operations) {
      const answers = operations.map(
        async (operation) =>
          new Promise<void>((resolve, reject) => {
            waiting.set(operation.id, (result) => {
              waiting.delete(result.id);
              if (result.ok) resolve();
              else reject(new Error(`${operation.kind} was refused: ${result.code}`));
            });
          }),
      );
      socket.send(encodeFrame({ t: 'ops', ops: [...operations] }));
      await settled(Promise.race([Promise.all(answers), ended]), { within: ANSWER_MS, for: 'results' });
    },
    leave: () => socket.close(),
  };
}

/** Seals text after text, chained as one device's payloads are. */
async function writerFrom(self: Keys, peer: Keys): Promise<(text: string) => Promise<Operation>> {
  const root = await rootBetween(self, peer);
  const { device } = self;
  let counter = 0;
  let last = Promise.resolve(FIRST_PREV);
  return async (text) => {
    counter += 1;
    const mine = counter;
    const id = newOpId(Date.now());
    const payload = last.then((prev) =>
      encodePayload({ device: device.id, counter: mine, prev, body: { kind: 'text', text } }),
    );
    last = payload.then(sha256);
    const sealing = { root, type: ENVELOPE_TYPE.message, id, time: Date.now(), payload: await payload };
    return { id, kind: 'message.send', to: peer.userId, envelope: await sealEnvelope(sealing) };
  };
}

async function rootBetween(self: Keys, peer: Keys): Promise<PairRoot> {
  const bundle = fromBase64url(peer.offered);
  const offered = bundle === undefined ? null : await verifyBundle(bundle, peer.userId);
  if (offered?.ok !== true) throw new Error('The other’s bundle is not valid.');
  const [identity] = self.identities;
  return derivePairRoot(
    identity.agreement,
    { userId: self.userId, publicKey: identity.agreementPublic },
    { userId: peer.userId, publicKey: offered.value.agreement },
  );
}

const LINES = [
  'Are you on the train yet?',
  'Yes, it left on time for once 🚆',
  'There is a tunnel on the way, so I may go quiet for a bit.',
  'No hurry. I’ll write, and it arrives when it arrives.',
  'I found the recipe: https://example.org/soup?for=two',
  'Two onions, not three. I counted again.',
  'שלום! Left to right and right to left in one line.',
  'Could you bring the blue umbrella?\nThe other one is broken.',
  'I can’t talk now, but I can type 😄',
  'That reminds me of the summer when the lake froze in the stories my grandfather told. He swore that it was true, and nobody who was there would ever say otherwise.',
  'Good night!',
] as const;

function textOf(index: number, messages: number): string {
  if (index === messages - 1) return 'That was the last one. Write back!';
  return `${LINES[(index * 5) % LINES.length]} (${index + 1})`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url = 'http://localhost:3000', messages = '10000'] = process.argv.slice(2);
  const began = performance.now();
  const made = await seed({ url, messages: Number(messages), missedCall: true });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    made
      ? `${SEEDED.users.join(' and ')} have ${messages} messages, and bob missed a call (${seconds} s).`
      : 'They are there already.',
  );
}
