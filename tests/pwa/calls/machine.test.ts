import { describe, expect, it } from 'vitest';
import { step } from '#pwa/calls/machine.ts';
import {
  type CallEffect,
  type CallEvent,
  type Calls,
  elsewhereOf,
  incomingOf,
  newCalls,
} from '#pwa/calls/state.ts';
import type { StoredCall } from '#pwa/store/ports.ts';
import type { CallStatus } from '#shared/call.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';

const ME = 'AAAAAAAAAAAAAAAAAAAAAA' as UserId;
const BEA = 'BBBBBBBBBBBBBBBBBBBBBA' as UserId;
const CYD = 'CCCCCCCCCCCCCCCCCCCCCA' as UserId;
const HERE = 'hereAAAAAAAAAAAAAAAAAA' as DeviceId;
const OTHER = 'otherAAAAAAAAAAAAAAAAA' as DeviceId;
const THEIRS = 'theirsAAAAAAAAAAAAAAAA' as DeviceId;
const NOW = 1_000_000;

const opId = (n: number) => `01890000-0000-7000-8000-00000000000${n}` as OpId;
const MINE = opId(1);
const RINGS = opId(2);
const SECOND = opId(3);
const ANSWER = opId(4);

function entry(id: OpId, status: CallStatus, more: Partial<StoredCall> = {}): StoredCall {
  const mine = more.mine ?? id === MINE;
  const peer = more.peer ?? (id === SECOND ? CYD : BEA);
  return {
    id,
    mine,
    peer,
    name: peer === CYD ? 'cyd' : 'bea',
    caller: mine ? ME : peer,
    callee: mine ? peer : ME,
    media: 'voice',
    status,
    after: 0,
    startedAt: NOW,
    answeredAt: status === 'in_progress' ? NOW : null,
    endedAt: null,
    callerDevice: mine ? HERE : THEIRS,
    calleeDevice: status === 'in_progress' ? (mine ? THEIRS : HERE) : null,
    seen: true,
    ...more,
  };
}

const call: CallEvent = { kind: 'call', id: MINE, peer: BEA, name: 'bea', media: 'voice' };
const video: CallEvent = { kind: 'call', id: MINE, peer: BEA, name: 'bea', media: 'video' };
const ready: CallEvent = { kind: 'ready', hasRelay: true, now: NOW };
const readyAlone: CallEvent = { kind: 'ready', hasRelay: false, now: NOW };
const ok = (op: OpId): CallEvent => ({ kind: 'result', op, error: null, now: NOW });
const no = (op: OpId, error: ErrorCode): CallEvent => ({ kind: 'result', op, error, now: NOW });
const log = (...calls: StoredCall[]): CallEvent => ({ kind: 'log', calls, now: NOW });
const up: CallEvent = { kind: 'link', live: true, now: NOW };
const down: CallEvent = { kind: 'link', live: false, now: NOW };
const answer: CallEvent = { kind: 'answer', op: ANSWER, media: 'voice' };
const time = (of: 'answer' | 'ring' | 'way' | 'farewell'): CallEvent => ({ kind: 'time', of });
const connected: CallEvent = { kind: 'connected' };
const lost: CallEvent = { kind: 'lost' };
const end: CallEvent = { kind: 'end' };

const calling = [call, ready, ok(MINE), log(entry(MINE, 'ringing'))];
const talking = [...calling, log(entry(MINE, 'in_progress')), connected];
const ringing = [log(entry(RINGS, 'ringing')), up];
const answering = [...ringing, answer, ready];
const answered = [...answering, ok(ANSWER), log(entry(RINGS, 'in_progress')), connected];

function run(events: readonly CallEvent[]): { state: Calls; last: readonly CallEffect[]; all: CallEffect[] } {
  let state = newCalls(HERE);
  let last: readonly CallEffect[] = [];
  const all: CallEffect[] = [];
  for (const event of events) {
    [state, last] = step(state, event);
    all.push(...last);
  }
  return { state, last, all };
}
const brief = (effects: readonly CallEffect[]) => effects.map(({ kind }) => kind);

