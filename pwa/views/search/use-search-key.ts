import { useEffect } from 'preact/hooks';
import type { Actions } from '../../controllers/actions.ts';

/** Ctrl or Cmd + K leads to the search field, from wherever one is. */
export function useSearchKey(actions: Actions): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isOurs = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
      if (!isOurs || event.key.toLowerCase() !== 'k' || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      const field = document.querySelector<HTMLInputElement>('.list-pane .search input');
      // It is not drawn beside other panels, nor beside a conversation on a phone.
      if (field === null || field.offsetParent === null) return actions.go({ panel: 'search' });
      field.focus();
      field.select();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [actions]);
}
