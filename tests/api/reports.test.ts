import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, type Registered, createAgent, signUp, startApi } from '../support/api-server.ts';

describe.each(['memory', 'sqlite'] as const)('reports on %s', (store) => {
  let server: ApiServer;
  let ann: Registered;
  let bob: Registered;
  beforeAll(async () => {
    server = await startApi({ store });
    [ann, bob] = [await signUp(server, 'ann'), await signUp(server, 'bob')];
  });
  afterAll(() => server.dispose());

  const report = (body: object, headers: Readonly<Record<string, string>> = ann.bearer) =>
    ann.agent.post('/api/reports', { about: 'bob', reason: 'spam', note: '', ...body }, headers);

  test('a report reaches the operator as it was written, and nobody else', async () => {
    const head = await server.store.head(bob.session.userId);
    const note = 'Wrote “win a prize”\nagain and again ☹️';
    expect((await report({ reason: 'harassment', note })).status).toBe(204);
    expect(await server.store.reports(9)).toEqual([
      {
        from: ann.session.userId,
        about: bob.session.userId,
        reason: 'harassment',
        note,
        time: expect.any(Number),
      },
    ]);
    expect(await server.store.head(bob.session.userId)).toBe(head);
    expect(server.logged()).not.toContain('win a prize');
  });

  test('a second report about the same person takes the place of the first', async () => {
    await report({ note: 'one' });
    await report({ note: 'two' });
    expect(await server.store.reports(9)).toMatchObject([{ note: 'two' }]);
  });

  test.each([
    [{ about: 'nobody' }, 404, 'UNKNOWN_USER'],
    [{ about: 'ann' }, 400, 'SELF_TARGET'],
    [{ about: { $ne: null } }, 400, 'BAD_FIELD'],
    [{ reason: 'boredom' }, 400, 'BAD_FIELD'],
    [{ note: 'x'.repeat(1_001) }, 400, 'BAD_FIELD'],
    [{ note: '\u001b[2J' }, 400, 'BAD_FIELD'],
    [{ from: 'bob' }, 400, 'BAD_FIELD'],
  ])('%j is refused', async (body, status, code) => {
    const before = await server.store.reports(9);
    expect(await report(body)).toMatchObject({ status, body: { code } });
    expect(await server.store.reports(9)).toEqual(before);
  });

  test('nobody reports without a sign-in', async () => {
    expect(await createAgent(server).post('/api/reports', {})).toMatchObject({ status: 401 });
  });
});

test('a person can report so many a day, and another as many', async () => {
  const server = await startApi({ limitScale: 1 });
  try {
    const [ann, bob] = [await signUp(server, 'ann'), await signUp(server, 'bob')];
    const report = ({ agent, bearer }: Registered, about: string) =>
      agent.post('/api/reports', { about, reason: 'other', note: '' }, bearer);
    // What is refused for another reason costs nothing.
    expect((await report(ann, 'nobody')).status).toBe(404);
    for (let at = 0; at < 20; at++) expect((await report(ann, 'bob')).status).toBe(204);
    expect(await report(ann, 'bob')).toMatchObject({
      status: 429,
      body: { code: 'RATE_LIMITED', retryAfter: expect.any(Number) },
    });
    expect((await report(bob, 'ann')).status).toBe(204);
  } finally {
    await server.dispose();
  }
});