describe('a call', () => {
  it.each<[what: string, events: readonly CallEvent[], phase: string | null, effects: readonly string[]]>([
    ['of voice asks for the microphone at once', [call], 'starting', ['wait', 'prepare']],
    ['of video shows the own picture first', [video], 'preview', ['wait', 'prepare']],
    ['of video tells the server nothing before it is started', [video, ready], 'preview', []],
    [
      'of video is started after its preview',
      [video, ready, { kind: 'start' }],
      'starting',
      ['start', 'wait'],
    ],
    [
      'of video starts when the camera is there',
      [video, { kind: 'start' }, ready],
      'starting',
      ['start', 'wait'],
    ],
    ['leaves its preview without a word', [video, ready, end], null, ['release']],
    ['that is ended before it was said is not said', [call, end], 'ended', ['release', 'wait']],
    ['rings when the server has it', [call, ready, ok(MINE)], 'ringing', ['wait']],
    [
      'connects when it is answered',
      [...calling, log(entry(MINE, 'in_progress'))],
      'connecting',
      ['wait', 'connect'],
    ],
    [
      'connects also when the log is faster than the answer of the server',
      [call, ready, log(entry(MINE, 'in_progress'))],
      'connecting',
      ['connect'],
    ],
    ['is live when the devices have found each other', talking, 'live', ['wait']],
    ['looks for a new way', [...talking, lost], 'reconnecting', ['wait']],
    ['is live again', [...talking, lost, connected], 'live', ['wait']],
    ['is ended by us', [...talking, end], 'ended', ['end', 'release', 'wait']],
    ['is called off by us', [...calling, end], 'ended', ['end', 'release', 'wait']],
    [
      'is called off by us before the server has answered',
      [call, ready, end],
      'ended',
      ['drop', 'end', 'release', 'wait'],
    ],
    ['is ended by their farewell', [...talking, { kind: 'bye' }], 'ended', ['end', 'release', 'wait']],
    [
      'is not ended by it before it was connected: the server says why',
      [...calling, log(entry(MINE, 'in_progress')), { kind: 'bye' }],
      'connecting',
      [],
    ],
    ['is closed by the person', [...talking, end, { kind: 'dismiss' }], null, ['wait']],
    ['says farewell for a moment', [...talking, end, time('farewell')], null, ['wait']],
    [
      'that rings is called off when the page goes',
      [...calling, { kind: 'unload' }],
      'ended',
      ['end', 'release', 'wait'],
    ],
    ['that is live waits for the next page', [...talking, { kind: 'unload' }], 'live', []],
    ['is answered', answering, 'connecting', ['answer', 'wait', 'connect']],
    ['that was answered is live', answered, 'live', ['wait']],
    [
      'answered by the other device in its first words waits for our log',
      [...answering, connected, ok(ANSWER), log(entry(RINGS, 'in_progress'))],
      'live',
      [],
    ],
  ])('%s', (_what, events, phase, effects) => {
    const { state, last } = run(events);
    expect(state.present?.phase ?? null).toBe(phase);
    expect(brief(last)).toEqual(effects);
  });

  it.each<[what: string, events: readonly CallEvent[], ending: string, error: ErrorCode | null]>([
    ['was declined', [...calling, log(entry(MINE, 'declined'))], 'declined', null],
    ['met somebody busy', [call, ready, ok(MINE), log(entry(MINE, 'busy'))], 'busy', null],
    ['met somebody busy, as the log said first', [call, ready, log(entry(MINE, 'busy'))], 'busy', null],
    ['was not answered', [...calling, log(entry(MINE, 'missed'))], 'no-answer', null],
    ['was not answered while the server could not be reached', [...calling, time('ring')], 'no-answer', null],
    ['was ended by them', [...talking, log(entry(MINE, 'completed'))], 'hung-up', null],
    ['was called off while we answered', [...answering, no(ANSWER, 'CALL_OVER')], 'called-off', null],
    [
      'was called off before we could answer',
      [...ringing, answer, log(entry(RINGS, 'missed'))],
      'called-off',
      null,
    ],
    ['was answered on another device', [...answering, no(ANSWER, 'CALL_TAKEN')], 'elsewhere', null],
    [
      'was answered on another device, as the log said first',
      [...answering, log(entry(RINGS, 'in_progress', { calleeDevice: OTHER }))],
      'elsewhere',
      null,
    ],
    [
      'was answered in another tab',
      [...ringing, answer, { kind: 'refused', error: 'IN_CALL', elsewhere: true }],
      'elsewhere',
      null,
    ],
    ['was refused', [call, ready, no(MINE, 'NOT_FRIENDS')], 'failed', 'NOT_FRIENDS'],
    ['met a call of ours elsewhere', [call, ready, no(MINE, 'IN_CALL')], 'failed', 'IN_CALL'],
    [
      'had no microphone',
      [call, { kind: 'refused', error: 'MEDIA_DENIED', elsewhere: false }],
      'failed',
      'MEDIA_DENIED',
    ],
    ['was never heard of', [call, ready, time('answer')], 'failed', 'CALL_OFFLINE'],
    ['was answered, which was never heard of', [...answering, time('answer')], 'failed', 'CALL_OFFLINE'],
    [
      'found no way, and there is no relay',
      [call, readyAlone, ok(MINE), log(entry(MINE, 'in_progress')), time('way')],
      'failed',
      'CALL_UNCONNECTED',
    ],
    [
      'found no way, and they gave up first',
      [call, readyAlone, ok(MINE), log(entry(MINE, 'in_progress')), log(entry(MINE, 'failed'))],
      'failed',
      'CALL_UNCONNECTED',
    ],
    ['was ended as failed while it was live', [...talking, log(entry(MINE, 'failed'))], 'failed', null],
    [
      'found no way, with a relay',
      [...calling, log(entry(MINE, 'in_progress')), time('way')],
      'failed',
      'CALL_NO_WAY',
    ],
    ['lost its way for good', [...talking, lost, time('way')], 'failed', null],
    [
      'heard what nobody said, and found no way',
      [...calling, log(entry(MINE, 'in_progress')), { kind: 'tampered' }, time('way')],
      'failed',
      'CALL_TAMPERED',
    ],
    [
      'heard what nobody said, and they gave up',
      [...calling, log(entry(MINE, 'in_progress')), { kind: 'tampered' }, log(entry(MINE, 'failed'))],
      'failed',
      'CALL_TAMPERED',
    ],
    [
      'heard what nobody said before it was connected, and lost its way',
      [...calling, log(entry(MINE, 'in_progress')), { kind: 'tampered' }, connected, lost, time('way')],
      'failed',
      null,
    ],
    [
      'was tampered with',
      [...talking, { kind: 'broken', error: 'CALL_TAMPERED' }],
      'failed',
      'CALL_TAMPERED',
    ],
  ])('%s', (_what, events, ending, error) => {
    const { state, last } = run(events);
    expect(state.present).toMatchObject({ phase: 'ended', ending, error });
    expect(brief(last)).toContain('release');
  });

  it.each<[what: string, events: readonly CallEvent[], reason: string]>([
    ['found no way', [...calling, log(entry(MINE, 'in_progress')), time('way')], 'failed'],
    ['lost its way', [...talking, lost, time('way')], 'hung-up'],
    ['broke after they had talked', [...talking, { kind: 'broken', error: 'CALL_TAMPERED' }], 'hung-up'],
  ])('that %s tells the server so', (_what, events, reason) => {
    expect(run(events).last).toContainEqual({ kind: 'end', to: BEA, call: MINE, reason });
  });

  it('goes on when somebody puts in a word of their own', () => {
    const { state, last } = run([...talking, { kind: 'tampered' }]);
    expect(state.present).toMatchObject({ phase: 'live', tampered: false });
    expect(last).toEqual([]);
  });

  it('that nobody answered for is forgotten and ended at the server', () => {
    const { last } = run([call, ready, time('answer')]);
    expect(last).toEqual([
      { kind: 'drop', op: MINE },
      { kind: 'end', to: BEA, call: MINE, reason: 'failed' },
      { kind: 'release' },
    ]);
  });

  it('of the caller is impolite and of the callee polite, each to the device of the other', () => {
    const connects = (events: readonly CallEvent[]) =>
      run(events).all.filter(({ kind }) => kind === 'connect');
    expect(connects(talking)).toEqual([
      { kind: 'connect', call: MINE, peer: BEA, device: THEIRS, polite: false, again: false },
    ]);
    expect(connects(answered)).toEqual([
      { kind: 'connect', call: RINGS, peer: BEA, device: THEIRS, polite: true, again: false },
    ]);
  });

  it('is counted from when it was answered', () => {
    expect(run(calling).state.present?.since).toBeNull();
    expect(run(talking).state.present?.since).toBe(NOW);
  });

  it('is one at a time', () => {
    const { last } = run([...talking, { ...call, id: SECOND, peer: CYD }]);
    expect(last).toEqual([{ kind: 'tell', error: 'IN_CALL' }]);
  });
});

