import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import type { UserId } from '#shared/ids.ts';
import type { TimelineCall } from '../../models/timeline.ts';
import { useApp } from '../app-context.ts';
import { sayCalls } from '../strings/calls.ts';
import { hasPopovers } from './has-popovers.ts';

interface Props {
  readonly peer: UserId;
  readonly name: string;
  readonly media: TimelineCall['media'];
  /** Why it can't be done; pressing tells. */
  readonly why: string | null;
  readonly class: string;
  readonly roving?: boolean;
  /** What it says beside its icon; without words it is the icon alone. */
  readonly words?: string;
  readonly children: ComponentChildren;
}

/** Calls somebody. While that can't be, it stays within reach and says why. */
export function CallButton(props: Props) {
  const { actions, announce } = useApp();
  const { peer, name, media, why } = props;
  const id = useId();
  const hint = useRef<HTMLParagraphElement>(null);
  const press = () => {
    if (why === null) return actions.call(peer, media);
    if (hasPopovers) hint.current?.showPopover();
    announce(why);
  };
  const what = sayCalls.callBack(name, media);
  const label = props.words === undefined ? what : `${props.words}: ${what}`;
  return (
    <>
      <button
        type="button"
        class={props.class}
        data-roving={props.roving === true ? '' : undefined}
        aria-label={label}
        aria-disabled={why !== null}
        aria-describedby={why === null ? undefined : id}
        title={why ?? label}
        onClick={press}
      >
        {props.children}
        {props.words}
      </button>
      {why !== null && (
        <p ref={hint} id={id} class="call-hint" popover="auto">
          {why}
        </p>
      )}
    </>
  );
}
