import { type CallEndReason, type CallStatus, RING_MS, isLive } from '#shared/call.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { DeviceId, OpId } from '#shared/ids.ts';
import type { CallEnding } from '../models/calls.ts';
import type { StoredCall } from '../store/ports.ts';
import {
  type CallEffect,
  type CallEvent,
  type Calls,
  type Patience,
  type Present,
  type Step,
  incomingOf,
  otherCall,
} from './state.ts';

/** How long the server may take. */
const ANSWER_MS = 15_000;
/** The server ends what rings too long; it may be out of reach. */
const SLACK_MS = 10_000;
/** Failure of a connection is certain after some 15 s; after that it has half a minute. */
const WAY_MS = 45_000;
const FAREWELL_MS = 4_000;

/**
 * The call of one tab. Pure: what a person does, what the log says and what becomes of the connection goes in, what is
 * to be done comes out.
 *
 *   preview ─► starting ─► ringing ─► connecting ─► live ⇄ reconnecting
 *                 └───────────┴────────────┴──────────┴─────────┴──────► ended
 */
export function step(state: Calls, event: CallEvent): Step {
  switch (event.kind) {
    case 'call':
      return call(state, event);
    case 'answer':
      return answer(state, event);
    case 'decline': {
      const ringing = incomingOf(state);
      if (ringing === null) return [state, []];
      const { id, peer } = ringing;
      return [{ ...state, quiet: [...state.quiet, id] }, [{ kind: 'decline', to: peer, call: id }]];
    }
    case 'rung':
      return [{ ...state, quiet: [...state.quiet, event.call] }, []];
    case 'log': {
      const looked = { ...state, log: event.calls };
      return then(follow(looked, event.now), (next) => hearRinging(next));
    }
    case 'link':
      return then(hearRinging({ ...state, fresh: event.live }), lookForLeft);
    case 'claimed':
      return claimed(state, event.call, event.wasIn);
    case 'end-elsewhere':
      return endElsewhere(state);
    default:
      return state.present === null || state.present.phase === 'ended'
        ? afterwards(state, event)
        : within(state, state.present, event);
  }
}

type Inner = Exclude<
  CallEvent,
  { kind: 'call' | 'answer' | 'decline' | 'rung' | 'log' | 'link' | 'claimed' | 'end-elsewhere' }
>;

/** What happens to nobody's call, or to one that is over. */
function afterwards(state: Calls, event: Inner): Step {
  const isGone = event.kind === 'dismiss' || (event.kind === 'time' && event.of === 'farewell');
  if (state.present === null || !isGone) return [state, []];
  return [{ ...state, present: null }, [{ kind: 'wait', of: null, ms: 0 }]];
}

function within(state: Calls, present: Present, event: Inner): Step {
  switch (event.kind) {
    case 'start':
      return present.phase === 'preview'
        ? proceed(state, { ...present, phase: 'starting', wanted: present.id })
        : [state, []];
    case 'ready':
      return proceed(state, { ...present, ready: true, hasRelay: event.hasRelay }, event.now);
    case 'refused':
      return refused(state, present, event.error, event.elsewhere);
    case 'result':
      return event.op === present.asked
        ? answered(state, { ...present, asked: null }, event.error, event.now)
        : [state, []];
    case 'connected':
      if (!isLooking(present)) return [state, []];
      return [
        { ...state, present: { ...present, phase: 'live', wasConnected: true, tampered: false } },
        [{ kind: 'wait', of: null, ms: 0 }],
      ];
    case 'lost':
      if (present.phase !== 'live') return [state, []];
      return [
        { ...state, present: { ...present, phase: 'reconnecting' } },
        [{ kind: 'wait', of: 'way', ms: WAY_MS }],
      ];
    case 'broken':
      return finish(state, present, 'failed', event.error, giveUp(present, 'failed'));
    // It is dropped: noise ends no call. When nothing comes of the call, this is why.
    case 'tampered':
      if (present.phase === 'live') return [state, []];
      return [{ ...state, present: { ...present, tampered: true } }, []];
    // The server says so too, maybe later, and better: whoever was never connected hears from it why. Ending it twice
    // does no harm.
    case 'bye':
      return present.device === null || !present.wasConnected
        ? [state, []]
        : finish(state, present, 'hung-up', null, giveUp(present, 'hung-up'));
    case 'end':
      return hangUp(state, present);
    case 'unload':
      return present.phase === 'live' || isLooking(present) ? [state, []] : hangUp(state, present);
    case 'time':
      return outOfPatience(state, present, event.of);
    case 'dismiss':
      return [state, []];
  }
}

