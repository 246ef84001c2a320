import { useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';

/** From here on two panes stand side by side; styles/shell.css has the same number. */
export const WIDE = '(min-width: 720px)';
/** From here on the safety number stands beside the messages; styles/trust.css has the same number. */
export const ROOMY = '(min-width: 1100px)';

/** Whether a media query holds at the moment. */
export function useMedia(query: string): ReadonlySignal<boolean> {
  const list = useMemo(() => matchMedia(query), [query]);
  const matches = useSignal(list.matches);
  useEffect(() => {
    const onChange = () => (matches.value = list.matches);
    onChange();
    list.addEventListener('change', onChange);
    return () => list.removeEventListener('change', onChange);
  }, [list, matches]);
  return matches;
}
