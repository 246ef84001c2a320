import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, type Registered, createAgent, signUp, startApi } from '../support/api-server.ts';

describe.each(['memory', 'sqlite'] as const)('friends over HTTP on %s', (store) => {
  let server: ApiServer;
  let ann: Registered;
  let bob: Registered;
  beforeAll(async () => {
    server = await startApi({ store });
    [ann, bob] = [await signUp(server, 'ann'), await signUp(server, 'bob')];
  });
  afterAll(() => server.dispose());

  const status = async ({ agent, bearer }: Registered) =>
    (await agent.get('/api/friends/status', bearer)).body;
  const act = ({ agent, bearer }: Registered, verb: string, body: unknown) =>
    agent.post(`/api/friends/${verb}`, body, bearer);
  const alone = { friends: [], pending_sent: [], pending_received: [] };

  test('request, reject, request, accept and remove do what they say, for both sides', async () => {
    expect(await status(ann)).toEqual(alone);
    expect((await act(ann, 'request', { receiver: 'bob' })).status).toBe(204);
    expect(await status(ann)).toEqual({ ...alone, pending_sent: ['bob'] });
    expect(await status(bob)).toEqual({ ...alone, pending_received: ['ann'] });
    expect((await act(bob, 'reject', { sender: 'ann' })).status).toBe(204);
    expect(await status(bob)).toEqual(alone);
    expect((await act(bob, 'request', { receiver: 'ann' })).status).toBe(204);
    expect((await act(ann, 'accept', { sender: 'bob' })).status).toBe(204);
    expect(await status(ann)).toEqual({ ...alone, friends: ['bob'] });
    expect(await status(bob)).toEqual({ ...alone, friends: ['ann'] });
    expect((await act(ann, 'remove', { target: 'bob' })).status).toBe(204);
    expect(await status(bob)).toEqual(alone);
  });

  test.each([
    ['request', { receiver: 'nobody' }, 404, 'UNKNOWN_USER'],
    ['request', { receiver: 'ann' }, 400, 'SELF_TARGET'],
    ['accept', { sender: 'bob' }, 409, 'NO_REQUEST'],
    ['request', { receiver: 'Bob' }, 400, 'BAD_FIELD'],
    ['request', { receiver: { $ne: 'ann' } }, 400, 'BAD_FIELD'],
    ['request', { target: 'bob' }, 400, 'BAD_FIELD'],
    ['request', { receiver: 'bob', sender: 'cas' }, 400, 'BAD_FIELD'],
    ['remove', {}, 400, 'BAD_FIELD'],
    ['remove', '{', 400, 'BAD_JSON'],
  ])('%s %j is refused, and nothing changed', async (verb, body, expected, code) => {
    expect(await act(ann, verb, body)).toMatchObject({ status: expected, body: { code } });
    expect(await status(ann)).toEqual(alone);
    expect(await status(bob)).toEqual(alone);
  });

  test('nobody acts without a sign-in, not even with a cookie', async () => {
    for (const verb of ['request', 'accept', 'reject', 'remove']) {
      expect(await ann.agent.post(`/api/friends/${verb}`, { receiver: 'bob' })).toMatchObject({
        status: 401,
        body: { code: 'UNAUTHENTICATED' },
      });
    }
    expect(await status(bob)).toEqual(alone);
  });

  test('the open directory lists everybody but oneself', async () => {
    expect((await ann.agent.get('/api/directory', ann.bearer)).body).toEqual({
      people: [{ userId: bob.session.userId, username: 'bob', online: false }],
    });
    expect((await ann.agent.get('/api/directory?q=bo', ann.bearer)).body).toMatchObject({
      people: [{ username: 'bob' }],
    });
    expect((await ann.agent.get('/api/directory?q=bx', ann.bearer)).body).toEqual({ people: [] });
    expect((await createAgent(server).get('/api/directory')).status).toBe(401);
  });

  test.each(['?q=%25', '?q=BOB', '?q[$ne]=x', `?q=${'a'.repeat(33)}`, '?q=bo&q=bx'])(
    'the directory asked with %s gives no more than is allowed',
    async (query) => {
      const answer = await ann.agent.get<{ code?: string }>(`/api/directory${query}`, ann.bearer);
      if (query.includes('[')) expect(answer.status).toBe(200);
      else
        expect(answer).toMatchObject({
          status: 400,
          body: { code: 'BAD_FIELD', detail: expect.stringMatching(/^q/) },
        });
    },
  );
});

describe('the directory by search', () => {
  test('it answers only to the beginning of a name, and shows no stranger as online', async () => {
    const server = await startApi({ directory: 'search' });
    try {
      const ann = await signUp(server, 'ann');
      await signUp(server, 'bobby');
      const find = (query: string) => ann.agent.get(`/api/directory${query}`, ann.bearer);
      expect(await find('')).toMatchObject({ status: 400, body: { code: 'BAD_FIELD', detail: 'q' } });
      expect((await find('?q=bo')).status).toBe(400);
      expect((await find('?q=bob')).body).toMatchObject({ people: [{ username: 'bobby', online: false }] });
    } finally {
      await server.dispose();
    }
  });
});
