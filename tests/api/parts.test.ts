import { describe, expect, test } from 'vitest';
import { createAccessTokens } from '#api/auth/access-token.ts';
import { parseKeySet, randomSecret } from '#api/auth/keys.ts';
import { createBucket } from '#sync/server/bucket.ts';
import { createLocalBus } from '#api/bus/local.ts';
import { networkOf } from '#api/network.ts';
import { createOpId } from '#api/op-id.ts';
import { opId } from '#shared/schema/fields.ts';
import type { BusEvent } from '#sync/server/ports.ts';
import { parse } from 'valibot';
import { someDeviceId, someUserId } from '../support/api-people.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::', 'fe80:0:0:0'],
  ['', ''],
])('limits count %s as %s', (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});

test('a bucket gives its burst, then what time has earned, and nothing for a clock that was set back', () => {
  let now = 1_000;
  const bucket = createBucket({ perSecond: 10, burst: 3, clock: { now: () => now } });
  const taken = (count: number): boolean[] => Array.from({ length: count }, () => bucket.take());
  expect(taken(4)).toEqual([true, true, true, false]);
  now += 100;
  expect(taken(2)).toEqual([true, false]);
  now -= 5_000;
  expect(taken(1)).toEqual([false]);
  now += 60_000;
  expect(taken(4)).toEqual([true, true, true, false]);
});

test('operation ids that the server makes are UUIDv7 of their time, each another', () => {
  const now = 1_700_000_000_000;
  const ids = Array.from({ length: 100 }, () => createOpId(now));
  for (const id of ids) {
    expect(parse(opId, id)).toBe(id);
    expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(now);
  }
  expect(new Set(ids).size).toBe(100);
});

test('the local bus tells every subscriber in order, until it leaves', () => {
  const bus = createLocalBus();
  const [first, second]: [BusEvent[], BusEvent[]] = [[], []];
  const leave = bus.subscribe((event) => first.push(event));
  bus.subscribe((event) => second.push(event));
  const events: BusEvent[] = [someUserId(), someUserId()].map((user) => ({ kind: 'grew', user }));
  for (const event of events) bus.publish(event);
  leave();
  bus.publish({ kind: 'grew', user: someUserId() });
  expect(first).toEqual(events);
  expect(second.slice(0, 2)).toEqual(events);
  expect(second).toHaveLength(3);
});

describe('key rotation', () => {
  const [old, fresh] = [randomSecret(), randomSecret()];
  const tokensOf = (list: string) => {
    const keys = parseKeySet(list);
    if (!keys.ok) throw new Error(keys.error);
    return createAccessTokens({ keys: keys.value, ttl: 600, clock: { now: Date.now } });
  };
  const identity = { user: someUserId(), session: 'A'.repeat(22), device: someDeviceId() };

  test('tokens of the old key are good until it is dropped, new ones are made with the new', () => {
    const { token } = tokensOf(`k1:${old}`).issue(identity);
    const both = tokensOf(`k2:${fresh},k1:${old}`);
    expect(both.verify(token)).toMatchObject({ ok: true, value: identity });
    expect(tokensOf(`k2:${fresh}`).verify(token)).toEqual({ ok: false, error: 'TOKEN_INVALID' });
    expect(tokensOf(`k2:${fresh}`).verify(both.issue(identity).token).ok).toBe(true);
  });

  test('a key id that names another key does not verify', () => {
    const { token } = tokensOf(`k1:${old}`).issue(identity);
    expect(tokensOf(`k1:${fresh}`).verify(token)).toEqual({ ok: false, error: 'TOKEN_INVALID' });
  });
});
