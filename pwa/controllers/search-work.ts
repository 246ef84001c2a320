import { batch } from '@preact/signals';
import type { OpId } from '#shared/ids.ts';
import type { Models } from '../models/models.ts';
import type { SearchHit } from '../models/search.ts';
import type { Archive } from '../store/ports.ts';
import type { Actions } from './actions.ts';
import { excerptOf } from './excerpt.ts';
import { matches, normalise, termsOf } from './normalise.ts';
import { readArchive } from './read-archive.ts';
import { createTextIndex } from './text-index.ts';

/** All texts of this device in memory, from the first search until somebody locks or goes out. */
export interface SearchWork {
  /** For `models.search.query`, from the newest hits on. */
  search(): void;
  searchMore(): void;
  /** For `models.search.find`. */
  find(): void;
  findNext(step: 1 | -1): void;
  stop(): void;
}

interface WorkDeps {
  readonly models: Pick<Models, 'search' | 'timeline' | 'conversations'>;
  readonly archive: Archive;
  readonly report: (error: unknown) => void;
  readonly jumpTo: Actions['jumpTo'];
}

/** Hits shown at first, and added at a time. */
const PAGE = 30;
/** While messages are read or come in, what is shown is looked for again this often, in milliseconds. */
const AGAIN_MS = 400;

export function createSearchWork({ models, archive, report, jumpTo }: WorkDeps): SearchWork {
  const { search, timeline, conversations } = models;
  const index = createTextIndex();
  let stopped = false;
  let wanted = PAGE;
  /** Counts what was looked for: an older answer must not replace a newer one. */
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;

  search.progress.value = { done: 0, total: 0 };
  const stopReading = readArchive({
    archive,
    index,
    report,
    progress(done, total) {
      search.progress.value = { done, total };
      lookAgainSoon();
    },
    finished() {
      search.progress.value = null;
      lookAgain();
    },
    changed: lookAgainSoon,
  });

  function lookAgainSoon(): void {
    timer ??= setTimeout(lookAgain, AGAIN_MS);
  }

  function lookAgain(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    showHits();
    findAgain();
  }

  function showHits(): void {
    show().catch((error: unknown) => {
      // What is under way when somebody locks finds the database closed.
      if (!stopped) report(error);
    });
  }

  async function show(): Promise<void> {
    const mine = ++turn;
    const terms = termsOf(search.query.value);
    if (terms.length === 0) {
      search.hits.value = null;
      search.chats.value = [];
      search.hasMore.value = false;
      return;
    }
    const ids = index.find(terms, wanted + 1);
    const found = new Map((await archive.find(ids.slice(0, wanted))).map((message) => [message.id, message]));
    if (stopped || mine !== turn) return;
    batch(() => {
      search.chats.value = conversations.rows.value
        .filter(({ name }) => matches(terms, normalise(name)))
        .map(({ peer }) => peer);
      search.hits.value = ids.flatMap((id): SearchHit[] => {
        const message = found.get(id);
        if (message?.text === undefined || message.text === null) return [];
        const { peer, mine: own, at, text } = message;
        return [{ id, peer, mine: own, at, excerpt: excerptOf(text, terms) }];
      });
      search.hasMore.value = ids.length > wanted;
    });
  }

  /** All hits in the open conversation for what is typed. */
  function lookInside(): readonly OpId[] {
    const peer = timeline.peer.value;
    const query = search.find.value?.query ?? '';
    return peer === null ? [] : index.find(termsOf(query), Infinity, peer);
  }

  function goTo(ids: readonly OpId[], at: number): void {
    const { find } = search;
    if (find.value === null) return;
    find.value = { ...find.value, ids, at };
    const [peer, id] = [timeline.peer.value, ids[at]];
    if (peer !== null && id !== undefined) jumpTo(peer, id);
  }

  /** More was read, or came in: the hit that is shown stays, and has another number. */
  function findAgain(): void {
    const { find } = search;
    if (find.value === null || find.value.query === '') return;
    const before = find.value.ids?.[find.value.at];
    const ids = lookInside();
    const at = before === undefined ? -1 : ids.indexOf(before);
    if (at === -1) goTo(ids, 0);
    else find.value = { ...find.value, ids, at };
  }

  return {
    search() {
      wanted = PAGE;
      showHits();
    },
    searchMore() {
      wanted += PAGE;
      showHits();
    },
    find() {
      if (search.find.value !== null) goTo(lookInside(), 0);
    },
    findNext(step) {
      const { ids, at } = search.find.value ?? { ids: null, at: 0 };
      if (ids === null || ids.length === 0) return;
      goTo(ids, (at + step + ids.length) % ids.length);
    },
    stop() {
      stopped = true;
      stopReading();
      if (timer !== null) clearTimeout(timer);
    },
  };
}
