import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';
import type { IncomingCall } from '../../models/calls.ts';
import { useApp } from '../app-context.ts';
import { hueOf } from '../format.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { CallsIcon } from '../parts/icons.tsx';
import { VideoIcon } from '../parts/more-icons.tsx';
import { sayCalls } from '../strings/calls.ts';
import { hasPopovers } from './has-popovers.ts';
import { EndCallIcon } from './icons.tsx';

/** A call that rings. It lies over dialogs too, and leaves the keyboard to whoever is typing. */
export function Incoming(props: { call: IncomingCall }) {
  const { models, actions, announce } = useApp();
  const { name, media } = props.call;
  const card = useRef<HTMLDivElement>(null);
  const title = useId();
  const line = useId();
  const second = models.calls.isInCall.value;

  useLayoutEffect(() => {
    if (hasPopovers) card.current?.showPopover();
  }, []);
  useEffect(() => announce(sayCalls.incoming.said(name, media)), [announce, media, name]);
  useFocusUnlessTyping(card);

  return (
    <div
      ref={card}
      class="incoming"
      popover="manual"
      role="alertdialog"
      aria-labelledby={title}
      aria-describedby={line}
      tabIndex={-1}
    >
      <div class="incoming-who">
        <span class="incoming-ring" data-hue={hueOf(name)}>
          <Avatar name={name} />
        </span>
        <div class="incoming-words">
          <h2 id={title}>
            <bdi>{name}</bdi>
          </h2>
          <p id={line}>
            {sayCalls.incoming[media]}
            {second && <span class="incoming-second">{sayCalls.incoming.second}</span>}
          </p>
        </div>
      </div>
      <div class="incoming-buttons">
        <button type="button" class="button button-danger" onClick={() => actions.declineCall()}>
          <EndCallIcon />
          {sayCalls.incoming.decline}
        </button>
        {media === 'video' && (
          <button type="button" class="button incoming-quiet" onClick={() => actions.answerCall('voice')}>
            <CallsIcon />
            {sayCalls.incoming.withoutCamera}
          </button>
        )}
        <button type="button" class="button incoming-answer" onClick={() => actions.answerCall(media)}>
          {media === 'video' ? <VideoIcon /> : <CallsIcon />}
          {media === 'video' ? sayCalls.incoming.withCamera : sayCalls.incoming.answer}
        </button>
      </div>
    </div>
  );
}

/** Focus on the card itself: a key that was already on its way presses nothing. Afterwards it is where it was. */
function useFocusUnlessTyping(card: { readonly current: HTMLElement | null }): void {
  useLayoutEffect(() => {
    const before = document.activeElement;
    const typing = before?.matches('input, textarea, select, [contenteditable]') ?? false;
    const asked = document.querySelector('dialog:modal') !== null;
    if (!typing && !asked) card.current?.focus({ preventScroll: true });
    const element = card.current;
    return () => {
      if (element?.contains(document.activeElement) !== true) return;
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [card]);
}
