import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { CallElsewhere, CurrentCall } from '../../models/calls.ts';
import { useApp } from '../app-context.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { CloseIcon } from '../parts/icons.tsx';
import { say } from '../strings.ts';
import { sayCalls } from '../strings/calls.ts';
import { Control, Microphone } from './Controls.tsx';
import { endingOf } from './Ended.tsx';
import { EndCallIcon, MaximiseIcon } from './icons.tsx';
import { Timer } from './Timer.tsx';

/** How a call ended stands in the conversation too; what went wrong stays until somebody has read it. */
const READABLE_MS = 10_000;

/** The call of this tab while one reads and writes: above everything, and in nobody's way. */
export function CallBar(props: { call: CurrentCall }) {
  const { actions } = useApp();
  const { call } = props;
  const ended = call.phase === 'ended';
  const leaves = ended && call.error === null;
  useEffect(() => {
    if (!leaves) return;
    const timer = setTimeout(() => actions.dismissCall(), READABLE_MS);
    return () => clearTimeout(timer);
  }, [actions, leaves]);
  return (
    <Bar label={sayCalls.with(call.name)}>
      <button
        type="button"
        class="call-bar-back"
        title={sayCalls.maximise}
        onClick={() => actions.setCallMinimised(false)}
      >
        <Avatar name={call.name} size="small" />
        <span class="call-bar-words">
          <bdi class="call-bar-name">{call.name}</bdi>
          <span class="call-bar-line" data-phase={call.phase}>
            {ended ? endingOf(call) : <Progress call={call} />}
          </span>
        </span>
        <MaximiseIcon />
        <span class="visually-hidden">{sayCalls.maximise}</span>
      </button>
      {ended ? (
        <Control label={say.close} onClick={() => actions.dismissCall()}>
          <CloseIcon />
        </Control>
      ) : (
        <>
          <Microphone />
          <Control label={sayCalls.end} state="end" onClick={() => actions.endCall()}>
            <EndCallIcon />
          </Control>
        </>
      )}
    </Bar>
  );
}

function Progress(props: { call: CurrentCall }) {
  const { phase, since, name } = props.call;
  if (phase === 'reconnecting') return <>{sayCalls.reconnecting}</>;
  return since === null ? <>{sayCalls.phase[phase](name)}</> : <Timer since={since} />;
}

/** A call that goes on somewhere else. */
export function ElsewhereBar(props: { call: CallElsewhere }) {
  const { actions } = useApp();
  const { name, where } = props.call;
  return (
    <Bar label={sayCalls.with(name)}>
      <Avatar name={name} size="small" />
      <p class="call-bar-words">{sayCalls.elsewhere[where](name)}</p>
      <Control label={sayCalls.end} state="end" onClick={() => actions.endCallElsewhere()}>
        <EndCallIcon />
      </Control>
    </Bar>
  );
}

function Bar(props: { label: string; children: ComponentChildren }) {
  return (
    <section class="call-bar" aria-label={props.label}>
      <div class="call-bar-glass">{props.children}</div>
    </section>
  );
}
