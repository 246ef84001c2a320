import { Conversation } from '#tests/contracts/client-store-subject.ts';
import { becomes, same } from '#tests/support/check.ts';
import { openConversation } from '../open-conversation.ts';
import type { LocalStoreCase } from './case.ts';

export const OPEN_CONVERSATION_CASES: readonly LocalStoreCase[] = [
  {
    title: 'C17 what was on the screen counts as seen by itself once nothing before it is missing',
    async run(world) {
      const talk = new Conversation(world.subject);
      await talk.hear('1', '2', '3', '4', '5');
      await talk.tell(1, { delivered: 2, seen: 2 });
      const { models, room, leave } = await openConversation(world);
      same(models.timeline.unreadAfter.value, 2, 'the divider');
      room.markSeen(5);
      const { store, subject } = world;
      await new Promise((resolve) => setTimeout(resolve, 50));
      same([await store.seenUpTo(subject.peer), await subject.unread()], [2, 3], 'while two are missing');
      await talk.tellHistory(5, 2);
      await becomes(async () => (await store.seenUpTo(subject.peer)) === 5, 'seen');
      same(await subject.unread(), 0, 'unread');
      leave();
    },
  },
  {
    title: 'C16 who reads on to what is not here asks the server for it',
    async run(world) {
      const talk = new Conversation(world.subject);
      await talk.hear('1', '2', '3', '4', '5');
      await talk.tell(2, { delivered: 5, seen: 5 });
      const { models, room, wishes, leave } = await openConversation(world);
      same(models.timeline.hasEarlier.value, true, 'earlier ones');
      room.loadEarlier();
      room.fillHole(4);
      same(wishes, [`${world.peer.id} 4`, `${world.peer.id} 4`], 'asked for');
      await talk.tellHistory(4, 3);
      await becomes(() => models.timeline.items.value.length === 5, 'they are shown');
      same(models.timeline.hasEarlier.value, false, 'no earlier ones');
      room.loadEarlier();
      same(wishes.length, 2, 'nothing to ask for');
      leave();
    },
  },
];
