import { type OpId, type UserId, pairOf } from '#shared/ids.ts';
import type { SyncStore } from '#sync/server/ports.ts';
import { undeliveredHole } from '../sync/sim/disk.ts';
import type { Fail } from '../sync/sim/fail.ts';
import type { SoakPerson } from './soak-person.ts';

const PAGE = { entries: 200, bytes: 1_000_000 } as const;

/** Nothing waits, nothing is missing, and both sides of every friendship have everything that either wrote. */
export function isSettled(a: SoakPerson, b: SoakPerson): boolean {
  const total = writtenTo(a, b).length + writtenTo(b, a).length;
  return [
    [a, b],
    [b, a],
  ].every(([self, peer]) => {
    const conversation = self && peer && self.disk.conversations.get(peer.user);
    if (!self?.isLive() || self.disk.queue.size > 0 || !conversation) return false;
    return undeliveredHole(conversation) === null && conversation.top === total;
  });
}

/**
 * Holds what two friends wrote against the server's database and both devices: each message once, under the number that
 * was acknowledged, and each writer's in the order of writing. Gives how many there are.
 */
export async function judgePair(store: SyncStore, a: SoakPerson, b: SoakPerson, fail: Fail): Promise<number> {
  const kept = await readConversation(store, a.user, b.user);
  const numbers = new Map(kept.map((op, at) => [op, at + 1]));
  const name = `${a.user} and ${b.user}`;
  if (numbers.size !== kept.length)
    fail('S3', `${name}: ${kept.length - numbers.size} messages are there twice`);
  const written = [writtenTo(a, b), writtenTo(b, a)];
  const total = written.flat().length;
  if (kept.length !== total)
    fail('S2', `${name}: ${total} messages were written, and ${kept.length} are kept`);
  for (const mine of written) {
    const order = mine.map((op) => numbers.get(op) ?? 0);
    if (order.includes(0)) fail('S2', `${name}: a message is missing`);
    if (order.some((n, at) => at > 0 && n <= (order[at - 1] ?? 0))) fail('C2', `${name}: out of order`);
  }
  for (const [self, peer] of [
    [a, b],
    [b, a],
  ] as const) {
    const here = self.disk.conversations.get(peer.user)?.held.slice(1) ?? [];
    const differs = kept.findIndex((op, at) => here[at] !== op);
    if (differs >= 0 || here.length !== kept.length)
      fail('C5', `${name}: a device differs from the server at ${differs + 1}`);
    for (const op of writtenTo(self, peer)) {
      const answered = self.acknowledged.get(op);
      if (answered !== undefined && answered !== numbers.get(op))
        fail('S2', `${name}: ${op} was acknowledged as ${answered}, and is ${numbers.get(op)}`);
    }
  }
  return kept.length;
}

const writtenTo = (self: SoakPerson, peer: SoakPerson): readonly OpId[] =>
  self.disk.written.get(peer.user) ?? [];

/** The messages that the server keeps of a conversation, oldest first. */
async function readConversation(store: SyncStore, user: UserId, peer: UserId): Promise<OpId[]> {
  let before = (await store.conversation(pairOf(user, peer))).head + 1;
  const pages: OpId[][] = [];
  while (before > 1) {
    const { from, messages } = await store.history(user, peer, before, PAGE);
    if (from >= before) throw new Error(`There is no message ${before - 1}.`);
    pages.push(messages.map(({ op }) => op));
    before = from;
  }
  return pages.toReversed().flat();
}
