import { expect, test } from 'vitest';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { Queued } from '#sync/client/ports.ts';
import {
  type ClientEffect,
  type ClientEvent,
  type ClientState,
  EXCHANGE_EVERY,
  type Incoming,
  STORE_RETRY,
  newClient,
  step,
} from '#sync/client/state.ts';
import type { Down } from '#sync/wire/down.ts';
import type { Up } from '#sync/wire/up.ts';

/** The client on connections that are one exchange each: the answers come together, and then it is over. */
const peer = 'B'.repeat(22) as UserId;
const device = 'D'.repeat(22) as DeviceId;
const opId = (n: number): OpId => `0190b3c5-7d5e-7abc-8def-${String(n).padStart(12, '0')}` as OpId;
const queued = (n: number): Queued => ({
  op: { id: opId(n), kind: 'message.send', to: peer, envelope: new Uint8Array(10) },
  lane: `c:${peer}`,
  after: null,
});

function client() {
  let state: ClientState = newClient();
  const effects: ClientEffect[] = [];
  const hear = (...events: ClientEvent[]) => {
    for (const event of events) {
      const [next, more] = step(state, event);
      state = next;
      effects.push(...more);
    }
  };
  const said = <K extends ClientEffect['kind']>(kind: K) =>
    effects.filter((effect): effect is Extract<ClientEffect, { kind: K }> => effect.kind === kind);
  const world = {
    state: () => state,
    hear,
    said,
    sent: (): Up[] => said('send').map(({ frame }) => frame),
    connects: () => said('connect').length,
    /** How long it waits for the next exchange. */
    pause: () => said('timer').findLast(({ name }) => name === 'retry')?.ms,
    link: () => said('status').at(-1)?.status.link,
    /** The next exchange begins, with this in the outbox. */
    begin(...rows: Queued[]) {
      hear({ kind: 'opened', exchange: true }, { kind: 'outbox', queued: rows });
    },
    answered(...frames: Down[]) {
      hear(...frames.map((frame): ClientEvent => ({ kind: 'frame', frame })));
      hear({ kind: 'closed', code: 'EXCHANGED' });
    },
    /** Everything that came is stored, one after the other. */
    storeAll() {
      for (let done = 0; done < said('store').length; done++) {
        const { item } = said('store')[done] as { item: Incoming };
        hear({ kind: 'stored', item });
      }
    },
  };
  hear({ kind: 'start', standing: { cursor: null, device, gen: 1 } });
  return world;
}

const welcome = (head = 0): Down => ({ t: 'welcome', v: 1, epoch: 'e', head, time: 1, gen: 1 });
const results = (...ns: number[]): Down => ({
  t: 'results',
  results: ns.map((n) => ({ id: opId(n), ok: true as const, time: 1, n })),
});
const entries = (from: number, to: number): Down => ({
  t: 'entries',
  page: { from, to, tag: to, head: 3, entries: [] },
});

test('C20: the hello of an exchange waits for the outbox, and takes all of it that fits along', () => {
  const { hear, sent } = client();
  hear({ kind: 'opened', exchange: true });
  expect(sent()).toEqual([]);
  hear({ kind: 'outbox', queued: [queued(1), queued(2)] });
  expect(sent()).toMatchObject([{ t: 'hello', ops: [{ id: opId(1) }, { id: opId(2) }] }]);
  hear({ kind: 'outbox-changed' }, { kind: 'outbox', queued: [queued(1), queued(2), queued(3)] });
  expect(sent()).toHaveLength(1);
});

test('C20: the next exchange follows at once while there is more, else in 25 seconds; all is well meanwhile', () => {
  const { begin, answered, storeAll, pause, hear, link } = client();
  begin(queued(1));
  answered(welcome(), results(1));
  expect(pause()).toBeLessThan(1_000);
  hear({ kind: 'settled' }, { kind: 'outbox', queued: [] }, { kind: 'timer', name: 'retry' });
  begin();
  answered(welcome(3), entries(0, 2), entries(2, 3));
  expect(pause()).toBeLessThan(1_000);
  storeAll();
  hear({ kind: 'timer', name: 'retry' });
  begin();
  answered(welcome(3));
  expect(pause()).toBe(EXCHANGE_EVERY);
  expect(link()).toBe('live');
});

test('C20: everything that one exchange brought is stored before the next hello, which names the end of it', () => {
  const { begin, answered, storeAll, hear, sent } = client();
  begin();
  answered(welcome(3), entries(0, 1), entries(1, 2), entries(2, 3));
  hear({ kind: 'timer', name: 'retry' });
  begin();
  expect(sent().filter(({ t }) => t === 'hello')).toHaveLength(1);
  storeAll();
  expect(sent().findLast(({ t }) => t === 'hello')).toMatchObject({ cursor: { seq: 3 } });
});

