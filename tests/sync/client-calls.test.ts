import { describe, expect, test } from 'vitest';
import type { DeviceId } from '#shared/ids.ts';
import { ANSWER_LIMIT, type ClientEvent, WAKE_LIMIT } from '#sync/client/state.ts';
import { MAX_OPS_PER_FRAME } from '#sync/wire/up.ts';
import {
  at,
  bye,
  connected,
  cut,
  device,
  frame,
  go,
  of,
  ok,
  opId,
  opened,
  outbox,
  peer,
  queued,
  resync,
  results,
  retry,
  run,
  sent,
  sentIds,
  start,
  stored,
  welcome,
} from './client-steps.ts';

const call = (n: number): Extract<ClientEvent, { kind: 'call' }> => ({
  kind: 'call',
  op: { id: opId(n), kind: 'call.start', to: peer, device, media: 'voice' },
});
const hangUp = (n: number, about: number): ClientEvent => ({
  kind: 'call',
  op: { id: opId(n), kind: 'call.end', to: peer, call: opId(about), reason: 'hung-up' },
});
const drop = (n: number): ClientEvent => ({ kind: 'drop-call', id: opId(n) });
const failed = (n: number): ClientEvent => results({ id: opId(n), ok: false, code: 'IN_CALL' });
const theirs = 'E'.repeat(22) as DeviceId;
const envelope = new Uint8Array([1, 2, 3]);
const anew: ClientEvent[] = [retry, outbox(), opened];
const toldIds = (effects: ReturnType<typeof run>[1]) =>
  of(effects, 'call-result').map(({ result }) => result.id);

describe('operations about calls', () => {
  test('C24: one goes out at once, and the connection is asked whether it lives', () => {
    const [, effects] = run(...connected(null), call(1));
    expect(sent(effects)).toEqual([
      { t: 'ops', ops: [call(1).op] },
      { t: 'ping', id: 1 },
    ]);
    expect(of(effects, 'timer')).toEqual([{ kind: 'timer', name: 'answer', ms: WAKE_LIMIT, jitter: false }]);
    const [, behind] = run(...connected(null, queued(9)), call(1));
    expect(of(behind, 'timer')).toMatchObject([{ name: 'answer', ms: ANSWER_LIMIT }]);
  });

  test('C24: they go ahead of the outbox, in the hello too', () => {
    const [, hello] = run(start(), call(2), call(3), outbox(queued(1)), opened);
    expect(sent(hello)).toMatchObject([{ t: 'hello' }]);
    expect(sentIds(hello)).toEqual([opId(2), opId(3), opId(1)]);
    const [state] = run(...connected(null), resync, call(2));
    const [, effects] = go(state, stored(state), outbox(queued(1)));
    expect(sentIds(effects)).toEqual([opId(2), opId(1)]);
  });

  test('C24: a full window and a full frame hold none of them back', () => {
    const rows = Array.from({ length: 300 }, (_, i) => queued(i));
    expect(sentIds(run(...connected(null, ...rows), call(500))[1])).toEqual([opId(500)]);
    const [, hello] = run(start(), call(500), outbox(...rows), opened);
    expect(sentIds(hello)).toHaveLength(MAX_OPS_PER_FRAME);
    expect(sentIds(hello)[0]).toBe(opId(500));
  });

  test('C24: every new connection is told them again, in their order, until they are answered', () => {
    const [state] = run(...connected(null), call(1), hangUp(2, 1), cut);
    expect(sentIds(go(state, ...anew)[1])).toEqual([opId(1), opId(2)]);
    const [answered] = go(state, ...anew, welcome(), ok(1), cut);
    expect(sentIds(go(answered, ...anew)[1])).toEqual([opId(2)]);
    const [done] = go(answered, ...anew, welcome(), failed(2), cut);
    expect(sentIds(go(done, ...anew)[1])).toEqual([]);
  });

  test('C24: on one connection each is said once', () => {
    const [state, again] = run(...connected(null), call(1), call(1));
    expect(sent(again)).toEqual([]);
    expect(sentIds(go(state, call(2))[1])).toEqual([opId(2)]);
    expect(sentIds(go(state, outbox(queued(3)))[1])).toEqual([opId(3)]);
  });

  test('C24: one that was dropped is not said again, and its answer is nobody’s', () => {
    const [state] = run(...connected(null), call(1), call(2), drop(1));
    const [, effects] = go(state, ok(1));
    expect(toldIds(effects)).toEqual([]);
    expect(of(effects, 'settle')).toEqual([]);
    expect(sentIds(go(state, cut, ...anew)[1])).toEqual([opId(2)]);
  });

  test('C24: what became of one is told once and settles nothing', () => {
    const [state, effects] = run(...connected(null, queued(7)), call(1), call(2));
    expect(of(effects, 'settle')).toEqual([]);
    const both: ClientEvent = results(
      { id: opId(1), ok: true, time: 1 },
      { id: opId(7), ok: true, time: 1, n: 1 },
      { id: opId(2), ok: false, code: 'IN_CALL' },
    );
    const [answered, told] = go(state, both);
    expect(toldIds(told)).toEqual([opId(1), opId(2)]);
    expect(of(told, 'settle')).toMatchObject([{ results: [{ id: opId(7) }] }]);
    expect(answered).toMatchObject({ calls: [], callsInFlight: new Set() });
    expect(toldIds(go(answered, both)[1])).toEqual([]);
  });

  test('C24: after a resync none of them is lost, and nothing is said before the reset is stored', () => {
    const [state, effects] = run(...connected(at(5)), call(1), resync, call(2));
    expect(sentIds(effects)).toEqual([]);
    const [reset, took] = go(state, stored(state));
    expect(sent(took)).toEqual([{ t: 'took', seq: 0 }]);
    expect(sentIds(go(reset, outbox(queued(3)))[1])).toEqual([opId(1), opId(2), opId(3)]);
  });

  test('C24: one that comes between a reset and the outbox does not take what is older along', () => {
    const [state] = run(...connected(at(5), queued(3)), resync);
    const [, effects] = go(state, stored(state), call(1));
    expect(sentIds(effects)).toEqual([opId(1)]);
  });

  test('C8 C24: somebody who calls does not wait for the next try', () => {
    const [state, effects] = run(...connected(null), cut, call(1));
    expect(of(effects, 'connect')).toHaveLength(1);
    expect(sentIds(go(state, outbox(), opened)[1])).toEqual([opId(1)]);
    // What the server asked for is put off by a person alone, and the waits go on growing.
    expect(run(...connected(null), bye('UNAVAILABLE', 30_000), call(1))[0]).toMatchObject({ attempt: 1 });
  });

  test('C12 C24: a client that stopped keeps them', () => {
    const [state, effects] = run(...connected(null), bye('SESSION_ENDED'), call(1));
    expect(effects).toEqual([]);
    expect(sentIds(go(state, start(), outbox(), opened)[1])).toEqual([opId(1)]);
  });
});

