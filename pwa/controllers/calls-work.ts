import { batch, effect } from '@preact/signals';
import { isLive } from '#shared/call.ts';
import { Failure, isErrorCode } from '#shared/errors.ts';
import type { Bytes, DeviceId, UserId } from '#shared/ids.ts';
import type { OpResult } from '#sync/wire/down.ts';
import { createCallLock } from '../calls/call-lock.ts';
import { step } from '../calls/machine.ts';
import { type CallEffect, type CallEvent, elsewhereOf, incomingOf, newCalls } from '../calls/state.ts';
import { createRemembered } from '../calls/remembered.ts';
import type { Models } from '../models/models.ts';
import { newOpId } from '../store/op-id.ts';
import type { StoredCall, Stop } from '../store/ports.ts';
import type { Api } from '../transport/http.ts';
import { timers } from '../transport/timers.ts';
import { createTurn } from '../transport/turn-api.ts';
import type { Actions } from './actions.ts';
import { type CallDevices, createCallDevices } from './calls-devices.ts';
import { type CallLine, createCallLine } from './calls-line.ts';
import { watchCalls } from './calls-news.ts';
import type { Inside } from './inside.ts';
import { note } from './log.ts';
import type { Toasts } from './toasts.ts';

/** What a person can do about calls; see controllers/actions.ts. */
export type CallActions = Pick<
  Actions,
  | 'call'
  | 'startCall'
  | 'answerCall'
  | 'declineCall'
  | 'endCall'
  | 'endCallElsewhere'
  | 'dismissCall'
  | 'setMicrophone'
  | 'setCamera'
  | 'flipCamera'
  | 'shareScreen'
  | 'chooseDevice'
  | 'popOut'
  | 'setCallMinimised'
  | 'setRelayOnly'
  | 'loadMoreCalls'
>;

/** The shell around the machine of calls: hears, performs, and fills the model. */
export interface CallsWork
  extends Omit<CallActions, 'loadMoreCalls' | 'setCallMinimised'>, Pick<CallDevices, 'look'> {
  /** The calls that live, as this device knows them. */
  log(live: readonly StoredCall[]): void;
  signal(from: UserId, device: DeviceId, envelope: Bytes): void;
  result(result: OpResult): void;
  /** Hangs up and lets go of everything. */
  leave(): void;
}

interface CallsWorkDeps {
  readonly models: Models;
  readonly api: Api;
  readonly inside: Inside;
  /** The installation's name at the server. */
  readonly device: DeviceId;
  readonly toasts: Toasts;
}

/** One that ended is among the newest calls. */
const RECENT = 10;
/** What was caught up with is in the model a moment after the line is live. */
const SETTLE_MS = 300;