function hangUp(state: Calls, present: Present): Step {
  if (present.phase === 'preview') return leavePreview(state);
  // Of a start whose answer has not come nobody knows whether it has become the answer to theirs.
  const taken = present.taken || (present.mine && present.asked !== null);
  return finish(state, { ...present, taken }, 'hung-up', null, giveUp(present, 'hung-up'));
}

/** Of a device that is not at hand, or of a tab that has died, which nobody else could end. */
function endElsewhere(state: Calls): Step {
  const other = otherCall(state);
  if (other === undefined || (state.present !== null && state.present.phase !== 'ended')) return [state, []];
  const { id, peer } = other;
  return [state, [{ kind: 'end', to: peer, call: id, reason: 'hung-up' }]];
}

function call(state: Calls, { id, peer, name, media }: Extract<CallEvent, { kind: 'call' }>): Step {
  if (state.present !== null && state.present.phase !== 'ended') {
    return [state, [{ kind: 'tell', error: 'IN_CALL' }]];
  }
  const preview = media === 'video';
  const present: Present = {
    ...BLANK,
    id,
    peer,
    name,
    media,
    mine: true,
    phase: preview ? 'preview' : 'starting',
    wanted: preview ? null : id,
  };
  return [
    { ...state, present },
    [
      { kind: 'wait', of: null, ms: 0 },
      { kind: 'prepare', camera: preview, again: false },
    ],
  ];
}

/** Of the one that rings; a call that we are in is ended for it. */
function answer(state: Calls, { op, media }: Extract<CallEvent, { kind: 'answer' }>): Step {
  const ringing = incomingOf(state);
  if (ringing === null) return [state, []];
  const { present } = state;
  const before: readonly CallEffect[] =
    present === null || present.phase === 'ended'
      ? [{ kind: 'wait', of: null, ms: 0 }]
      : [...giveUp(present, 'hung-up'), { kind: 'release' }];
  const next: Present = {
    ...BLANK,
    id: ringing.id,
    peer: ringing.peer,
    name: ringing.name,
    media: ringing.media,
    mine: false,
    phase: 'connecting',
    wanted: op,
  };
  return [
    { ...state, present: next },
    [...before, { kind: 'prepare', camera: media === 'video', again: false }],
  ];
}

/** Says to the server what is wanted, once everything for it is there. */
function proceed(state: Calls, present: Present, now = 0): Step {
  const { wanted, ready, mine, id, peer, media } = present;
  if (!ready) return [{ ...state, present }, []];
  // A page before this one has said everything.
  if (wanted === null) return follow({ ...state, present }, now);
  const asked: Calls = { ...state, present: { ...present, wanted: null, asked: wanted } };
  const wait: CallEffect = { kind: 'wait', of: 'answer', ms: ANSWER_MS };
  if (mine) return [asked, [{ kind: 'start', op: wanted, to: peer, media }, wait]];
  // The other device may speak before our own log tells that we answered.
  const from = find(state, id);
  if (from === undefined) return finish(state, present, 'called-off');
  return then([asked, [{ kind: 'answer', op: wanted, to: peer, call: id }, wait]], (next) =>
    meet(next, from.callerDevice, false),
  );
}

function refused(state: Calls, present: Present, error: ErrorCode, elsewhere: boolean): Step {
  const isUnanswered = !present.mine && present.wanted !== null;
  if (!isUnanswered) return finish(state, present, 'failed', error, giveUp(present, 'failed'));
  if (elsewhere) return finish(state, present, 'elsewhere');
  // It rings on: the person may allow the microphone and answer again, or take another device.
  const [next, effects] = finish(state, present, 'failed', error);
  return [{ ...next, quiet: state.quiet }, effects];
}

