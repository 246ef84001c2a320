import bcrypt from 'bcrypt';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { toBase64url } from '#shared/bytes.ts';
import { someBytes } from '../support/api-people.ts';
import {
  type ApiServer,
  type Registered,
  createAgent,
  registrationOf,
  signUp,
  startApi,
} from '../support/api-server.ts';

const someKey = (): string => toBase64url(someBytes(32));

/** Whether a name exists must not be told by how long an answer takes, so the same work is done for every name. */
describe('a name that nobody has', () => {
  let server: ApiServer;
  let ann: Registered;
  beforeAll(async () => {
    server = await startApi({ store: 'sqlite' });
    ann = await signUp(server, 'ann');
    const gone = await signUp(server, 'gone');
    const current = gone.registration.authKey;
    await gone.agent.post('/api/account/delete', { current }, gone.bearer);
    const locked = await signUp(server, 'locked');
    await server.suspend(locked.session.userId, true);
    const { recovery: _, ...bare } = await registrationOf('bare');
    await createAgent(server).post('/api/auth/register', bare);
  });
  afterAll(() => server.dispose());

  test.each(['ann', 'nobody', 'gone', 'locked', 'bare'])(
    'costs a wrong password as much as any: %s is compared once, at the same cost',
    async (username) => {
      const compare = vi.spyOn(bcrypt, 'compare');
      try {
        const answer = await createAgent(server).post('/api/auth/login', {
          ...ann.login,
          username,
          authKey: someKey(),
        });
        expect(answer).toMatchObject({ status: 401, body: { code: 'BAD_CREDENTIALS' } });
        expect(compare).toHaveBeenCalledTimes(1);
        expect(compare).toHaveBeenCalledWith(expect.any(String), expect.stringMatching(/^\$2b\$04\$.{53}$/));
      } finally {
        compare.mockRestore();
      }
    },
  );

  test('costs a wrong code as much as any: no password is stretched for one', async () => {
    const compare = vi.spyOn(bcrypt, 'compare');
    try {
      const times = await Promise.all(
        ['ann', 'nobody', 'gone', 'bare'].map(
          async (username) => [username, await medianOf(username)] as const,
        ),
      );
      // For who reads the log: too unsteady to be a rule on a shared machine.
      console.info(
        `median milliseconds of a wrong code: ${times.map(([who, ms]) => `${who} ${ms}`).join(', ')}`,
      );
      expect(compare).not.toHaveBeenCalled();
    } finally {
      compare.mockRestore();
    }
  });

  async function medianOf(username: string): Promise<string> {
    const times: number[] = [];
    for (let at = 0; at < 15; at++) {
      const began = performance.now();
      const answer = await createAgent(server).post('/api/auth/recovery', { username, authKey: someKey() });
      times.push(performance.now() - began);
      expect(answer).toMatchObject({ status: 401, body: { code: 'BAD_CREDENTIALS' } });
    }
    return (times.toSorted((a, b) => a - b)[7] ?? 0).toFixed(2);
  }
});
