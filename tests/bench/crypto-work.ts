import { type PairRoot, derivePairRoot, openEnvelope, sealEnvelope } from '#shared/crypto/envelope.ts';
import { generateIdentity } from '#shared/crypto/identity.ts';
import { createKdf, stretchPassword } from '#shared/crypto/password.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import { ENVELOPE_TYPE } from '#shared/schema/envelope.ts';
import { FIRST_PREV, encodePayload } from '#shared/schema/payload.ts';
import type { DeviceId } from '#shared/ids.ts';

/** All in milliseconds, each the median of some rounds. Runs in Node and in browsers. */
export interface CryptoFigures {
  /** For one message of a batch that is handed over at once, as a page of the log is. */
  readonly seal: number;
  readonly open: number;
  /** The shared secret of a new contact. */
  readonly agree: number;
  /** PBKDF2 with 600,000 iterations, and what is derived from it. */
  readonly password: number;
}

const BATCH = 1000;
const ROUNDS = 5;
const [ANN, BOB] = ['A'.repeat(22) as UserId, 'B'.repeat(22) as UserId];
const ID = '0190b3c5-7d5e-7abc-8def-0123456789ab' as OpId;

export async function measureHere(): Promise<CryptoFigures> {
  const [ann, bob] = await Promise.all([generateIdentity(), generateIdentity()]);
  const [annParty, bobParty] = [
    { userId: ANN, publicKey: ann.agreementPublic },
    { userId: BOB, publicKey: bob.agreementPublic },
  ];
  const annRoot = await derivePairRoot(ann.agreement, annParty, bobParty);
  const bobRoot = await derivePairRoot(bob.agreement, bobParty, annParty);
  const text = 'There is a tunnel on the way, so I may go quiet for a bit.';
  const device = 'D'.repeat(22) as DeviceId;
  const payload = encodePayload({ device, counter: 1, prev: FIRST_PREV, body: { kind: 'text', text } });

  const sealAll = (): Promise<Bytes[]> =>
    Promise.all(Array.from({ length: BATCH }, () => sealOne(annRoot, payload)));
  const envelopes = await sealAll();
  return {
    seal: (await medianTime(sealAll)) / BATCH,
    open:
      (await medianTime(() => Promise.all(envelopes.map((envelope) => openOne(bobRoot, envelope))))) / BATCH,
    agree: await medianTime(() => derivePairRoot(ann.agreement, annParty, bobParty)),
    password: await medianTime(() => stretchPassword('correct horse battery', 'ann', createKdf())),
  };
}

const sealOne = (root: PairRoot, payload: Bytes): Promise<Bytes> =>
  sealEnvelope({ root, type: ENVELOPE_TYPE.message, id: ID, time: 1_700_000_000_000, payload });

async function openOne(root: PairRoot, envelope: Bytes): Promise<void> {
  const opened = await openEnvelope({ envelope, from: ANN, to: BOB, id: ID, trusted: [root] });
  if (!opened.ok) throw new Error(opened.error);
}

async function medianTime(action: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await action();
    times.push(performance.now() - began);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? NaN;
}