function answered(state: Calls, present: Present, error: ErrorCode | null, now: number): Step {
  if (error === null) {
    if (present.phase === 'connecting') {
      return [{ ...state, present }, [{ kind: 'wait', of: 'way', ms: WAY_MS }]];
    }
    if (present.phase !== 'starting') return [{ ...state, present }, []];
    const next: Present = { ...present, phase: 'ringing', taken: true };
    return then(
      [{ ...state, present: next }, [{ kind: 'wait', of: 'ring', ms: RING_MS + SLACK_MS }]],
      (rings) => follow(rings, now),
    );
  }
  if (error === 'CALL_TAKEN') return finish(state, present, 'elsewhere');
  if (error === 'CALL_OVER' || error === 'CALL_UNKNOWN') return finish(state, present, 'called-off');
  return finish(state, present, 'failed', error);
}

/** What the log says of the call of this tab. */
function follow(state: Calls, now: number): Step {
  const { present, device } = state;
  if (present === null || present.phase === 'preview') return [state, []];
  const entry = find(state, present.id) ?? answeredByStarting(state, present);
  if (present.phase === 'ended') {
    // Hung up before it was known whose call it became.
    if (entry === undefined || entry.id === present.id) return [state, []];
    const { id, peer } = entry;
    const done = { ...present, taken: false };
    return [{ ...state, present: done }, [{ kind: 'end', to: peer, call: id, reason: 'hung-up' }]];
  }
  if (entry === undefined) return [state, []];
  if (!isLive(entry)) {
    const ending = endingOf(entry.status, present);
    // They have given up first, for the reason that we would have had.
    const isSame = ending === 'failed' && isLooking(present);
    return finish(state, present, ending, isSame ? whyNoWay(present) : null);
  }
  if (entry.status === 'ringing') return [state, []];
  const [ours, theirs] = entry.mine
    ? [entry.callerDevice, entry.calleeDevice]
    : [entry.calleeDevice, entry.callerDevice];
  if (ours !== device) return finish(state, present, 'elsewhere');
  // Without a microphone of ours yet: it is looked at again when there is one.
  if (theirs === null || !present.ready) return [state, []];
  const again = present.phase === 'reconnecting';
  const fixed: Calls = {
    ...state,
    present: {
      ...present,
      id: entry.id,
      mine: entry.mine,
      media: entry.media,
      since: present.since ?? (again ? (entry.answeredAt ?? now) : now),
    },
  };
  return meet(fixed, theirs, again);
}

/** Both called at once: our start was the answer to theirs, and there is only their call. */
function answeredByStarting(state: Calls, present: Present): StoredCall | undefined {
  if (!present.taken) return undefined;
  return state.log.find(
    ({ peer, mine, status, calleeDevice }) =>
      peer === present.peer && !mine && status === 'in_progress' && calleeDevice === state.device,
  );
}

function meet(state: Calls, device: DeviceId, again: boolean): Step {
  const { present } = state;
  if (present === null || present.device !== null) return [state, []];
  const { id, peer, mine } = present;
  const phase = again ? 'reconnecting' : 'connecting';
  const wait: readonly CallEffect[] = present.asked === null ? [{ kind: 'wait', of: 'way', ms: WAY_MS }] : [];
  return [
    { ...state, present: { ...present, device, phase } },
    [...wait, { kind: 'connect', call: id, peer, device, polite: !mine, again }],
  ];
}

function outOfPatience(state: Calls, present: Present, of: Patience): Step {
  switch (of) {
    case 'answer':
      if (present.asked === null) return [state, []];
      return finish(state, present, 'failed', 'CALL_OFFLINE', giveUp(present, 'failed'));
    case 'ring':
      if (present.phase !== 'ringing') return [state, []];
      return finish(state, present, 'no-answer', null, giveUp(present, 'hung-up'));
    case 'way':
      if (!isLooking(present)) return [state, []];
      return finish(state, present, 'failed', whyNoWay(present), giveUp(present, 'failed'));
    case 'farewell':
      return [state, []];
  }
}

const isLooking = ({ phase }: Present): boolean => phase === 'connecting' || phase === 'reconnecting';

function whyNoWay({ tampered, wasConnected, hasRelay }: Present): ErrorCode | null {
  if (tampered) return 'CALL_TAMPERED';
  if (wasConnected) return null;
  return hasRelay ? 'CALL_NO_WAY' : 'CALL_UNCONNECTED';
}

