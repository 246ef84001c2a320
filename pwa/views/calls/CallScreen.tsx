import { useEffect, useRef } from 'preact/hooks';
import type { CurrentCall } from '../../models/calls.ts';
import { useApp } from '../app-context.ts';
import { sayCalls } from '../strings/calls.ts';
import { Ended } from './Ended.tsx';
import { Preview } from './Preview.tsx';
import { Stage } from './Stage.tsx';
import { useCallKeys } from './use-call-keys.ts';
import { useCovered } from './use-covered.ts';

/** The call of this tab, over everything else. */
export function CallScreen(props: { call: CurrentCall }) {
  const { models } = useApp();
  const { call } = props;
  const { theirs, theirPicture, poppedOut } = models.calls;
  const screen = useRef<HTMLElement>(null);
  const part = call.phase === 'preview' || call.phase === 'ended' ? call.phase : 'stage';
  useCallKeys(part);
  useCovered();
  // Where each part begins, so that nothing is pressed by whoever was typing.
  useEffect(() => screen.current?.focus({ preventScroll: true }), [part]);

  const seen = (theirs.value.camera || theirs.value.screen) && theirPicture.value !== null;
  const shown = part === 'stage' && seen && !poppedOut.value;
  return (
    <section
      ref={screen}
      class={`call-screen ${shown ? 'always-dark' : ''}`}
      role="dialog"
      aria-modal="true"
      aria-label={sayCalls.with(call.name)}
      tabIndex={-1}
      data-part={part}
    >
      {part === 'preview' && <Preview call={call} />}
      {part === 'stage' && <Stage call={call} shown={shown} />}
      {part === 'ended' && <Ended call={call} />}
    </section>
  );
}
