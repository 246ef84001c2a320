import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { stopwatch } from '../strings/calls.ts';

/** How long the call has been going on; `since` in milliseconds since 1970. */
export function Timer(props: { since: number }) {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => (now.value = Date.now()), 1000);
    return () => clearInterval(timer);
  }, [now]);
  return (
    <span class="call-timer" role="timer">
      {stopwatch(now.value - props.since)}
    </span>
  );
}
