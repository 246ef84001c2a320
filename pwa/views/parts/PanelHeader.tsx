import type { ComponentChildren } from 'preact';

/** The heading of a panel; focus lands here after navigation. */
export function PanelHeader(props: { title: string; children?: ComponentChildren }) {
  return (
    <header class="panel-header glass">
      <h1 data-heading tabIndex={-1}>
        {props.title}
      </h1>
      {props.children}
    </header>
  );
}
