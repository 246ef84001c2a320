import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** Takes focus when it appears, in place of the control that made it appear and went away with that; scrolls there where it is out of sight. */
export function useFocusHere<T extends HTMLElement>(): RefObject<T | null> {
  const ref = useRef<T>(null);
  useEffect(() => ref.current?.focus(), []);
  return ref;
}