describe('two that call each other', () => {
  const theirs = entry(RINGS, 'in_progress');

  it('are in one call: theirs, when it was first', () => {
    const { state, all } = run([call, ready, ok(MINE), log(theirs)]);
    expect(state.present).toMatchObject({ phase: 'connecting', id: RINGS, mine: false, since: NOW });
    expect(all.at(-1)).toMatchObject({ kind: 'connect', call: RINGS, polite: true, device: THEIRS });
  });

  it('are so too when the log is faster than the answer of the server', () => {
    const { state } = run([call, ready, log(theirs), ok(MINE)]);
    expect(state.present).toMatchObject({ phase: 'connecting', id: RINGS });
  });

  it('end that call when ours was hung up meanwhile', () => {
    const { last } = run([call, ready, ok(MINE), end, log(theirs)]);
    expect(last).toEqual([{ kind: 'end', to: BEA, call: RINGS, reason: 'hung-up' }]);
    expect(run([call, ready, ok(MINE), end, log(theirs), log(theirs)]).last).toEqual([]);
  });

  it('hear no ringing while they call', () => {
    expect(incomingOf(run([up, call, ready, log(entry(RINGS, 'ringing'))]).state)).toBeNull();
  });

  it('hear it in a preview', () => {
    expect(incomingOf(run([up, video, log(entry(RINGS, 'ringing'))]).state)?.id).toBe(RINGS);
  });

  it('don’t take a call that another tab of this device has answered', () => {
    const { state } = run([call, ready, log(theirs), no(MINE, 'IN_CALL')]);
    expect(state.present).toMatchObject({ phase: 'ended', error: 'IN_CALL' });
    expect(elsewhereOf(run([up, call, ready, log(theirs), no(MINE, 'IN_CALL')]).state)).toMatchObject({
      where: 'tab',
    });
  });
});

