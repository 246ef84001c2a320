import { useApp } from '../app-context.ts';
import { SearchIcon } from '../parts/icons.tsx';
import { say } from '../strings.ts';
import { useMedia, WIDE } from '../use-media.ts';

/** On top of the conversations. On a phone looking for something is a screen of its own, so that Back leads out of it. */
export function SearchField() {
  const { models, actions } = useApp();
  const { search, shell } = models;
  const wide = useMedia(WIDE);
  const leave = (field: HTMLInputElement) => {
    actions.search('');
    if (shell.route.value.panel === 'search') return actions.back();
    const goals = '.composer textarea:enabled, .conversation-item[tabindex="0"]';
    const goal = [...document.querySelectorAll<HTMLElement>(goals)].at(-1);
    if (goal === undefined) field.blur();
    else goal.focus();
  };
  return (
    <div class="search">
      <SearchIcon />
      <input
        type="search"
        name="search"
        autocomplete="off"
        enterkeyhint="search"
        aria-label={say.list.search}
        aria-keyshortcuts="Control+K Meta+K"
        placeholder={say.list.search}
        value={search.query.value}
        onFocus={() => {
          // Everything is read once somebody seems to want it.
          actions.search(search.query.value);
          if (!wide.value && shell.route.value.panel !== 'search') actions.go({ panel: 'search' });
        }}
        onInput={(event) => actions.search(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          leave(event.currentTarget);
        }}
      />
    </div>
  );
}
