import { signal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { WarningIcon } from '../parts/icons.tsx';
import { sayCalls } from '../strings/calls.ts';

/** Those that were looked at last: the button comes and goes with the call's screen. */
const lookedAt = signal('');

/** Four pictures that two people read to each other, to know that nobody sits between their devices. */
export function Emoji(props: { emoji: readonly string[]; name: string }) {
  const { emojiChanged } = useApp().models.calls;
  const id = useId();
  const opened = useRef('');
  const { emoji, name } = props;
  const four = emoji.join(' ');
  const changed = emojiChanged.value && lookedAt.value !== four;
  const label = sayCalls.emoji.label(four);
  return (
    <>
      <button
        type="button"
        class="call-emoji"
        popovertarget={id}
        aria-label={changed ? `${label}. ${sayCalls.emoji.changed}` : label}
        title={changed ? sayCalls.emoji.changed : sayCalls.emoji.title}
      >
        {changed && <WarningIcon />}
        {emoji.map((one, index) => (
          <span key={index}>{one}</span>
        ))}
      </button>
      <div
        id={id}
        class="call-popover call-emoji-words"
        popover="auto"
        role="group"
        onBeforeToggle={(event) => {
          // The words stay until they were read. Told at once: a toggle event comes when there may be other pictures.
          if (event.newState === 'open') opened.current = four;
          else lookedAt.value = opened.current;
        }}
      >
        <p class="call-emoji-large" aria-hidden="true">
          {four}
        </p>
        <h2>{sayCalls.emoji.title}</h2>
        {changed && (
          <p>
            <strong>{sayCalls.emoji.changed}</strong>
          </p>
        )}
        <p>{sayCalls.emoji.body(name)}</p>
      </div>
    </>
  );
}
