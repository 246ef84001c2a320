import type { Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useApp } from '../app-context.ts';

/** So many messages are drawn at once when somebody asks for it, and so many more each time they ask for earlier ones. */
export const WHOLE = 500;

/**
 * Only what is near the screen is drawn, which a screen reader's own cursor and the browser's search in the page can't
 * know. Whoever relies on them asks for more: then everything that is loaded is drawn, and enough is loaded.
 */
export function useWhole(): Signal<number> {
  const { models, actions } = useApp();
  const { items, hasEarlier, whole } = models.timeline;
  const isShort = hasEarlier.value && items.value.length < whole.value;
  useEffect(() => {
    if (isShort) actions.loadEarlier();
  }, [actions, isShort, items.value]);
  useEffect(() => () => void (whole.value = 0), [whole]);
  return whole;
}
