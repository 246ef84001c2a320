import { describe, expect, it } from 'vitest';
import type { Api } from '#pwa/transport/http.ts';
import { createTurn } from '#pwa/transport/turn-api.ts';
import { Failure } from '#shared/errors.ts';

function setUp(ttl = 100) {
  const asked: string[] = [];
  const timers: { ms: number; callback: () => void }[] = [];
  let failing = false;
  const api = {
    async call({ method, path, token }: { method: string; path: string; token?: string }) {
      asked.push(`${method} ${path} ${token}`);
      if (failing) throw new Failure('OFFLINE');
      return { servers: [], ttl, relay: true };
    },
  } as unknown as Api;
  const turn = createTurn({
    api,
    tokens: { current: async () => 'token' },
    timers: {
      after(ms, callback) {
        timers.push({ ms, callback });
        return () => {};
      },
    },
  });
  return {
    turn,
    asked,
    timers,
    fail(on: boolean) {
      failing = on;
    },
  };
}

describe('the servers that help to find a way', () => {
  it('are asked for once, with the token, as long as their credentials are good', async () => {
    const { turn, asked, timers } = setUp(100);
    expect(await turn.servers()).toEqual({ servers: [], ttl: 100, relay: true });
    await turn.servers();
    expect(asked).toEqual(['GET /api/turn token']);
    // A fifth of their life before the end.
    expect(timers.map(({ ms }) => ms)).toEqual([80_000]);
    timers[0]?.callback();
    await turn.servers();
    expect(asked).toHaveLength(2);
  });

  it('are asked for again after a failure', async () => {
    const { turn, asked, fail } = setUp();
    fail(true);
    await expect(turn.servers()).rejects.toMatchObject({ code: 'OFFLINE' });
    fail(false);
    expect((await turn.servers()).relay).toBe(true);
    expect(asked).toHaveLength(2);
  });
});
