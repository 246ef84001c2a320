import { beforeEach, expect, test } from 'vitest';
import type { UserId } from '#shared/ids.ts';
import { type Hub, createHub } from '#sync/server/hub.ts';
import type { BusEvent, SyncStore } from '#sync/server/ports.ts';
import { createRoster } from '#sync/server/roster.ts';
import type { SessionEvent } from '#sync/server/session.ts';
import { createWorld } from './sim/world.ts';

const user = (letter: string): UserId => letter.repeat(22) as UserId;
const [ana, ben, eve] = [user('A'), user('B'), user('E')];

let world: ReturnType<typeof createWorld>;
let hear: (event: BusEvent) => void;
let said: BusEvent[];
let asked: UserId[];
let hub: Hub;
const friendsOf = new Map<UserId, UserId[]>();

beforeEach(() => {
  world = createWorld();
  [said, asked] = [[], []];
  friendsOf.clear();
  friendsOf.set(ana, [ben]).set(ben, [ana]);
  hub = createHub({
    // A hub asks for friends and nothing else.
    store: {
      async friends(of: UserId) {
        asked.push(of);
        return friendsOf.get(of) ?? [];
      },
    } as unknown as SyncStore,
    bus: {
      publish(event) {
        said.push(event);
        hear(event);
      },
      subscribe(listener) {
        hear = listener;
        return () => {};
      },
    },
    timers: world,
    node: 'here',
    onError(error) {
      throw error;
    },
  });
});

function join(who: UserId) {
  const heard: SessionEvent[] = [];
  const listener = {
    user: who,
    session: `of ${who}`,
    hear: (event: SessionEvent) => void heard.push(event),
    owe: () => {},
    isCurrent: () => true,
  };
  hub.add(listener);
  return {
    heard,
    leave: () => hub.remove(listener),
    presence: () => heard.filter(({ kind }) => kind === 'presence'),
  };
}
const settle = () => world.run(world.now() + 1_000);
const there = (who: UserId, online: boolean, node = 'there'): BusEvent => ({
  kind: 'presence',
  node,
  user: who,
  online,
});

test('S15: friends here are told of somebody there, and strangers are not', async () => {
  const [a, e] = [join(ana), join(eve)];
  await settle();
  hear(there(ben, true));
  await settle();
  expect(hub.online(ben)).toBe(true);
  expect(a.presence()).toEqual([{ kind: 'presence', online: [ben], offline: [] }]);
  hear(there(ben, false));
  await settle();
  expect(hub.online(ben)).toBe(false);
  expect(a.presence().at(-1)).toEqual({ kind: 'presence', online: [], offline: [ben] });
  expect(e.presence()).toEqual([]);
});

test('S15: somebody who is at two places leaves with the last one, in whatever order', async () => {
  const a = join(ana);
  const b = join(ben);
  await settle();
  const before = a.presence().length;
  hear(there(ben, true));
  hear(there(ben, true, 'elsewhere'));
  b.leave();
  hear(there(ben, false));
  await settle();
  expect(hub.online(ben)).toBe(true);
  expect(a.presence()).toHaveLength(before);
  hear(there(ben, false, 'elsewhere'));
  await settle();
  expect(a.presence().at(-1)).toMatchObject({ offline: [ben] });
});

test('S15: a node that is gone takes its people along, except who is also here', async () => {
  const a = join(ana);
  friendsOf.set(ana, [ben, eve]).set(eve, [ana]);
  const e = join(eve);
  hear({ kind: 'roster', node: 'there', users: [ben, eve] });
  await settle();
  expect(a.presence().at(-1)).toMatchObject({ online: [ben] });
  hear({ kind: 'roster', node: 'there', users: [] });
  await settle();
  expect([ben, eve].map(hub.online)).toEqual([false, true]);
  expect(a.presence().at(-1)).toMatchObject({ offline: [ben] });
  expect(a.presence().flatMap((event) => (event.kind === 'presence' ? event.offline : []))).not.toContain(
    eve,
  );
  e.leave();
});

test('what one hears of oneself from the bus changes nothing', async () => {
  join(ana);
  hear(there(ana, false, 'here'));
  hear({ kind: 'roster', node: 'here', users: [] });
  await settle();
  expect(hub.online(ana)).toBe(true);
  expect(said).toEqual([there(ana, true, 'here')]);
});

test('S26: after a loss everybody looks into the log, a few at a time, and learns who is there', async () => {
  const crowd = Array.from({ length: 120 }, (_, i) => {
    const id = `${i}`.padStart(22, 'x') as UserId;
    friendsOf.set(id, [ana, ben]);
    return join(id);
  });
  hear(there(ana, true));
  await settle();
  asked.length = 0;
  for (const each of crowd) each.heard.length = 0;
  hear({ kind: 'lost' });
  const caught = () => crowd.filter(({ heard }) => heard.some(({ kind }) => kind === 'grew')).length;
  expect(caught()).toBe(50);
  await settle();
  expect(caught()).toBe(120);
  for (const { heard } of crowd) {
    expect(heard).toEqual([{ kind: 'grew' }, { kind: 'presence', online: [ana], offline: [ben] }]);
  }
});

test('S26: another loss meanwhile begins again, for all', async () => {
  const crowd = Array.from({ length: 60 }, (_, i) => join(`${i}`.padStart(22, 'x') as UserId));
  hear({ kind: 'lost' });
  hear({ kind: 'lost' });
  await settle();
  for (const { heard } of crowd) expect(heard.some(({ kind }) => kind === 'grew')).toBe(true);
});

test('a node that stops tells nobody that its people left: they are coming back', async () => {
  const [a, b] = [join(ana), join(ben)];
  await settle();
  said.length = 0;
  hub.stop();
  a.leave();
  b.leave();
  await settle();
  expect(said).toEqual([]);
});

test('a roster says who came and who went, once for all nodes', () => {
  const roster = createRoster();
  expect(roster.replace('x', [ana, ben, ana])).toEqual([ana, ben]);
  expect(roster.replace('y', [ben, eve])).toEqual([eve]);
  expect(roster.note('x', ana, true)).toEqual([]);
  expect(roster.note('y', ana, false)).toEqual([]);
  expect(roster.replace('x', [eve])).toEqual([ana]);
  expect([ana, ben, eve].map(roster.has)).toEqual([false, true, true]);
  expect(roster.replace('y', [])).toEqual([ben]);
  expect(roster.note('x', eve, false)).toEqual([eve]);
});
