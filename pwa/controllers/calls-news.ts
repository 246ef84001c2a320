import { effect } from '@preact/signals';
import { type Ringtone, type Sound, createRingtone } from '../calls/ringtone.ts';
import { keepAwake } from '../calls/wake-lock.ts';
import type { CallsModel, CurrentCall, IncomingCall } from '../models/calls.ts';
import type { Stop } from '../store/ports.ts';
import { note } from './log.ts';

/** In each tab it is seen that it rings; one of them is heard. */
const RING_LOCK = 'nexchat-ring';
/** A tab that somebody looks at comes first: a browser lets others make no sound. */
const AFTER_YOU_MS = 400;

/** What one hears of calls, and that the screen stays on in one. */
export function watchCalls(calls: CallsModel): Stop {
  const ringtone = createRingtone(note);
  const stops = [soundOf(calls, ringtone), awakeIn(calls)];
  return () => {
    for (const stop of stops) stop();
    ringtone.play(null);
  };
}

const rings = (incoming: IncomingCall | null, current: CurrentCall | null): boolean =>
  incoming !== null && (current === null || current.phase === 'preview' || current.phase === 'ended');

function soundOf(calls: CallsModel, ringtone: Ringtone): Stop {
  let ending = new AbortController();
  let isRinging = false;

  function ring(): void {
    isRinging = true;
    ending = new AbortController();
    const { signal } = ending;
    const wait = document.visibilityState === 'visible' ? 0 : AFTER_YOU_MS;
    const begin = () => {
      if (signal.aborted) return;
      navigator.locks.request(RING_LOCK, { signal }, () => ringUntil(signal)).catch(unlessOver);
    };
    setTimeout(begin, wait);
  }

  function ringUntil(signal: AbortSignal): Promise<void> {
    ringtone.play('incoming');
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  function hush(): void {
    isRinging = false;
    ending.abort();
  }

  const stop = effect(() => {
    const { incoming, current } = { incoming: calls.incoming.value, current: calls.current.value };
    if (rings(incoming, current)) {
      if (!isRinging) ring();
      return;
    }
    hush();
    ringtone.play(soundIn(current));
  });
  return () => {
    stop();
    hush();
  };
}

function soundIn(current: CurrentCall | null): Sound | null {
  if (current?.phase === 'ringing') return 'ringback';
  if (current?.phase === 'reconnecting') return 'reconnecting';
  return current?.phase === 'ended' && current.ending !== 'elsewhere' ? 'end' : null;
}

/** Waiting for the lock ends with the ringing. */
function unlessOver(error: unknown): void {
  if (!(error instanceof DOMException && error.name === 'AbortError')) note('no ringing', error);
}

function awakeIn(calls: CallsModel): Stop {
  let sleep: Stop | null = null;
  const stop = effect(() => {
    const isInCall = calls.isInCall.value;
    if (isInCall && sleep === null) sleep = keepAwake(note);
    if (isInCall) return;
    sleep?.();
    sleep = null;
  });
  return () => {
    stop();
    sleep?.();
  };
}
