import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Find } from '../../models/search.ts';
import { useApp } from '../app-context.ts';
import { CloseIcon, SearchIcon } from '../parts/icons.tsx';
import { NewerIcon, OlderIcon } from '../parts/more-icons.tsx';
import { useFocusHere } from '../parts/use-focus-here.ts';
import { sayChat } from '../strings/chat.ts';

/** How long nothing is typed before the view moves, in milliseconds. */
const TYPING = 150;

/** Looks through the open conversation: Enter to the next older hit, Shift + Enter to the newer one. */
export function FindBar(props: { find: Find }) {
  const { actions } = useApp();
  const { query, ids } = props.find;
  const field = useFocusHere<HTMLInputElement>();
  const bar = useRef<HTMLDivElement>(null);
  const typed = useSignal(query);
  useEffect(() => {
    if (typed.value === query) return;
    const timer = setTimeout(() => actions.find(typed.value), TYPING);
    return () => clearTimeout(timer);
  }, [actions, query, typed.value]);
  const close = () => {
    const talk = bar.current?.closest('.talk');
    actions.find(null);
    const writing = talk?.querySelector<HTMLElement>('.composer textarea:enabled');
    (writing ?? talk?.querySelector<HTMLElement>('.timeline'))?.focus();
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      close();
    };
    const element = bar.current;
    element?.addEventListener('keydown', onKey);
    return () => element?.removeEventListener('keydown', onKey);
  });
  const none = (ids?.length ?? 0) === 0;
  return (
    <div ref={bar} class="find glass" role="search" aria-label={sayChat.find.label}>
      <div class="search">
        <SearchIcon />
        <input
          ref={field}
          type="search"
          autocomplete="off"
          enterkeyhint="search"
          aria-label={sayChat.find.label}
          placeholder={sayChat.find.act}
          value={typed.value}
          onInput={(event) => (typed.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.isComposing) return;
            event.preventDefault();
            if (typed.value === query) actions.findNext(event.shiftKey ? -1 : 1);
            else actions.find(typed.value);
          }}
        />
      </div>
      <p class="find-count" role="status">
        <Count find={props.find} />
      </p>
      <button
        type="button"
        class="icon-button"
        aria-label={sayChat.find.older}
        disabled={none}
        onClick={() => actions.findNext(1)}
      >
        <OlderIcon />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={sayChat.find.newer}
        disabled={none}
        onClick={() => actions.findNext(-1)}
      >
        <NewerIcon />
      </button>
      <button type="button" class="icon-button" aria-label={sayChat.find.close} onClick={close}>
        <CloseIcon />
      </button>
    </div>
  );
}

function Count(props: { find: Find }) {
  const { progress } = useApp().models.search;
  const { query, ids, at } = props.find;
  if (query.trim() === '') return null;
  if (ids !== null && ids.length > 0) return <>{sayChat.find.at(at + 1, ids.length)}</>;
  return <>{ids === null || progress.value !== null ? sayChat.find.reading : sayChat.find.none}</>;
}