export function createCallsWork(deps: CallsWorkDeps): CallsWork {
  const { models, api, inside, device, toasts } = deps;
  const { calls: model, people, status } = models;
  const { store, seat, tokens } = inside;
  const remembered = createRemembered(localStorage, sessionStorage, note);
  const turn = createTurn({ api, tokens, timers });
  const lock = createCallLock(navigator.locks);
  const devices = createCallDevices({ model, remembered, toasts });
  const line: CallLine = createCallLine({
    model,
    inside,
    remembered,
    turn,
    devices,
    hear: (event) => hear(event),
  });

  let state = newCalls(device);
  let live: readonly StoredCall[] = [];
  let recent: readonly StoredCall[] = [];
  let left = false;
  /** Counts what was prepared: an older one that is done late is for nothing. */
  let attempt = 0;
  let cancelWait = () => {};
  /** That the last call has ended, to the server: after the farewell, which a page that goes can't wait for. */
  let sayEnd = () => {};
  const cancels = new Set<() => void>();
  const waiting: CallEvent[] = [];
  let hearing = false;
  /** The call that was in the model last. */
  let shown: StoredCall['id'] | undefined;

  /** One event is done with before the next one is heard. */
  function hear(event: CallEvent): void {
    waiting.push(event);
    if (hearing) return;
    hearing = true;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [after, effects] = step(state, next);
        state = after;
        show();
        for (const one of effects) perform(one);
      }
    } finally {
      hearing = false;
    }
  }

  function show(): void {
    batch(() => {
      model.current.value = state.present;
      const incoming = incomingOf(state);
      if (incoming?.id !== model.incoming.peek()?.id) model.incoming.value = incoming;
      const elsewhere = elsewhereOf(state);
      const was = model.elsewhere.peek();
      if (elsewhere?.peer !== was?.peer || elsewhere?.where !== was?.where) model.elsewhere.value = elsewhere;
      // Neither none nor a new one is out of sight.
      if (state.present?.id !== shown) model.minimised.value = false;
      shown = state.present?.id;
    });
  }

  function perform(wanted: CallEffect): void {
    switch (wanted.kind) {
      case 'prepare':
        return void prepare(wanted.camera, wanted.again);
      case 'start':
        return seat.call({ id: wanted.op, kind: 'call.start', to: wanted.to, device, media: wanted.media });
      case 'answer':
        return seat.call({ id: wanted.op, kind: 'call.answer', to: wanted.to, call: wanted.call, device });
      case 'decline':
        return seat.call({ id: newOpId(Date.now()), kind: 'call.decline', to: wanted.to, call: wanted.call });
      case 'end': {
        const { to, call, reason } = wanted;
        const id = newOpId(Date.now());
        sayEnd = () => {
          sayEnd = () => {};
          seat.call({ id, kind: 'call.end', to, call, reason });
        };
        // The other device may be told first; after this the server passes nothing on.
        return line.bye(() => sayEnd());
      }
      case 'drop':
        return seat.dropCall(wanted.op);
      case 'connect':
        return line.connect(wanted);
      case 'release':
        return release();
      case 'wait': {
        const { of, ms } = wanted;
        cancelWait();
        if (of !== null) cancelWait = timers.after(ms, () => hear({ kind: 'time', of }));
        return;
      }
      case 'ring': {
        const { call, ms } = wanted;
        cancels.add(timers.after(ms, () => hear({ kind: 'rung', call })));
        return;
      }
      case 'claim':
        return void claim(wanted.call);
      case 'tell':
        return toasts.report(new Failure(wanted.error));
    }
  }

  async function prepare(camera: boolean, again: boolean): Promise<void> {
    const mine = ++attempt;
    const isOver = () => mine !== attempt;
    const call = state.present?.id;
    let elsewhere = false;
    try {
      if (!model.can.peek().call) throw new Failure('CALL_UNSUPPORTED');
      elsewhere = !(await lock.take());
      if (elsewhere) throw new Failure('IN_CALL');
      if (isOver()) return letGo();
      const before = again && call !== undefined ? remembered.left(call) : null;
      const [relay] = await Promise.all([
        line.findServers(),
        devices.open({ microphone: before?.microphone ?? !again, camera: before?.camera ?? camera }),
      ]);
      if (isOver()) return;
      if (model.relayOnly.peek() && relay === false) throw new Failure('CALL_NO_RELAY');
      hear({ kind: 'ready', hasRelay: relay === true, now: Date.now() });
    } catch (error) {
      if (isOver()) return;
      if (!(error instanceof Failure)) toasts.report(error);
      const code = error instanceof Failure ? error.code : 'INTERNAL';
      hear({ kind: 'refused', error: code, elsewhere });
    }
  }

  /** The lock came after the call was over. */
  function letGo(): void {
    if (state.present === null || state.present.phase === 'ended') lock.release();
  }

  async function claim(call: StoredCall['id']): Promise<void> {
    if (!(await lock.take())) return;
    hear({ kind: 'claimed', call, wasIn: remembered.left(call) !== null });
    letGo();
  }

  function release(): void {
    attempt++;
    cancelWait();
    line.close();
    devices.close();
    lock.release();
  }

  /** The two readings of the log may be of different moments; a call never goes back. */
  function tellLog(): void {
    if (left) return;
    const byId = new Map(recent.map((call) => [call.id, call]));
    for (const call of live) {
      const other = byId.get(call.id);
      if (other === undefined || progress(other) < progress(call)) byId.set(call.id, call);
    }
    const calls = [...byId.values()].toSorted((a, b) => a.startedAt - b.startedAt);
    hear({ kind: 'log', calls, now: Date.now() });
  }

  let cancelSettle = () => {};
  const leaving = new AbortController();
  const stops: Stop[] = [
    store.calls.liveHistory(RECENT, (calls) => {
      recent = calls;
      tellLog();
    }),
    effect(() => {
      const isUp = status.link.value === 'live';
      cancelSettle();
      if (!isUp) return hear({ kind: 'link', live: false, now: Date.now() });
      cancelSettle = timers.after(SETTLE_MS, () => {
        // What was said while nobody was there to pass it on was lost.
        line.repeat();
        hear({ kind: 'link', live: true, now: Date.now() });
      });
    }),
    watchCalls(model),
    () => leaving.abort(),
    () => cancelSettle(),
  ];
  const go = () => {
    remembered.touch();
    hear({ kind: 'unload' });
    sayEnd();
  };
  window.addEventListener('pagehide', go, { signal: leaving.signal });
  window.addEventListener('online', () => line.restart(), { signal: leaving.signal });
  model.relayOnly.value = remembered.relayOnly();

  return {
    log(next) {
      live = next;
      tellLog();
    },
    signal: (from, sender, envelope) => line.signal(state.present, from, sender, envelope),
    result(result) {
      const code = result.ok ? null : result.code;
      const error = code === null || isErrorCode(code) ? code : 'INTERNAL';
      hear({ kind: 'result', op: result.id, error, now: Date.now() });
    },
    look() {
      devices.look();
      void line.findServers();
    },
    leave() {
      if (left) return;
      // Nothing is sealed any more, so that nobody waits for a farewell.
      line.close();
      hear({ kind: 'end' });
      left = true;
      for (const stop of [...stops, ...cancels]) stop();
      release();
      hear({ kind: 'dismiss' });
      batch(() => {
        model.incoming.value = null;
        model.elsewhere.value = null;
        model.current.value = null;
      });
    },

    call(peer, media) {
      const name = people.contactsById.peek().get(peer)?.name ?? '';
      hear({ kind: 'call', id: newOpId(Date.now()), peer, name, media });
    },
    startCall: () => hear({ kind: 'start' }),
    answerCall: (media) => hear({ kind: 'answer', op: newOpId(Date.now()), media }),
    declineCall: () => hear({ kind: 'decline' }),
    endCall: () => hear({ kind: 'end' }),
    endCallElsewhere: () => hear({ kind: 'end-elsewhere' }),
    dismissCall: () => hear({ kind: 'dismiss' }),
    setMicrophone: devices.setMicrophone,
    setCamera: devices.setCamera,
    flipCamera: devices.flipCamera,
    shareScreen: devices.shareScreen,
    chooseDevice: devices.chooseDevice,
    popOut: () => line.popOut(),
    setRelayOnly(on) {
      remembered.setRelayOnly(on);
      model.relayOnly.value = on;
    },
  };
}

const progress = (call: StoredCall): number => (isLive(call) ? (call.status === 'ringing' ? 0 : 1) : 2);