describe('what rings', () => {
  it('is heard when the log is up to date', () => {
    expect(incomingOf(run([log(entry(RINGS, 'ringing'))]).state)).toBeNull();
    const { state, last } = run(ringing);
    expect(incomingOf(state)).toEqual({ id: RINGS, peer: BEA, name: 'bea', media: 'voice' });
    expect(brief(last)).toEqual(['ring']);
    expect(incomingOf(run([...ringing, down]).state)?.id).toBe(RINGS);
  });

  it.each<[string, readonly CallEvent[]]>([
    ['declined', [{ kind: 'decline' }]],
    ['answered', [answer]],
    ['called off', [log(entry(RINGS, 'missed'))]],
    ['answered on another device', [log(entry(RINGS, 'in_progress', { calleeDevice: OTHER }))]],
    ['rung for long enough', [{ kind: 'rung', call: RINGS }]],
  ])('is no more when it was %s', (_what, events) => {
    expect(incomingOf(run([...ringing, ...events]).state)).toBeNull();
  });

  it('is declined at the server', () => {
    expect(run([...ringing, { kind: 'decline' }]).last).toEqual([{ kind: 'decline', to: BEA, call: RINGS }]);
  });

  it('rings on when there was no microphone to answer with', () => {
    const denied: CallEvent = { kind: 'refused', error: 'MEDIA_DENIED', elsewhere: false };
    const { state, last } = run([...ringing, answer, denied]);
    expect(state.present).toMatchObject({ phase: 'ended', error: 'MEDIA_DENIED' });
    expect(incomingOf(state)?.id).toBe(RINGS);
    expect(brief(last)).toEqual(['release']);
    expect(run([...ringing, answer, denied, answer]).state.present?.phase).toBe('connecting');
  });

  const second = [...talking, up, log(entry(MINE, 'in_progress'), entry(SECOND, 'ringing'))];

  it('may be a second call, which is declined', () => {
    const { state, last } = run([...second, { kind: 'decline' }]);
    expect(last).toEqual([{ kind: 'decline', to: CYD, call: SECOND }]);
    expect(state.present).toMatchObject({ phase: 'live', id: MINE });
  });

  it('may be a second call, for which the first is ended', () => {
    const { state, last } = run([...second, answer]);
    expect(last).toEqual([
      { kind: 'end', to: BEA, call: MINE, reason: 'hung-up' },
      { kind: 'release' },
      { kind: 'prepare', camera: false, again: false },
    ]);
    expect(state.present).toMatchObject({ phase: 'connecting', id: SECOND, peer: CYD });
  });
});

