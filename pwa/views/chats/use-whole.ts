import type { Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useApp } from '../app-context.ts';

/** So many messages are drawn at once when somebody asks for it. */
const WHOLE = 500;

/**
 * Only what is near the screen is drawn, which a screen reader's own cursor and the browser's search in the page can't
 * know. Whoever relies on them asks for more: then everything that is loaded is drawn, and enough is loaded.
 */
export function useWhole(): Signal<boolean> {
  const { models, actions } = useApp();
  const { items, hasEarlier, whole } = models.timeline;
  const isShort = whole.value && hasEarlier.value && items.value.length < WHOLE;
  useEffect(() => {
    if (isShort) actions.loadEarlier();
  }, [actions, isShort, items.value]);
  useEffect(() => () => void (whole.value = false), [whole]);
  return whole;
}
