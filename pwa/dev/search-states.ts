import type { Models } from '../models/models.ts';
import type { Route } from '../models/shell.ts';
import { longConversation } from './fake-messages.ts';
import { mira } from './fake-people.ts';
import { hitsFor } from './fake-search.ts';
import { inside } from './inside.ts';
import type { Prepare } from './inside.ts';

const search: Route = { panel: 'search' };
const talk: Route = { panel: 'chats', peer: mira };

const looked =
  (query: string, more: Prepare = () => {}): Prepare =>
  (models) => {
    models.search.query.value = query;
    models.search.hits.value = hitsFor(models, query);
    more(models);
  };
const reading: Prepare = ({ search: { progress } }) => (progress.value = { done: 40_000, total: 100_000 });
const finding = (query: string, at: number) =>
  inside(talk, (models: Models) => {
    const ids = hitsFor(models, query).map(({ id }) => id);
    models.search.find.value = { query, ids, at };
    models.timeline.goal.value = { id: ids[at] ?? null };
  });

/** Looking for messages, and reading far from the newest one. */
export const SEARCH_STATES: Readonly<Record<string, Prepare>> = {
  search: inside(search),
  'search-results': inside(
    search,
    looked('the', (models) => {
      models.search.hasMore.value = true;
    }),
  ),
  'search-names': inside(
    search,
    looked('mi', (models) => (models.search.chats.value = [mira])),
  ),
  'search-none': inside(search, looked('porcupine')),
  'search-reading': inside(search, looked('ridge', reading)),
  'search-beside': inside(talk, looked('coffee')),
  'conversation-find': finding('the', 1),
  'conversation-find-none': finding('porcupine', 0),
  'conversation-whole': inside(talk, (models) => {
    models.timeline.items.value = longConversation(500, Date.now(), 900);
    models.timeline.hasEarlier.value = true;
    models.timeline.whole.value = 500;
    models.timeline.goal.value = { id: models.timeline.items.value[0]?.id ?? null };
  }),
  'conversation-past': inside(talk, (models) => {
    const items = longConversation(400, Date.now() - 30 * 86_400_000, 4_000);
    models.timeline.items.value = items;
    models.timeline.hasEarlier.value = true;
    models.timeline.hasLater.value = true;
    models.timeline.goal.value = { id: items[200]?.id ?? null };
  }),
};
