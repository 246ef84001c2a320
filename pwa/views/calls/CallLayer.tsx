import { useComputed, useSignalEffect } from '@preact/signals';
import '../../styles/call-screen.css';
import type { CurrentCall } from '../../models/calls.ts';
import { useApp } from '../app-context.ts';
import { say } from '../strings.ts';
import { sayCalls } from '../strings/calls.ts';
import { CallBar, ElsewhereBar } from './CallBar.tsx';
import { CallScreen } from './CallScreen.tsx';
import { endingOf } from './Ended.tsx';
import { Incoming } from './Incoming.tsx';

/** Whatever there is of calls at the moment, over the rest of the app. */
export function CallLayer() {
  const { current, incoming, elsewhere, minimised } = useApp().models.calls;
  const call = current.value;
  useSpoken();
  return (
    <>
      {call !== null && !minimised.value && <CallScreen call={call} />}
      {call !== null && minimised.value && <CallBar call={call} />}
      {call === null && elsewhere.value !== null && <ElsewhereBar call={elsewhere.value} />}
      {incoming.value !== null && <Incoming key={incoming.value.id} call={incoming.value} />}
    </>
  );
}

/** Each step of the call is said once. */
function useSpoken(): void {
  const { models, announce } = useApp();
  const { current } = models.calls;
  const words = useComputed(() => {
    const call = current.value;
    if (call === null) return null;
    const step = stepOf(call);
    return call.error === null ? step : `${step}. ${say.error(call.error)}`;
  });
  useSignalEffect(() => {
    if (words.value !== null) announce(words.value);
  });
}

function stepOf(call: CurrentCall): string {
  const { phase, name } = call;
  if (phase === 'starting' || phase === 'ringing') return sayCalls.calling(name);
  return phase === 'ended' ? endingOf(call) : sayCalls.phase[phase](name);
}
