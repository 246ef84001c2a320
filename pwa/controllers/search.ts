import type { Models } from '../models/models.ts';
import type { Actions } from './actions.ts';
import { type Inside, type Room, mustBeInside } from './inside.ts';
import { load } from './load.ts';
import type { SearchWork } from './search-work.ts';
import type { Toasts } from './toasts.ts';

/** Looking through the messages of this device. The part that works is loaded when somebody does. */
export interface Search
  extends Room, Pick<Actions, 'search' | 'searchMore' | 'find' | 'findNext' | 'jumpTo'> {}

interface SearchDeps {
  readonly models: Pick<Models, 'search' | 'timeline' | 'conversations'>;
  readonly toasts: Toasts;
  readonly jumpTo: Actions['jumpTo'];
}

export function createSearch({ models, toasts, jumpTo }: SearchDeps): Search {
  const { search, timeline } = models;
  let inside: Inside | null = null;
  /** What was read while this person was inside; it ends with that. */
  let working: Promise<SearchWork> | null = null;

  function work(): Promise<SearchWork> {
    const { store } = mustBeInside(inside);
    const started = (working ??= Promise.all([load(import('./search-work.ts')), store.lookThrough()]).then(
      ([{ createSearchWork }, archive]) =>
        createSearchWork({ models, archive, report: toasts.report, jumpTo }),
    ));
    started.catch(() => {
      if (working === started) working = null;
    });
    return started;
  }

  /** Unless the person has gone out while the part was loaded. */
  function soon(task: (at: SearchWork) => unknown): void {
    if (inside === null) return;
    const started = work();
    started.then((at) => (working === started ? task(at) : at.stop())).catch(toasts.report);
  }

  function endFind(): void {
    search.find.value = null;
  }
  timeline.peer.subscribe(endFind);

  return {
    enter(now) {
      inside = now;
    },
    leave() {
      inside = null;
      working?.then((at) => at.stop()).catch(toasts.report);
      working = null;
      endFind();
      search.query.value = '';
      search.chats.value = [];
      search.hits.value = null;
      search.hasMore.value = false;
      search.progress.value = null;
      search.opened.value = null;
    },
    search(query) {
      search.query.value = query;
      soon((at) => at.search());
    },
    searchMore: () => soon((at) => at.searchMore()),
    find(query) {
      if (query === null) return endFind();
      search.find.value = { query, ids: null, at: 0 };
      soon((at) => at.find());
    },
    findNext: (step) => soon((at) => at.findNext(step)),
    jumpTo(peer, id) {
      search.opened.value = id;
      jumpTo(peer, id);
    },
  };
}