describe('two who call each other', () => {
  it('hang up what their start has become the answer to, though nobody had told them yet', () => {
    const theirs = entry(RINGS, 'in_progress', { mine: false });
    const { last } = run([call, ready, end, log(theirs)]);
    expect(last).toEqual([{ kind: 'end', to: BEA, call: RINGS, reason: 'hung-up' }]);
    expect(run([call, ready, end, log(theirs), log(theirs)]).last).toEqual([]);
  });
});

describe('a page that was reloaded', () => {
  const left = [log(entry(MINE, 'in_progress')), up];

  it('asks whether the call of this device is free, once, when the log is up to date', () => {
    expect(run(left).last).toEqual([{ kind: 'claim', call: MINE }]);
    expect(brief(run([log(entry(MINE, 'in_progress'))]).all)).toEqual([]);
    expect(run([...left, down, up]).last).toEqual([]);
  });

  it('goes on with it', () => {
    const { state, last, all } = run([...left, { kind: 'claimed', call: MINE, wasIn: true }, ready]);
    expect(state.present).toMatchObject({ phase: 'reconnecting', id: MINE, since: NOW });
    expect(all.filter(({ kind }) => kind === 'prepare')).toEqual([
      { kind: 'prepare', camera: false, again: true },
    ]);
    expect(last.at(-1)).toMatchObject({ kind: 'connect', call: MINE, polite: false, again: true });
    expect(
      run([...left, { kind: 'claimed', call: MINE, wasIn: true }, ready, connected]).state.present?.phase,
    ).toBe('live');
  });

  it('ends it when it can’t go on', () => {
    const denied: CallEvent = { kind: 'refused', error: 'MEDIA_DENIED', elsewhere: false };
    expect(brief(run([...left, { kind: 'claimed', call: MINE, wasIn: true }, denied]).last)).toEqual([
      'end',
      'release',
    ]);
  });

  it('does not open a microphone for a call that this browser was not in a moment ago: it has left it', () => {
    const { state, last } = run([...left, { kind: 'claimed', call: MINE, wasIn: false }]);
    expect(last).toEqual([{ kind: 'end', to: BEA, call: MINE, reason: 'hung-up' }, { kind: 'release' }]);
    expect(state.present).toBeNull();
  });

  it('calls off what it left ringing', () => {
    const events = [log(entry(MINE, 'ringing')), up, { kind: 'claimed', call: MINE, wasIn: true }] as const;
    expect(run(events).last).toEqual([
      { kind: 'end', to: BEA, call: MINE, reason: 'hung-up' },
      { kind: 'release' },
    ]);
  });

  it('leaves alone what is of another device, or is over', () => {
    expect(run([log(entry(MINE, 'in_progress', { callerDevice: OTHER })), up]).last).toEqual([]);
    expect(run([log(entry(MINE, 'completed')), up]).last).toEqual([]);
    expect(
      run([...left, log(entry(MINE, 'completed')), { kind: 'claimed', call: MINE, wasIn: true }]).state
        .present,
    ).toBeNull();
  });
});

describe('a call elsewhere', () => {
  const there = log(entry(MINE, 'in_progress', { callerDevice: OTHER }));

  it('is ended from here, unless this tab is in one', () => {
    const endIt: CallEvent = { kind: 'end-elsewhere' };
    expect(run([there, up, endIt]).last).toEqual([{ kind: 'end', to: BEA, call: MINE, reason: 'hung-up' }]);
    expect(run([up, endIt]).last).toEqual([]);
    expect(run([...talking, up, endIt]).last).toEqual([]);
  });

  it.each<[string, StoredCall, 'tab' | 'device' | null]>([
    ['on another device', entry(MINE, 'in_progress', { callerDevice: OTHER }), 'device'],
    ['answered on another device', entry(RINGS, 'in_progress', { calleeDevice: OTHER }), 'device'],
    ['that rings from another device', entry(MINE, 'ringing', { callerDevice: OTHER }), 'device'],
    ['in another tab', entry(MINE, 'in_progress'), 'tab'],
    ['that only rings here', entry(RINGS, 'ringing'), null],
    ['that is over', entry(MINE, 'completed'), null],
  ])('%s', (_what, other, where) => {
    expect(elsewhereOf(run([log(other), up]).state)?.where ?? null).toBe(where);
  });

  it('is not the one of this tab', () => {
    expect(elsewhereOf(run([...talking, up]).state)).toBeNull();
    expect(elsewhereOf(run([...talking, up, end]).state)).toBeNull();
  });
});