/** What makes the server end it, however far it got. */
function giveUp(present: Present, why: CallEndReason): CallEffect[] {
  const { asked, mine, phase, peer, id, wasConnected } = present;
  const reason = wasConnected ? 'hung-up' : why;
  const drop: CallEffect[] = asked === null ? [] : [{ kind: 'drop', op: asked }];
  // A start that has not left yet needs no end.
  const unsaid = mine && asked === null && (phase === 'preview' || phase === 'starting');
  return unsaid ? [] : [...drop, { kind: 'end', to: peer, call: id, reason }];
}

function finish(
  state: Calls,
  present: Present,
  ending: CallEnding,
  error: ErrorCode | null = null,
  before: readonly CallEffect[] = [],
): Step {
  const isBrief = error === null && BRIEF.has(ending);
  const left: readonly CallEffect[] = isBrief ? [{ kind: 'wait', of: 'farewell', ms: FAREWELL_MS }] : [];
  // One that we did not get to answer stops ringing here too.
  const quiet = present.mine ? state.quiet : [...state.quiet, present.id];
  return [
    { ...state, quiet, present: { ...present, phase: 'ended', ending, error, wanted: null, asked: null } },
    [...before, { kind: 'release' }, ...left],
  ];
}

const leavePreview = (state: Calls): Step => [{ ...state, present: null }, [{ kind: 'release' }]];

/** What a person knows without reading it. */
const BRIEF: ReadonlySet<CallEnding> = new Set(['hung-up', 'called-off', 'elsewhere']);

function endingOf(status: CallStatus, { mine }: Present): CallEnding {
  switch (status) {
    case 'declined':
      return 'declined';
    case 'busy':
      return 'busy';
    case 'missed':
      return mine ? 'no-answer' : 'called-off';
    case 'failed':
      return 'failed';
    case 'completed':
    case 'ringing':
    case 'in_progress':
      return 'hung-up';
  }
}

/** A log that is not up to date may hold a call that has long stopped ringing. */
function hearRinging(state: Calls): Step {
  if (!state.fresh) return [state, []];
  const heard = state.log
    .filter(({ id, mine, status }) => !mine && status === 'ringing' && !state.heard.includes(id))
    .map(({ id }) => id);
  return [
    { ...state, heard: [...state.heard, ...heard] },
    heard.map((id) => ({ kind: 'ring', call: id, ms: RING_MS + SLACK_MS })),
  ];
}

/** A call of this device that no page is in: it was reloaded, or closed and opened. */
function lookForLeft(state: Calls): Step {
  if (!state.fresh || state.looked) return [state, []];
  const left = state.present === null ? state.log.find((entry) => isOurs(state, entry)) : undefined;
  return [{ ...state, looked: true }, left === undefined ? [] : [{ kind: 'claim', call: left.id }]];
}

/**
 * Whoever was in it a moment ago is in it again. Everybody else has left it, whatever server and friend say of it: a
 * microphone opens for nobody who does not expect it.
 */
function claimed(state: Calls, id: OpId, wasIn: boolean): Step {
  const entry = find(state, id);
  if (state.present !== null || entry === undefined || !isOurs(state, entry)) return [state, []];
  const { peer, name, media, mine, status } = entry;
  if (status === 'ringing' || !wasIn) {
    return [state, [{ kind: 'end', to: peer, call: id, reason: 'hung-up' }, { kind: 'release' }]];
  }
  const present: Present = {
    ...BLANK,
    id,
    peer,
    name,
    media,
    mine,
    phase: 'reconnecting',
    wasConnected: true,
  };
  return [
    { ...state, present },
    [
      { kind: 'wait', of: 'way', ms: WAY_MS },
      { kind: 'prepare', camera: false, again: true },
    ],
  ];
}

const isOurs = ({ device }: Calls, entry: StoredCall): boolean =>
  isLive(entry) && (entry.mine ? entry.callerDevice : entry.calleeDevice) === device;

const find = ({ log }: Calls, id: OpId) => log.find((entry) => entry.id === id);

const BLANK = {
  since: null,
  ending: null,
  error: null,
  asked: null,
  wanted: null,
  ready: false,
  taken: false,
  hasRelay: false,
  device: null,
  wasConnected: false,
  tampered: false,
} as const satisfies Partial<Present>;

function then([state, effects]: Step, next: (state: Calls) => Step): Step {
  const [after, more] = next(state);
  return [after, [...effects, ...more]];
}
