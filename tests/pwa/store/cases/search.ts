import { createSearch } from '#pwa/controllers/search.ts';
import { createToasts } from '#pwa/controllers/toasts.ts';
import { Conversation } from '#tests/contracts/client-store-subject.ts';
import { becomes, same } from '#tests/support/check.ts';
import { openConversation } from '../open-conversation.ts';
import type { World } from '../world.ts';
import type { LocalStoreCase } from './case.ts';

export const SEARCH_CASES: readonly LocalStoreCase[] = [
  {
    title: 'A search finds what is here, what comes in, in pages, and conversations by their names',
    async run(world) {
      const talk = new Conversation(world.subject);
      await talk.hear('A blue umbrella', 'Nothing of it', 'Umbrellas <b>are</b> blue');
      await talk.tell(3);
      const { models, search, leave } = await openSearch(world);
      const found = () =>
        models.search.hits.value?.map(({ excerpt }) => excerpt.map(({ text }) => text).join('')).join('|');
      search.search('umbr');
      await becomes(() => found() === 'Umbrellas <b>are</b> blue|A blue umbrella', 'both, newest first');
      same(models.search.hits.value?.[1]?.excerpt.at(-2), { text: 'umbr', hit: true }, 'the hit');
      await becomes(() => models.search.progress.value === null, 'all is read');

      await talk.hear('My umbrella');
      await talk.tell(1);
      await becomes(() => found()?.startsWith('My umbrella|') === true, 'a new one');
      const many = Array.from({ length: 90 }, (_, index) => `${index} brollies`);
      await talk.hear(...many);
      await talk.tell(90);
      search.search('brollies 7');
      search.search('brol');
      await becomes(() => models.search.hits.value?.length === 30, 'a page of many at once');
      same(models.search.hasMore.value, true, 'more');
      search.searchMore();
      search.searchMore();
      search.searchMore();
      await becomes(() => models.search.hits.value?.length === 90, 'all pages');
      same(models.search.hasMore.value, false, 'no more');

      search.search('');
      await becomes(() => models.search.hits.value === null, 'nothing is looked for');
      search.search('ROB');
      await becomes(() => models.search.chats.value.length === 1, 'a conversation by its name');
      leave();
    },
  },
  {
    title: 'A search of the open conversation goes from hit to hit, the newest first',
    async run(world) {
      const talk = new Conversation(world.subject);
      await talk.hear('tea 1', 'no', 'tea 3', 'no', 'tea 5');
      await talk.tell(5);
      const { models, search, jumps, leave } = await openSearch(world);
      const at = () => `${(models.search.find.value?.at ?? -1) + 1}/${models.search.find.value?.ids?.length}`;
      search.find('tea');
      await becomes(() => at() === '1/3', 'the newest');
      search.findNext(1);
      await becomes(() => at() === '2/3', 'an older one');
      await talk.hear('tea 6');
      await talk.tell(1);
      await becomes(() => at() === '3/4', 'a new one, and the same is shown');
      search.findNext(-1);
      search.findNext(-1);
      search.findNext(-1);
      await becomes(() => at() === '4/4', 'round the end');
      same(jumps, ['tea 5', 'tea 3', 'tea 5', 'tea 6', 'tea 1'], 'gone to');
      search.find(null);
      same(models.search.find.value, null, 'ended');
      leave();
    },
  },
  {
    title: 'Whoever locks or leaves takes the search along, and nothing of it is stored',
    async run(world) {
      const talk = new Conversation(world.subject);
      await talk.hear('A blue umbrella');
      await talk.tell(1);
      const { models, search, leave } = await openSearch(world);
      search.search('umbrella');
      await becomes(() => models.search.hits.value?.length === 1, 'found');
      const before = await storedNames();
      search.search('blue');
      search.leave();
      const { query, hits, chats, progress, opened, find } = models.search;
      const state = () => [query.value, hits.value, chats.value, progress.value, opened.value, find.value];
      const empty = ['', null, [], null, null, null];
      same(state(), empty, 'forgotten');
      world.store.close();
      await new Promise((resolve) => setTimeout(resolve, 600));
      same(state(), empty, 'for good');
      search.search('blue');
      same(models.search.hits.value, null, 'nobody is inside');
      same(await storedNames(), before, 'databases and preferences');
      leave();
    },
  },
];

const storedNames = async () => [
  ...(await indexedDB.databases()).map(({ name }) => name),
  ...Object.keys(localStorage),
  ...(await caches.keys()),
];

/** A search beside the open conversation. `jumps` are the texts of the messages that it led to. */
async function openSearch(world: World) {
  const { models, room, inside, leave } = await openConversation(world);
  const jumps: (string | null | undefined)[] = [];
  const search = createSearch({
    models,
    toasts: createToasts(models.shell),
    jumpTo(peer, id) {
      jumps.push(models.timeline.items.value.find((item) => item.id === id)?.text);
      room.jumpTo(peer, id);
    },
  });
  search.enter(inside);
  return {
    models,
    search,
    jumps,
    leave() {
      search.leave();
      leave();
    },
  };
}
