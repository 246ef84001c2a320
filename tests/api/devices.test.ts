import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeviceItem } from '#shared/schema/account.ts';
import type { Session } from '#shared/schema/http.ts';
import { someDeviceId } from '../support/api-people.ts';
import { type ApiServer, type Registered, createAgent, signUp, startApi } from '../support/api-server.ts';
import { greet } from '../support/api-socket.ts';

const MINUTE = 60_000;

describe.each(['memory', 'sqlite'] as const)('devices on %s', (store) => {
  let server: ApiServer;
  let names = 0;
  const someone = (): Promise<Registered> => signUp(server, `user-${++names}`);
  beforeAll(async () => {
    server = await startApi({ store });
  });
  afterAll(() => server.dispose());

  /** The same person, signed in on one more device. */
  async function another(person: Registered, name: string): Promise<Registered> {
    const agent = createAgent(server);
    const login = { ...person.login, device: { id: someDeviceId(), name } };
    const { body: session } = await agent.post<Session>('/api/auth/login', login);
    return { ...person, agent, login, session, bearer: { authorization: `Bearer ${session.accessToken}` } };
  }
  const devicesOf = async ({ agent, bearer }: Registered) =>
    (await agent.get<{ devices: DeviceItem[] }>('/api/devices', bearer)).body.devices;
  const idOf = async (person: Registered): Promise<string> =>
    (await devicesOf(person)).find(({ current }) => current)?.id ?? '';
  const works = async ({ agent, bearer }: Registered): Promise<boolean> =>
    (await agent.get('/api/friends/status', bearer)).status === 200;

  test('every open sign-in is listed, the one used last first, with the own one marked', async () => {
    const ann = await someone();
    server.advance(MINUTE);
    const phone = await another(ann, 'Phone');
    const listed = await devicesOf(ann);
    expect(listed).toEqual([
      {
        id: expect.stringMatching(/^[\w-]{22}$/),
        device: phone.login.device.id,
        name: 'Phone',
        started: expect.any(Number),
        seen: expect.any(Number),
        current: false,
      },
      {
        id: expect.stringMatching(/^[\w-]{22}$/),
        device: ann.login.device.id,
        name: 'Firefox on Linux',
        started: expect.any(Number),
        seen: expect.any(Number),
        current: true,
      },
    ]);
    expect(JSON.stringify(listed)).not.toContain(ann.agent.cookie.split('=')[1]);
    server.advance(MINUTE);
    await ann.agent.post('/api/auth/refresh', { device: ann.login.device.id });
    const [used] = await devicesOf(ann);
    expect(used?.device).toBe(ann.login.device.id);
    expect(used?.seen).toBeGreaterThan(used?.started ?? 0);
  });

  test('who logs out, and who is not seen for 90 days, is not listed', async () => {
    const ann = await someone();
    const phone = await another(ann, 'Phone');
    await phone.agent.post('/api/auth/logout', {});
    await another(ann, 'Tablet');
    server.advance(60 * 24 * 60 * MINUTE);
    const fresh = await ann.agent.post<Session>('/api/auth/refresh', { device: ann.login.device.id });
    expect(fresh.status).toBe(200);
    server.advance(31 * 24 * 60 * MINUTE);
    const again = await ann.agent.post<Session>('/api/auth/refresh', { device: ann.login.device.id });
    const bearer = { authorization: `Bearer ${again.body.accessToken}` };
    expect((await devicesOf({ ...ann, bearer })).map(({ name }) => name)).toEqual(['Firefox on Linux']);
  });

  test('a device gets another name, without the spaces around it', async () => {
    const ann = await someone();
    const id = await idOf(ann);
    const answer = await ann.agent.ask('PATCH', `/api/devices/${id}`, { name: '  Küche 🍳 ' }, ann.bearer);
    expect(answer.status).toBe(204);
    expect(await devicesOf(ann)).toMatchObject([{ id, name: 'Küche 🍳' }]);
  });

  test('ending a device signs it out at once, closes its socket, and no other', async () => {
    const ann = await someone();
    const phone = await another(ann, 'Phone');
    const [mine, theirs] = [await greet(server, ann), await greet(server, phone)];
    const ended = await ann.agent.ask('DELETE', `/api/devices/${await idOf(phone)}`, undefined, ann.bearer);
    expect(ended.status).toBe(204);
    expect(await theirs.closed).toEqual({ code: 4401, reason: 'SESSION_ENDED' });
    expect(await works(phone)).toBe(false);
    expect(await phone.agent.post('/api/auth/refresh', { device: phone.login.device.id })).toMatchObject({
      status: 401,
      body: { code: 'SESSION_ENDED' },
    });
    mine.say({ t: 'ping', id: 1 });
    expect(await mine.hear('pong')).toMatchObject({ id: 1 });
    mine.ws.terminate();
    expect((await devicesOf(ann)).map(({ name }) => name)).toEqual(['Firefox on Linux']);
  });

  test('all others end together, and the own one goes on', async () => {
    const ann = await someone();
    const [phone, tablet] = [await another(ann, 'Phone'), await another(ann, 'Tablet')];
    const bob = await someone();
    const lines = [await greet(server, phone), await greet(server, tablet)];
    expect((await ann.agent.ask('DELETE', '/api/devices', undefined, ann.bearer)).status).toBe(204);
    for (const line of lines) expect(await line.closed).toEqual({ code: 4401, reason: 'SESSION_ENDED' });
    expect(await Promise.all([works(ann), works(phone), works(tablet), works(bob)])).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  test('another person’s devices are not there', async () => {
    const [ann, bob] = [await someone(), await someone()];
    const id = await idOf(bob);
    const missing = { status: 404, body: { code: 'NOT_FOUND' } };
    const path = `/api/devices/${id}`;
    expect(await ann.agent.ask('DELETE', path, undefined, ann.bearer)).toMatchObject(missing);
    expect(await ann.agent.ask('PATCH', path, { name: 'Mine' }, ann.bearer)).toMatchObject(missing);
    expect(await devicesOf(bob)).toMatchObject([{ id, name: 'Firefox on Linux' }]);
    expect(await works(bob)).toBe(true);
  });
});
