import { useEffect } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { hasPopovers } from './has-popovers.ts';

/** What a key belongs to before it belongs to the call. */
const ASKING = hasPopovers ? 'dialog:modal, :popover-open:not(.incoming)' : 'dialog:modal';

/** On the call's screen M switches the microphone, V the camera, and Escape leads back to the messages. */
export function useCallKeys(part: 'preview' | 'stage' | 'ended'): void {
  const { models, actions } = useApp();
  useEffect(() => {
    const { mine } = models.calls;
    const onKey = (event: KeyboardEvent) => {
      const typed = event.target instanceof Element && event.target.matches('input, textarea, select');
      const open = document.querySelector(ASKING) !== null;
      if (event.defaultPrevented || event.repeat || typed || open || isHeld(event)) return;
      const key = event.key.toLowerCase();
      if (key === 'm' && part !== 'ended') actions.setMicrophone(!mine.value.microphone);
      else if (key === 'v' && part !== 'ended') actions.setCamera(!mine.value.camera);
      else if (key !== 'escape') return;
      else if (part === 'stage') actions.setCallMinimised(true);
      else if (part === 'preview') actions.endCall();
      else actions.dismissCall();
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [actions, models, part]);
}

const isHeld = ({ ctrlKey, metaKey, altKey }: KeyboardEvent) => ctrlKey || metaKey || altKey;
