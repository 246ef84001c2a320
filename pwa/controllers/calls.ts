import { effect } from '@preact/signals';
import { Failure } from '#shared/errors.ts';
import type { SyncListener } from '#sync/client/ports.ts';
import type { Models } from '../models/models.ts';
import type { Stop } from '../store/ports.ts';
import type { Api } from '../transport/http.ts';
import type { CallList } from './calls-list.ts';
import type { CallActions, CallsWork } from './calls-work.ts';
import { type Inside, type Room, mustBeInside } from './inside.ts';
import { load } from './load.ts';
import type { Toasts } from './toasts.ts';

/** Calls. The part that works is loaded when it rings, or when somebody calls. */
export interface Calls extends Room {
  readonly actions: CallActions;
  readonly signal: SyncListener['signal'];
  readonly callResult: SyncListener['callResult'];
  /** Resolves when this tab is in no call (any more). */
  over(): Promise<void>;
}
type WorkAction = Exclude<keyof CallActions, 'setCallMinimised' | 'loadMoreCalls'>;

interface CallsDeps {
  readonly models: Models;
  readonly api: Api;
  readonly toasts: Toasts;
}

export function createCalls({ models, api, toasts }: CallsDeps): Calls {
  const { calls, shell, timeline } = models;
  const { report } = toasts;
  let inside: Inside | null = null;
  let working: Promise<CallsWork> | null = null;
  let loaded: CallsWork | null = null;
  let listing: Promise<CallList> | null = null;
  let stops: Stop[] = [];

  const canCall = 'RTCPeerConnection' in globalThis && 'mediaDevices' in navigator;
  calls.can.value = { ...calls.can.value, call: canCall };

  function work(): Promise<CallsWork> {
    const now = mustBeInside(inside);
    const started = (working ??= begin(now));
    started.catch(() => {
      if (working === started) working = null;
    });
    return started;
  }

  async function begin(now: Inside): Promise<CallsWork> {
    const [{ createCallsWork }, device] = await Promise.all([
      load(import('./calls-work.ts')),
      now.store.calls.device(),
    ]);
    if (inside !== now) throw new Failure('UNAUTHENTICATED');
    loaded = createCallsWork({ models, api, inside: now, device, toasts });
    return loaded;
  }

  /** Unless the person has gone out while the part was loaded. */
  function soon(task: (at: CallsWork) => unknown): void {
    if (inside === null) return;
    const started = work();
    started
      .then((at) => (working === started ? task(at) : undefined))
      .catch((error: unknown) => {
        if (inside !== null) report(error);
      });
  }

  /** For what means nothing to a tab in which nobody calls. */
  function ifWorking(task: (at: CallsWork) => unknown): void {
    if (working !== null) soon(task);
  }

  /** An action of the part that works. */
  const later =
    <Name extends WorkAction>(name: Name) =>
    (...input: Parameters<CallActions[Name]>): void =>
      soon((at) => (at[name] as (...given: typeof input) => void)(...input));

  function list(): Promise<CallList> {
    const now = mustBeInside(inside);
    listing ??= load(import('./calls-list.ts')).then(({ createCallList }) =>
      createCallList({ calls, store: now.store, report }),
    );
    return listing;
  }

  function withList(task: (at: CallList) => void): void {
    const started = list();
    started
      .then((at) => (listing === started ? task(at) : undefined))
      .catch((error: unknown) => {
        if (listing === started) listing = null;
        report(error);
      });
  }

  /** Whoever looks at a conversation sees the calls that they missed in it. */
  function seeMissed(): void {
    const peer = timeline.peer.value;
    if (inside === null || calls.missed.value === 0 || peer === null) return;
    if (!timeline.loaded.value || document.visibilityState === 'hidden') return;
    inside.store.calls.markSeen(peer).catch(report);
  }

  function follow(): void {
    const route = shell.route.value;
    if (route.panel === 'calls') withList((at) => at.open());
    else if (listing !== null) withList((at) => at.close());
    if (route.panel === 'settings' && route.section === 'calls') soon((at) => at.look());
  }

  return {
    enter(now) {
      inside = now;
      const leaving = new AbortController();
      document.addEventListener('visibilitychange', seeMissed, { signal: leaving.signal });
      stops = [
        () => leaving.abort(),
        now.store.calls.liveCalls((log) => {
          if (log.length > 0) soon((at) => at.log(log));
          else ifWorking((at) => at.log(log));
        }),
        now.store.calls.liveMissed((count) => {
          calls.missed.value = count;
        }),
        effect(seeMissed),
        effect(follow),
      ];
    },
    leave() {
      for (const stop of stops) stop();
      stops = [];
      inside = null;
      // At once: what ends the call must be said before this tab lets go of the server.
      loaded?.leave();
      loaded = null;
      listing?.then((at) => at.close()).catch(report);
      [working, listing] = [null, null];
      calls.missed.value = 0;
    },
    signal: (from, device, envelope) => ifWorking((at) => at.signal(from, device, envelope)),
    callResult: (result) => ifWorking((at) => at.result(result)),
    over() {
      if (!calls.isInCall.value) return Promise.resolve();
      toasts.show('info', { what: 'after-call' });
      return new Promise((resolve) => {
        const stop = calls.isInCall.subscribe((isInCall) => {
          if (isInCall) return;
          resolve();
          queueMicrotask(() => stop());
        });
      });
    },
    actions: {
      call: later('call'),
      startCall: later('startCall'),
      answerCall: later('answerCall'),
      declineCall: later('declineCall'),
      endCall: later('endCall'),
      endCallElsewhere: later('endCallElsewhere'),
      dismissCall: later('dismissCall'),
      setMicrophone: later('setMicrophone'),
      setCamera: later('setCamera'),
      flipCamera: later('flipCamera'),
      shareScreen: later('shareScreen'),
      chooseDevice: later('chooseDevice'),
      popOut: later('popOut'),
      setCallMinimised(minimised) {
        calls.minimised.value = minimised;
      },
      setRelayOnly: later('setRelayOnly'),
      loadMoreCalls: () => withList((at) => at.more()),
    },
  };
}
