import { useLayoutEffect } from 'preact/hooks';
import type { ExcerptPart, SearchHit } from '../../models/search.ts';
import { useApp } from '../app-context.ts';
import { ConversationItem } from '../chats/ConversationItem.tsx';
import { fullTime, listTime } from '../format.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { LettersDrawing } from '../parts/drawings.tsx';
import { EmptyState } from '../parts/EmptyState.tsx';
import { useRoving } from '../parts/use-roving.ts';
import { saySearch } from '../strings/search.ts';
import { today } from '../use-today.ts';
import { LensDrawing } from './LensDrawing.tsx';

/** What was found: conversations by name, then messages, newest first. Down leads here from the field, Up back. */
export function SearchResults() {
  const { models, actions } = useApp();
  const { search, conversations } = models;
  const { hits, hasMore, progress, query } = search;
  const wanted = query.value.trim();
  const chats = conversations.rows.value.filter(({ peer }) => search.chats.value.includes(peer));
  const list = useRoving<HTMLDivElement>();
  useFieldKeys(list);
  const reading = progress.value;
  const found = hits.value ?? [];
  const nothing = hits.value !== null && found.length === 0 && chats.length === 0;

  if (wanted === '') {
    return (
      <EmptyState drawing={<LettersDrawing />} title={saySearch.hintTitle} text={saySearch.hint}>
        <Reading />
      </EmptyState>
    );
  }
  return (
    <div class="results">
      <p class="visually-hidden" role="status">
        {hits.value !== null && reading === null && saySearch.found(found.length, hasMore.value)}
      </p>
      <Reading />
      <div ref={list}>
        {chats.length > 0 && (
          <>
            <h2 class="results-title">{saySearch.chats}</h2>
            <ul class="conversations">
              {chats.map((row) => (
                <ConversationItem key={row.peer} row={row} />
              ))}
            </ul>
          </>
        )}
        {found.length > 0 && (
          <>
            <h2 class="results-title">{saySearch.messages}</h2>
            <ul class="conversations">
              {found.map((hit) => (
                <Hit key={hit.id} hit={hit} />
              ))}
            </ul>
          </>
        )}
      </div>
      {hasMore.value && (
        <button type="button" class="button button-small" onClick={() => actions.searchMore()}>
          {saySearch.more}
        </button>
      )}
      {nothing && reading === null && (
        <EmptyState drawing={<LensDrawing />} title={saySearch.noneTitle} text={saySearch.none(wanted)} />
      )}
    </div>
  );
}

/** How much of the device was looked through, while that is not all. */
function Reading() {
  const reading = useApp().models.search.progress.value;
  if (reading === null) return null;
  const { done, total } = reading;
  const words = total === 0 ? saySearch.preparing : saySearch.reading(done, total);
  return (
    <div class="reading">
      <p>{words}</p>
      <progress aria-label={saySearch.preparing} max={Math.max(total, 1)} value={done} />
    </div>
  );
}

function Hit(props: { hit: SearchHit }) {
  const { models, actions } = useApp();
  const { id, peer, mine, at, excerpt } = props.hit;
  const name = models.people.contactsById.value.get(peer)?.name ?? '';
  return (
    <li>
      <button
        type="button"
        class="conversation-item hit"
        data-roving
        aria-current={models.search.opened.value === id ? 'true' : undefined}
        onClick={() => actions.jumpTo(peer, id)}
      >
        <Avatar name={name} />
        <span class="item-name">
          <bdi>{name}</bdi>
        </span>
        <time class="item-time" dateTime={new Date(at).toISOString()} title={fullTime(at)}>
          {listTime(at, today.value)}
        </time>
        <span class="hit-text" dir="auto">
          {mine && <bdi class="hit-mine">{saySearch.mine} </bdi>}
          <Excerpt parts={excerpt} />
        </span>
      </button>
    </li>
  );
}

/** Text nodes only: what a friend writes never becomes markup. */
function Excerpt(props: { parts: readonly ExcerptPart[] }) {
  return <>{props.parts.map(({ text, hit }, index) => (hit ? <mark key={index}>{text}</mark> : text))}</>;
}

/** The field and the list are one thing to the arrow keys; Enter in the field opens the first hit. */
function useFieldKeys(list: { readonly current: HTMLElement | null }): void {
  useLayoutEffect(() => {
    const pane = list.current?.closest<HTMLElement>('.list-pane');
    const field = pane?.querySelector<HTMLInputElement>('.search input');
    if (!pane || !field) return;
    const first = () => list.current?.querySelector<HTMLElement>('[data-roving]') ?? null;
    const onKey = (event: KeyboardEvent) => {
      const inField = event.target === field;
      if (event.isComposing) return;
      if (inField && event.key === 'ArrowDown') first()?.focus();
      else if (inField && event.key === 'Enter') first()?.click();
      else if (!inField && event.key === 'ArrowUp' && event.target === first()) field.focus();
      else if (!inField && event.key === 'Escape') field.focus();
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    // Before the list moves focus itself.
    pane.addEventListener('keydown', onKey, { capture: true });
    return () => pane.removeEventListener('keydown', onKey, { capture: true });
  });
}
