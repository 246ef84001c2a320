import { describe, expect, it } from 'vitest';
import { type ErrorCode, Failure } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import type { Session } from '#shared/schema/http.ts';
import { createTokens } from '#pwa/transport/tokens.ts';

const ann = 'AAAAAAAAAAAAAAAAAAAAAA' as UserId;
const bob = 'BBBBBBBBBBBBBBBBBBBBBB' as UserId;

/** Web Locks of one browser: one holder at a time, first come first served. */
function oneBrowser() {
  let tail: Promise<unknown> = Promise.resolve();
  const request = (_name: string, _options: LockOptions, task: () => Promise<unknown>) => {
    const turn = tail.then(task, task);
    tail = turn.catch(() => {});
    return turn;
  };
  return { request } as Pick<LockManager, 'request'>;
}

/** A server whose refresh token rotates: two spending it at the same time is a theft. */
function refreshing(lifetime = 600) {
  let spent = 0;
  let spending = false;
  return {
    count: () => spent,
    answer: null as Failure | null,
    user: ann,
    async refresh(): Promise<Session> {
      if (spending) throw new Error('two at a time');
      spending = true;
      await new Promise((resolve) => setTimeout(resolve, 2));
      spending = false;
      if (this.answer !== null) throw this.answer;
      spent += 1;
      return { userId: this.user, username: 'ann', accessToken: `token ${spent}`, expiresIn: lifetime };
    },
  };
}

function tab(server: ReturnType<typeof refreshing>, locks = oneBrowser()) {
  const clock = { now: 0 };
  const due: { at: number; callback: () => void }[] = [];
  const ended: ErrorCode[] = [];
  const tokens = createTokens({
    user: ann,
    refresh: () => server.refresh(),
    locks,
    now: () => clock.now,
    ended: (code) => ended.push(code),
    timers: {
      after(ms, callback) {
        const timer = { at: clock.now + ms, callback };
        due.push(timer);
        return () => {
          const index = due.indexOf(timer);
          if (index >= 0) due.splice(index, 1);
        };
      },
    },
  });
  return {
    tokens,
    ended,
    /** Moves the clock and runs what is due, then lets promises settle. */
    async pass(ms: number) {
      clock.now += ms;
      for (const timer of due.filter(({ at }) => at <= clock.now)) {
        due.splice(due.indexOf(timer), 1);
        timer.callback();
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    },
  };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fine',
    (error: unknown) => (error instanceof Failure ? error.code : String(error)),
  );

describe('the access token', () => {
  it('is asked for when there is none, and then used until little of its life is left', async () => {
    const server = refreshing();
    const { tokens, pass } = tab(server);
    expect(await tokens.current()).toBe('token 1');
    await pass(470_000);
    expect(await tokens.current()).toBe('token 1');
    await pass(20_000);
    expect(await tokens.current()).toBe('token 2');
  });

  it('of a login is used without asking', async () => {
    const server = refreshing();
    const { tokens } = tab(server);
    tokens.adopt({ userId: ann, username: 'ann', accessToken: 'from login', expiresIn: 600 });
    expect(await tokens.current()).toBe('from login');
    expect(server.count()).toBe(0);
  });

  it('is asked for once when many want it at the same time', async () => {
    const server = refreshing();
    const { tokens } = tab(server);
    const all = await Promise.all([tokens.current(), tokens.renew(), tokens.current()]);
    expect(all).toEqual(['token 1', 'token 1', 'token 1']);
  });

  it('is never asked for by two tabs at the same time', async () => {
    const server = refreshing();
    const locks = oneBrowser();
    const tabs = [tab(server, locks), tab(server, locks), tab(server, locks)];
    expect((await Promise.all(tabs.map(({ tokens }) => tokens.current()))).toSorted()).toEqual([
      'token 1',
      'token 2',
      'token 3',
    ]);
  });

  it('survives a lost network: the next call asks again', async () => {
    const server = refreshing();
    const { tokens, ended } = tab(server);
    server.answer = new Failure('OFFLINE');
    expect(await codeOf(tokens.current())).toBe('OFFLINE');
    server.answer = null;
    expect(await tokens.current()).toBe('token 1');
    expect(ended).toEqual([]);
  });

  it.each(['SESSION_ENDED', 'TOKEN_INVALID', 'UNAUTHENTICATED'] as const)(
    'ends with %s, is not used any more, and is back after a login',
    async (code) => {
      const server = refreshing();
      const { tokens, ended } = tab(server);
      await tokens.current();
      server.answer = new Failure(code);
      expect(await codeOf(tokens.renew())).toBe(code);
      expect(ended).toEqual([code]);
      expect(await codeOf(tokens.current())).toBe(code);
      tokens.adopt({ userId: ann, username: 'ann', accessToken: 'from login', expiresIn: 600 });
      expect(await tokens.current()).toBe('from login');
    },
  );

  it('of another user counts as none', async () => {
    const server = refreshing();
    server.user = bob;
    const { tokens, ended } = tab(server);
    expect(await codeOf(tokens.current())).toBe('SESSION_ENDED');
    expect(ended).toEqual(['SESSION_ENDED']);
  });

  it('is renewed ahead of expiry while kept fresh, again after a failure, and no more afterwards', async () => {
    const server = refreshing();
    const { tokens, pass } = tab(server);
    const renewed: string[] = [];
    const stop = tokens.keepFresh((token) => renewed.push(token));
    await tokens.current();
    await pass(481_000);
    expect(renewed).toEqual(['token 2']);
    server.answer = new Failure('OFFLINE');
    await pass(481_000);
    expect(renewed).toEqual(['token 2']);
    server.answer = null;
    await pass(15_000);
    expect(renewed).toEqual(['token 2', 'token 3']);
    stop();
    await pass(600_000);
    expect(server.count()).toBe(3);
  });
});
