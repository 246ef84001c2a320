import { Log } from '#tests/contracts/client-store-subject.ts';
import { holds, same } from '#tests/support/check.ts';
import type { LocalStoreCase } from './case.ts';

export const EXPORT_CASES: readonly LocalStoreCase[] = [
  {
    title: 'Every message of a conversation can be read, those that wait or are offered again too',
    async run({ peer, store, sync, subject }) {
      await new Log(subject).befriend();
      const said = ['one', 'two', 'three'];
      const ids = [];
      for (const text of said) ids.push(await store.queueMessage(peer.id, text));
      await sync.settle(ids.map((id, index) => ({ id, ok: true, n: index + 1, time: 5 })));
      await store.queueMessage(peer.id, 'waits');
      const texts = async () =>
        (await store.readMessages(await store.messageIds(peer.id))).map(({ text }) => text);
      same(await texts(), [...said, 'waits'], 'before');
      await sync.reset();
      const again = await texts();
      same(again.length, 4, 'messages that are offered again');
      holds(
        [...said, 'waits'].every((text) => again.includes(text)),
        'every one of them',
      );
      const [first, second] = await store.messageIds(peer.id);
      if (first === undefined || second === undefined) throw new Error('no messages');
      same((await store.readMessages([second, first])).length, 2, 'some of them');
    },
  },
];
