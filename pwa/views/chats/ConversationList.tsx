import { useLayoutEffect, useMemo } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { later } from '../later.tsx';
import { EmptyState } from '../parts/EmptyState.tsx';
import { AddIcon, BackIcon } from '../parts/icons.tsx';
import { LettersDrawing } from '../parts/drawings.tsx';
import { PanelHeader } from '../parts/PanelHeader.tsx';
import { useRoving } from '../parts/use-roving.ts';
import { SearchField } from '../search/SearchField.tsx';
import { say } from '../strings.ts';
import { useMedia, WIDE } from '../use-media.ts';
import { ConversationItem } from './ConversationItem.tsx';
import { useGrowing } from './use-growing.ts';

const Hints = later(async () => (await import('../after-paint.ts')).Hints);
const Reminders = later(async () => (await import('../after-paint.ts')).Reminders);
const SearchResults = later(async () => (await import('../after-paint.ts')).SearchResults);

/** All conversations, newest first, or what was found in them. */
export function ConversationList(props: { open: string | null; search: boolean }) {
  const { models, actions } = useApp();
  const { query } = models.search;
  const wide = useMedia(WIDE);
  const searching = props.search || (wide.value && query.value !== '');
  // On a phone Back leads out of the search, and the list is whole again, in the same picture.
  const left = !wide.value && !props.search && props.open === null && query.value !== '';
  useLayoutEffect(() => {
    if (left) actions.search('');
  }, [actions, left]);
  return (
    <section class="pane list-pane" aria-label={say.list.label}>
      <div class="list-head">
        <PanelHeader title={say.list.title} />
        {props.search && (
          <button
            type="button"
            class="icon-button only-phone"
            aria-label={say.back}
            onClick={() => actions.back()}
          >
            <BackIcon />
          </button>
        )}
        <SearchField />
      </div>
      <div class="pane-scroll">{searching ? <SearchResults /> : <All />}</div>
    </section>
  );
}

function All() {
  const { models, actions } = useApp();
  const { rows, loaded } = models.conversations;
  const list = useRoving<HTMLUListElement>();
  const drawn = useGrowing(rows.value.length);
  const items = useMemo(
    () => rows.value.slice(0, drawn).map((row) => <ConversationItem key={row.peer} row={row} />),
    [rows.value, drawn],
  );
  return (
    <>
      <Reminders />
      {rows.value.length > 0 && (
        <ul class="conversations" ref={list}>
          {items}
        </ul>
      )}
      {loaded.value && <Hints />}
      {loaded.value && rows.value.length === 0 && (
        <EmptyState drawing={<LettersDrawing />} title={say.list.emptyTitle} text={say.list.empty}>
          <button type="button" class="button button-primary" onClick={() => actions.go({ panel: 'people' })}>
            <AddIcon />
            {say.list.find}
          </button>
        </EmptyState>
      )}
    </>
  );
}
