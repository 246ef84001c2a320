import type { ComponentChildren } from 'preact';

/** What to say where a list has nothing, with a small drawing. */
export function EmptyState(props: {
  drawing?: ComponentChildren;
  title: string;
  text: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      {props.drawing}
      <p class="empty-title">{props.title}</p>
      <p class="empty-text">{props.text}</p>
      {props.children}
    </div>
  );
}
