import { excerptOf } from '../controllers/excerpt.ts';
import { matches, normalise, termsOf } from '../controllers/normalise.ts';
import type { Actions } from '../controllers/actions.ts';
import type { Models } from '../models/models.ts';
import type { SearchHit } from '../models/search.ts';
import type { TimelineItem } from '../models/timeline.ts';
import { longConversation } from './fake-messages.ts';

/** How long a database seems to take. */
const ANSWER_MS = 60;
const STEP = 100;

type Mine = 'search' | 'searchMore' | 'find' | 'findNext' | 'jumpTo' | 'jumpToDay' | 'toNewest' | 'loadLater';

/** Hits among the messages of the open conversation. */
export function hitsFor({ timeline }: Models, query: string): SearchHit[] {
  const terms = termsOf(query);
  const { peer } = timeline;
  if (terms.length === 0 || peer.value === null) return [];
  return timeline.items.value
    .flatMap(({ id, mine, at, text }): SearchHit[] =>
      peer.value !== null && text !== null && matches(terms, normalise(text))
        ? [{ id, peer: peer.value, mine, at, excerpt: excerptOf(text, terms) }]
        : [],
    )
    .toReversed();
}

/** Looking for messages and moving through a conversation. */
export function createFakeSearch(
  models: Models,
  record: (call: string) => void,
  go: Actions['go'],
): Pick<Actions, Mine> {
  const { search, timeline, conversations } = models;
  const show = (id: TimelineItem['id'] | null) => (timeline.goal.value = { id });
  const goTo = (at: number) => {
    const id = search.find.value?.ids?.[at];
    if (search.find.value === null || id === undefined) return;
    search.find.value = { ...search.find.value, at };
    show(id);
  };
  return {
    search(query) {
      search.query.value = query;
      const terms = termsOf(query);
      search.hits.value = terms.length === 0 ? null : hitsFor(models, query);
      search.chats.value = conversations.rows.value
        .filter(({ name }) => terms.length > 0 && matches(terms, normalise(name)))
        .map(({ peer }) => peer);
      record(`search ${query}`);
    },
    searchMore: () => record('searchMore'),
    find(query) {
      search.find.value =
        query === null ? null : { query, ids: hitsFor(models, query).map(({ id }) => id), at: 0 };
      goTo(0);
      record(`find ${query ?? 'nothing'}`);
    },
    findNext(step) {
      const { ids, at } = search.find.value ?? { ids: [], at: 0 };
      const count = ids?.length ?? 0;
      if (count > 0) goTo((at + step + count) % count);
    },
    jumpTo(peer, id) {
      search.opened.value = id;
      if (timeline.peer.value === peer) show(id);
      go({ panel: 'chats', peer });
      record(`jumpTo ${id}`);
    },
    jumpToDay(at) {
      const first = timeline.items.value.find((item) => item.at >= at);
      show(first?.id ?? null);
      record('jumpToDay');
    },
    toNewest() {
      record('toNewest');
      if (timeline.hasLater.value) {
        timeline.items.value = longConversation(STEP, Date.now(), 9_000);
        timeline.hasLater.value = false;
        timeline.window.value++;
      }
      show(null);
    },
    loadLater() {
      record('loadLater');
      const last = timeline.items.value.at(-1);
      if (last === undefined) return;
      // As if read from a database, a moment later.
      setTimeout(() => {
        const later = longConversation(STEP, last.at + STEP * 7 * 60_000, (last.n ?? 0) + STEP);
        timeline.items.value = [...timeline.items.value, ...later];
      }, ANSWER_MS);
    },
  };
}
