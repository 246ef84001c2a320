import type { DeviceItem } from '#shared/schema/account.ts';
import type { Registered } from '../../support/api-server.ts';
import { type Refusal, type World, ask, askBare, refusal } from './refusal.ts';

async function currentOf({ agent, bearer }: Registered): Promise<string> {
  const { body } = await agent.get<{ devices: DeviceItem[] }>('/api/devices', bearer);
  return body.devices.find(({ current }) => current)?.id ?? '';
}

/** ann asks for something about the device of somebody. */
const about = (
  title: string,
  status: number,
  code: string,
  method: string,
  of: (world: World) => Registered,
  body?: unknown,
): Refusal => ({
  title,
  status,
  code,
  async prepare(world) {
    const id = await currentOf(of(world));
    return () => ask(world, method, `/api/devices/${id}`, body, world.ann.bearer);
  },
});
const own = ({ ann }: World): Registered => ann;
const foreign = ({ bob }: World): Registered => bob;

const at = (title: string, path: string): Refusal =>
  refusal(title, 404, 'NOT_FOUND', (world) => askBare(world, 'DELETE', path, { ...world.ann.bearer }));

export const devices: readonly Refusal[] = [
  about('Another person’s device can’t be signed out', 404, 'NOT_FOUND', 'DELETE', foreign),
  about('Another person’s device can’t be renamed', 404, 'NOT_FOUND', 'PATCH', foreign, { name: 'Mine' }),
  about('A device can’t be renamed to nothing', 400, 'BAD_FIELD', 'PATCH', own, { name: '   ' }),
  about('A device can’t be renamed to 81 letters', 400, 'BAD_FIELD', 'PATCH', own, { name: 'x'.repeat(81) }),
  about('A device can’t have a NUL in its name', 400, 'BAD_FIELD', 'PATCH', own, { name: 'a\0b' }),
  about('A device can’t have a line break in its name', 400, 'BAD_FIELD', 'PATCH', own, { name: 'a\nb' }),
  about('A device can’t have terminal commands in its name', 400, 'BAD_FIELD', 'PATCH', own, {
    name: '\u001b[31mred',
  }),
  about(
    'A device can’t be given away by a field that renaming does not know',
    400,
    'BAD_FIELD',
    'PATCH',
    own,
    {
      name: 'Mine',
      user: 'bob',
    },
  ),
  at('A device that does not exist can’t be signed out', `/api/devices/${'A'.repeat(22)}`),
  at('A device is not found by an encoded slash', '/api/devices/%2e%2e%2fdevices'),
  at('A device is not found by a path', '/api/devices/../devices/x'),
  at('A device is not found by a wildcard', '/api/devices/%25'),
  at('A device is not found by a NUL', '/api/devices/%00'),
  {
    title: 'A device that was signed out already can’t be signed out again',
    status: 404,
    code: 'NOT_FOUND',
    async prepare(world) {
      const { agent, login } = world.ann;
      const device = { id: 'D'.repeat(22), name: 'Old phone' };
      const phone = await agent.post<{ accessToken: string }>('/api/auth/login', { ...login, device });
      const bearer = { authorization: `Bearer ${phone.body.accessToken}` };
      const id = await currentOf({ ...world.ann, bearer });
      await agent.ask('DELETE', `/api/devices/${id}`, undefined, bearer);
      return () => ask(world, 'DELETE', `/api/devices/${id}`, undefined, world.ann.bearer);
    },
  },
  refusal('Nobody’s devices are listed without a sign-in', 401, 'UNAUTHENTICATED', (world) =>
    ask(world, 'GET', '/api/devices', undefined),
  ),
  refusal('Nobody’s devices are signed out without a sign-in', 401, 'UNAUTHENTICATED', (world) =>
    ask(world, 'DELETE', '/api/devices', undefined, { cookie: world.ann.agent.cookie }),
  ),
];
