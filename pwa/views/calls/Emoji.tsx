import { useId } from 'preact/hooks';
import { sayCalls } from '../strings/calls.ts';

/** Four pictures that two people read to each other, to know that nobody sits between their devices. */
export function Emoji(props: { emoji: readonly string[]; name: string }) {
  const id = useId();
  const { emoji, name } = props;
  return (
    <>
      <button
        type="button"
        class="call-emoji"
        popovertarget={id}
        aria-label={sayCalls.emoji.label(emoji.join(' '))}
        title={sayCalls.emoji.title}
      >
        {emoji.map((one, index) => (
          <span key={index}>{one}</span>
        ))}
      </button>
      <div id={id} class="call-popover call-emoji-words" popover="auto" role="group">
        <p class="call-emoji-large" aria-hidden="true">
          {emoji.join(' ')}
        </p>
        <h2>{sayCalls.emoji.title}</h2>
        <p>{sayCalls.emoji.body(name)}</p>
      </div>
    </>
  );
}
