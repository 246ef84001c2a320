import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpId, UserId } from '#shared/ids.ts';
import { fetchMissing, goToDay } from '#pwa/controllers/fetch-older.ts';
import type { Link } from '#pwa/models/status.ts';
import type { Archive } from '#pwa/store/ports.ts';
import { aboveHole, isHoleBetween, lastOf, type Ranges, sizeOf, withNumber } from '#pwa/store/numbers.ts';

const PIECE = 200;
const ann = 'ann' as UserId;
const bob = 'bob' as UserId;

/** Conversations with one message a minute, of which the newest 40 are here, and a server that has the others. */
function device(lengths: ReadonlyMap<UserId, number>, answers: (peer: UserId) => boolean = () => true) {
  const held = new Map<UserId, Ranges>([...lengths].map(([peer, last]) => [peer, [[last - 39, last]]]));
  const asked: { peer: UserId; before: number }[] = [];
  let hear = () => {};
  const has = (peer: UserId, n: number) => (held.get(peer) ?? []).some(([from, to]) => from <= n && n <= to);
  const archive: Pick<Archive, 'missing' | 'firstSince' | 'onChange'> = {
    missing: async () =>
      [...held].flatMap(([peer, ranges]) => {
        const before = aboveHole(ranges, 0);
        return before === null ? [] : [{ peer, before, count: lastOf(ranges) - sizeOf(ranges) }];
      }),
    async firstSince(peer, at) {
      const ranges = held.get(peer) ?? [];
      let n = Math.max(1, Math.ceil(at / 60_000));
      while (n <= lastOf(ranges) && !has(peer, n)) n++;
      if (n > lastOf(ranges)) return null;
      let after = n - 1;
      while (after > 0 && !has(peer, after)) after--;
      return {
        id: `${peer}-${n}` as OpId,
        gap: isHoleBetween(ranges, after, n) ? { after, before: n } : null,
      };
    },
    onChange(listener) {
      hear = () => listener(null);
      return () => {
        hear = () => {};
      };
    },
  };
  const seat = {
    want(peer: UserId, before: number) {
      asked.push({ peer, before });
      if (!answers(peer)) return;
      setTimeout(() => {
        for (let n = Math.max(1, before - PIECE); n < before; n++) {
          held.set(peer, withNumber(held.get(peer) ?? [], n));
        }
        hear();
      }, 5);
    },
  };
  return { archive, seat, asked, held };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('fetching what is missing', () => {
  it('C16: brings everything, and says how much is left', async () => {
    const { archive, seat, held } = device(
      new Map([
        [ann, 1_000],
        [bob, 500],
      ]),
    );
    const left: number[] = [];
    const done = fetchMissing({ archive, seat, goesOn: () => true }, (count) => left.push(count));
    await vi.runAllTimersAsync();
    expect(await done).toBe(0);
    expect([left[0], left.at(-1)]).toEqual([1_420, 0]);
    expect(left).toEqual(left.toSorted((a, b) => b - a));
    expect([held.get(ann), held.get(bob)]).toEqual([[[1, 1_000]], [[1, 500]]]);
  });

  it('C16: of which nothing comes does not keep the others from coming, and is counted', async () => {
    const { archive, seat } = device(
      new Map([
        [ann, 1_000],
        [bob, 500],
      ]),
      (peer) => peer === bob,
    );
    const done = fetchMissing({ archive, seat, goesOn: () => true }, () => {});
    await vi.runAllTimersAsync();
    expect(await done).toBe(960);
  });

  it('C16: ends at once without a connection', async () => {
    const { archive, seat, asked } = device(new Map([[ann, 1_000]]));
    expect(await fetchMissing({ archive, seat, goesOn: () => false }, () => {})).toBe(960);
    expect(asked).toEqual([]);
  });
});

describe('going to a day', () => {
  async function go(world: ReturnType<typeof device>, at: number, link: Link = 'live') {
    const shown: string[] = [];
    const store = { lookThrough: async () => world.archive };
    const going = {
      now: { store, seat: world.seat },
      link: { peek: () => link },
      isHere: () => true,
      frame: {
        toNewest: () => shown.push('newest'),
        openAround: (_: unknown, __: UserId, { id }: { id: OpId }) => shown.push(id),
      },
      toasts: { show: (_: unknown, { what }: { what: string }) => shown.push(what) },
    };
    const done = goToDay(going as unknown as Parameters<typeof goToDay>[0], ann, at);
    await vi.runAllTimersAsync();
    await done;
    return shown;
  }

  it('C16: finds the first message of it in a hundred thousand by a few questions', async () => {
    const world = device(new Map([[ann, 100_000]]));
    expect(await go(world, 31_234 * 60_000)).toEqual(['ann-31234']);
    expect(world.asked.length).toBeLessThan(15);
    expect(await go(world, 0)).toEqual(['ann-1']);
    expect(await go(world, 200_000 * 60_000)).toEqual(['newest']);
  });

  it('C16: asks nothing about a day that is here', async () => {
    const world = device(new Map([[ann, 1_000]]));
    expect(await go(world, 990 * 60_000)).toEqual(['ann-990']);
    expect(world.asked).toEqual([]);
  });

  it('C16: says so when an earlier one may be missing', async () => {
    const offline = device(new Map([[ann, 1_000]]));
    expect(await go(offline, 0, 'offline')).toEqual(['ann-961', 'day-missing']);
    expect(offline.asked).toEqual([]);
    const silent = device(new Map([[ann, 1_000]]), () => false);
    expect(await go(silent, 0)).toEqual(['ann-961', 'day-missing']);
  });
});
