import { Failure } from '#shared/errors.ts';
import { Conversation, Log } from '#tests/contracts/client-store-subject.ts';
import { becomes, same } from '#tests/support/check.ts';
import { enterConversations, openConversation } from '../open-conversation.ts';
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
  {
    title: 'C1 what one writes is on the screen at once, and says that it waits only when it is stored',
    async run(world) {
      const log = new Log(world.subject);
      await log.befriend();
      await log.push(await log.message(1, 'hello'));
      const { store } = world;
      const gate = Promise.withResolvers<void>();
      const slow: typeof store = {
        ...store,
        queueMessage: async (...asked) => {
          await gate.promise;
          return store.queueMessage(...asked);
        },
      };
      const { models, room, leave } = await openConversation(world, slow);
      const { timeline } = models;
      const shown = () => timeline.items.value.map(({ text, tick }) => `${text} ${tick}`);
      const sending = [room.send('one'), room.send('two')];
      same(shown(), ['hello null', 'one writing', 'two writing'], 'before anything is stored');
      const ids = timeline.items.value.map(({ id }) => id);
      await log.push(await log.message(2, 'meanwhile'));
      await becomes(() => shown().length === 4, 'what comes in stands above what is being written');
      same(shown().slice(1), ['meanwhile null', 'one writing', 'two writing'], 'in their order');
      gate.resolve();
      await Promise.all(sending);
      await becomes(() => shown()[3] === 'two queued', 'stored');
      same(shown().slice(2), ['one queued', 'two queued'], 'once each');
      same(
        timeline.items.value.slice(2).map(({ id }) => id),
        ids.slice(1),
        'the messages that were shown',
      );
      leave();
    },
  },
  {
    title:
      'C1 what could not be stored goes back into its field, in its order, in front of what was typed since',
    async run(world) {
      const log = new Log(world.subject);
      await log.befriend();
      await log.push(await log.message(1, 'hello'));
      const gate = Promise.withResolvers<never>();
      const store = { ...world.store, queueMessage: () => gate.promise };
      const { models, room, leave } = await openConversation(world, store);
      const { timeline, shell } = models;
      await becomes(() => timeline.draftRead.value, 'the draft is known');
      const sending = [room.send('one'), room.send('two')];
      room.setDraft('three');
      gate.reject(new Failure('STORAGE_FULL', 'test'));
      await Promise.all(sending);
      same(
        [timeline.items.value.map(({ text }) => text), timeline.draft.value],
        [['hello'], 'one\ntwo\nthree'],
        'nothing is claimed, nothing is lost',
      );
      same(shell.toasts.value.length, 1, 'and it is said why');

      room.setDraft('');
      const late = room.send('four');
      shell.route.value = { panel: 'people' };
      await late;
      await room.saveDrafts();
      same(await world.store.draft(world.peer.id), 'four', 'also for who has left');
      leave();
    },
  },
  {
    title: 'From the list a conversation is read before its view comes, and soon it comes in any case',
    async run(world) {
      const log = new Log(world.subject);
      await log.befriend();
      await log.push(await log.message(1, 'hello'));
      const list = { panel: 'chats', peer: null } as const;
      const talk = { panel: 'chats', peer: world.peer.id } as const;
      let gone = 0;
      const go = () => void gone++;

      const quick = enterConversations(world, world.store, list);
      await becomes(() => quick.models.conversations.loaded.value, 'the list');
      quick.room.ahead(talk, go);
      same(gone, 0, 'at once');
      await becomes(() => gone === 1, 'its view comes');
      same(
        quick.models.timeline.items.value.map(({ text }) => text),
        ['hello'],
        'with its messages',
      );
      quick.models.shell.route.value = talk;
      same(quick.models.timeline.loaded.value, true, 'read once');
      quick.room.ahead(list, go);
      same(gone, 2, 'the way back is not delayed');
      quick.leave();

      const slow = enterConversations(world, { ...world.store, liveTimeline: () => () => {} }, list);
      await becomes(() => slow.models.conversations.loaded.value, 'the list again');
      slow.room.ahead(talk, go);
      await becomes(() => gone === 3, 'its view comes without them');
      slow.room.ahead(talk, go);
      slow.models.shell.route.value = { panel: 'people' };
      await new Promise((resolve) => setTimeout(resolve, 200));
      same(gone, 3, 'who went elsewhere stays there');
      slow.leave();
    },
  },
];
