import type { Bytes, OpId } from '#shared/ids.ts';
import type { Entry } from '#sync/wire/down.ts';
import type { StoredNotice } from '#pwa/store/ports.ts';
import { Log } from '#tests/contracts/client-store-subject.ts';
import { same } from '#tests/support/check.ts';
import { type World, newPerson, next, readAs, sender } from '../world.ts';
import type { LocalStoreCase } from './case.ts';

export const CHAIN_CASES: readonly LocalStoreCase[] = [
  {
    title: 'Messages that come as they were sent say nothing more, however they are cut into pages',
    async run(world) {
      const { hear, log } = await talk(world, 5);
      await log.push(hear(1, 0));
      await log.push(hear(2, 1), hear(3, 2));
      await log.push(hear(4, 3), hear(5, 4));
      same(await missing(world), [], 'notices');
    },
  },
  {
    title: 'A message that the server never handed over is missed where it should stand',
    async run(world) {
      const { hear, log } = await talk(world, 4);
      await log.push(hear(1, 0), hear(2, 2));
      same(await missing(world), [1], 'behind the first');
      await log.push(hear(3, 3));
      same(await missing(world), [1], 'said once');
    },
  },
  {
    title: 'The first messages of a conversation are missed too',
    async run(world) {
      const { hear, log } = await talk(world, 2);
      await log.push(hear(1, 1));
      same(await missing(world), [0], 'before all');
    },
  },
  {
    title: 'Messages in another order than they were written are noticed',
    async run(world) {
      const { hear, log } = await talk(world, 3);
      await log.push(hear(1, 0), hear(2, 2), hear(3, 1));
      same(await missing(world), [1, 2], 'notices');
    },
  },
  {
    title: 'Two devices of one person have chains of their own',
    async run(world) {
      const { hear, log } = await talk(world, 2);
      const other = await talk(world, 2, log);
      await log.push(hear(1, 0), other.hear(2, 0), hear(3, 1), other.hear(4, 1));
      same(await missing(world), [], 'notices');
    },
  },
  {
    title: 'A hole is no missing message, and neither is what fills it',
    async run(world) {
      const { sync, peer } = world;
      const { hear, log } = await talk(world, 4);
      await log.push(hear(1, 0), hear(4, 3));
      same(await missing(world), [], 'numbers 2 and 3 are still to come');
      const messages = [hear(2, 1), hear(3, 2)];
      await sync.applyHistory({ peer: peer.id, from: 2, before: 4, messages, calls: [] });
      same(await missing(world), [], 'they came');
    },
  },
  {
    title: 'What can’t be opened yet is not missing',
    async run(world) {
      const { peer, me, subject } = world;
      const { hear, log } = await talk(world, 3);
      const stranger = await newPerson(peer.id);
      const op = subject.newId();
      const sealed = {
        ...hear(2, 1),
        op,
        envelope: await (await sender(stranger, me))(op, 'sealed to other keys'),
      };
      await log.push(hear(1, 0), sealed, hear(3, 2));
      same(await missing(world), [], 'notices');
    },
  },
  {
    title: 'What failed for good leaves no gap in what the friend gets',
    async run({ me, peer, store, sync, subject }) {
      await new Log(subject).befriend();
      const say = (text: string) => store.queueMessage(peer.id, text);
      const settle = (ids: readonly OpId[], ok: boolean) =>
        sync.settle(ids.map((id) => (ok ? { id, ok, time: 1 } : { id, ok, code: 'NOT_FRIENDS' })));
      const chain: string[] = [];
      const take = async () => {
        for (const { op } of await sync.outbox(10)) {
          if (op.kind !== 'message.send') continue;
          const { counter, prev } = await readAs(peer, me, op.id, op.envelope);
          chain.push(`${counter} after ${prev.some((byte) => byte !== 0) ? 'one' : 'none'}`);
        }
      };
      await settle([await say('one')], true);
      await settle([await say('two'), await say('three')], false);
      const retried = await say('four');
      await take();
      await settle([retried], true);
      const [failing, going] = [await say('five'), await say('six')];
      await settle([failing], false);
      await settle([going], true);
      await say('seven');
      await take();
      same(chain, ['2 after one', '5 after one'], 'places in the chain');
    },
  },
];

interface Talk {
  readonly log: Log;
  /** Number `n` of the conversation: what the peer's device wrote as its message `index`. */
  hear(n: number, index: number): Extract<Entry, { kind: 'message' }>;
}

/** A device of the peer that has written some messages. */
async function talk({ me, peer, subject }: World, count: number, known?: Log): Promise<Talk> {
  const log = known ?? new Log(subject);
  if (known === undefined) await log.befriend();
  const write = await sender(peer, me);
  const written: { op: OpId; envelope: Bytes }[] = [];
  for (let index = 0; index < count; index++) {
    const op = subject.newId();
    written.push({ op, envelope: await write(op, `message ${index}`) });
  }
  return {
    log,
    hear(n, index) {
      const message = written[index];
      if (message === undefined) throw new Error(`The peer has not written message ${index}`);
      return { seq: log.next(), time: n, kind: 'message', from: peer.id, to: me.id, n, ...message };
    },
  };
}

/** Behind which numbers messages are missing. */
async function missing({ peer, store }: World): Promise<number[]> {
  const notices = await next<readonly StoredNotice[]>((listener) => store.liveNotices(peer.id, listener));
  return notices.filter(({ kind }) => kind === 'messages-missing').map(({ after }) => after);
}