test('C20: what is written between two exchanges begins the next one', () => {
  const { begin, answered, hear, connects } = client();
  begin();
  answered(welcome());
  expect(connects()).toBe(1);
  hear({ kind: 'outbox-changed' }, { kind: 'outbox', queued: [queued(1)] });
  expect(connects()).toBe(2);
});

test('C13: an exchange that did not carry out what it was given is followed by longer and longer pauses', () => {
  const { begin, answered, hear, connects, pause } = client();
  const pauses: number[] = [];
  for (let i = 0; i < 5; i++) {
    begin(queued(1));
    answered(welcome());
    pauses.push(pause() ?? 0);
    // What is queued already is no reason to hurry.
    hear({ kind: 'outbox-changed' });
    expect(connects()).toBe(i + 1);
    hear({ kind: 'timer', name: 'retry' });
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
});

test('C13: on a full device exchanges wait as stored pages do', () => {
  const { begin, answered, hear, pause, said } = client();
  begin();
  answered(welcome(3), entries(0, 3));
  const { item } = said('store')[0] as { item: Incoming };
  hear({ kind: 'store-failed', item, code: 'STORAGE_FULL' });
  expect(pause()).toBe(STORE_RETRY);
  hear({ kind: 'timer', name: 'retry' });
  begin(queued(1));
  answered(welcome(3), results(1));
  hear({ kind: 'settle-failed', code: 'STORAGE_FULL' });
  expect(pause()).toBe(STORE_RETRY);
});

test('C16 C20: history that somebody wants is asked for by an exchange of its own, with the hello', () => {
  const { begin, answered, hear, sent, connects } = client();
  begin();
  answered(welcome());
  hear({ kind: 'want', wish: { peer, before: 9 } });
  expect(connects()).toBe(2);
  begin();
  expect(sent().slice(-2)).toMatchObject([{ t: 'hello' }, { t: 'history', peer, before: 9 }]);
});

test('C16 C20: a hole is asked for once, however many exchanges follow one another', () => {
  const { begin, answered, hear, sent, said, state } = client();
  const wish = { peer, before: 9 };
  begin();
  answered(welcome());
  hear({ kind: 'hole', wish });
  for (let i = 0; i < 3; i++) {
    begin();
    const asked = [...state().histories].map(([id]): Down => ({
      t: 'history',
      id,
      page: { peer, from: 9, before: 9, messages: [], calls: [] },
    }));
    answered(welcome(), ...asked);
    if (said('find-hole').length > 0) hear({ kind: 'hole', wish });
    hear({ kind: 'timer', name: 'retry' });
  }
  expect(sent().filter(({ t }) => t === 'history')).toHaveLength(1);
});

/** A client whose exchange has just asked for the messages below number 9. */
function askingForHole() {
  const world = client();
  const find = () => world.hear({ kind: 'hole', wish: { peer, before: 9 } });
  const asked = () => world.sent().filter(({ t }) => t === 'history').length;
  world.begin();
  world.answered(welcome());
  find();
  world.begin();
  /** The next exchange comes, finds the hole, and the one after it. */
  const goOn = () => {
    world.hear({ kind: 'timer', name: 'retry' });
    world.begin();
    world.answered(welcome());
    find();
    world.begin();
  };
  return { ...world, asked, goOn };
}

test('C16 C20: a hole of which an exchange said nothing is asked for again', () => {
  const { answered, asked, goOn } = askingForHole();
  // The exchange is over, and the question was not answered.
  answered(welcome());
  goOn();
  expect(asked()).toBe(2);
});

test('C6 C16 C20: a piece of history that found no room is asked for again', () => {
  const { answered, hear, said, state, asked, goOn } = askingForHole();
  const [id = 0] = state().histories.keys();
  const message = { op: opId(8), from: peer, to: peer, n: 8, time: 8, envelope: new Uint8Array(1) };
  answered(welcome(), {
    t: 'history',
    id,
    page: { peer, from: 8, before: 9, messages: [message], calls: [] },
  });
  const { item } = said('store').at(-1) as { item: Incoming };
  expect(item.kind).toBe('history');
  hear({ kind: 'store-failed', item, code: 'STORAGE_FULL' });
  goOn();
  expect(asked()).toBe(2);
});

test('C20: when the browser says that the network is gone, the next exchange is tried now, and its failure shows', () => {
  const { begin, answered, hear, connects, link } = client();
  begin();
  answered(welcome());
  hear({ kind: 'network-gone' });
  expect(connects()).toBe(2);
  hear({ kind: 'closed', code: 'OFFLINE' });
  expect(link()).toBe('offline');
});