describe('by exchanges', () => {
  const exchange: ClientEvent[] = [{ kind: 'opened', exchange: true }];
  const ended: ClientEvent = { kind: 'closed', code: 'EXCHANGED' };
  const between: ClientEvent[] = [start(), outbox(), ...exchange, welcome(), ended];

  test('C20 C24: an operation about a call begins the next exchange, whose hello carries it', () => {
    const [state, effects] = run(...between, call(1));
    expect(of(effects, 'connect')).toHaveLength(1);
    const [, hello] = go(state, outbox(), ...exchange);
    expect(sentIds(hello)).toEqual([opId(1)]);
  });
  test('C20 C24: what is said while one is under way is said by the next, soon', () => {
    const [state, silence] = run(start(), outbox(), ...exchange, call(1));
    expect(sent(silence)).toEqual([]);
    const [, effects] = go(state, welcome(), ended);
    expect(of(effects, 'timer')).toContainEqual({ kind: 'timer', name: 'retry', ms: 100, jitter: false });
  });
  test('C13 C24: an exchange that left one unanswered is followed by a wait', () => {
    const [state] = run(...between, call(1), outbox(), ...exchange, welcome(), ended);
    expect(state).toMatchObject({ attempt: 1, phase: 'waiting' });
    const [fine] = run(...between, call(1), outbox(), ...exchange, ok(1), welcome(), ended);
    expect(fine.attempt).toBe(0);
  });
});

describe('what two devices in a call say', () => {
  const say: ClientEvent = { kind: 'signal', to: peer, device: theirs, envelope };
  const keep: ClientEvent = { kind: 'in-call', call: opId(1), peer };

  test('C25: signals and signs of life go out while the client is live, and are not kept', () => {
    expect(sent(run(...connected(null), say)[1])).toEqual([
      { t: 'signal', to: peer, device: theirs, envelope },
    ]);
    expect(sent(run(...connected(null), keep)[1])).toEqual([{ t: 'in-call', call: opId(1), peer }]);
    for (const event of [say, keep]) {
      const [state, effects] = run(start(), outbox(), opened, event);
      expect(effects).toEqual([]);
      expect(sent(go(state, welcome())[1])).toEqual([]);
    }
  });

  test('C9 C25: a signal is handed on, and puts off neither the ping nor the end of the wait for an answer', () => {
    const [, effects] = run(...connected(null), frame({ t: 'signal', from: peer, device: theirs, envelope }));
    expect(effects).toEqual([{ kind: 'signal', from: peer, device: theirs, envelope }]);
  });
});
