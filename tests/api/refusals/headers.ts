import { createAgent } from '../../support/api-server.ts';
import { type Refusal, ask, askBare, post, refusal, seen } from './refusal.ts';

const method = (asked: string, path: string): Refusal =>
  refusal(`${asked} ${path} is no way to ask`, 405, 'METHOD_NOT_ALLOWED', (world) =>
    ask(world, asked, path, undefined, world.ann.bearer),
  );
const path = (title: string, at: string): Refusal =>
  refusal(title, 404, 'NOT_FOUND', (world) => askBare(world, 'GET', at, { ...world.ann.bearer }));
const query = (title: string, at: string): Refusal =>
  refusal(title, 400, 'BAD_FIELD', (world) => ask(world, 'GET', at, undefined, world.ann.bearer));

export const headers: readonly Refusal[] = [
  method('GET', '/api/auth/login'),
  method('PUT', '/api/auth/register'),
  method('DELETE', '/api/account'),
  method('POST', '/api/account/password'),
  method('GET', '/api/account/delete'),
  method('POST', '/api/devices'),
  method('PROPFIND', '/api/directory'),
  refusal('Another method in a header is not looked at', 405, 'METHOD_NOT_ALLOWED', (world) =>
    post(world, '/api/devices', {}, { ...world.ann.bearer, 'x-http-method-override': 'DELETE' }),
  ),
  path('There is nothing at an address that nobody made', '/api/admin'),
  path('An encoded slash does not make an address', '/api%2faccount'),
  path('Two slashes do not make an address', '/api//account'),
  path('A way back does not make an address', '/api/devices/../account'),
  path('An encoded way back does not make an address', '/api/devices/%2e%2e/account'),
  path('A NUL does not end an address', '/api/account%00.json'),
  query('A query of a pattern is refused', '/api/directory?q=%25'),
  query('A query said twice is refused', '/api/directory?q=ann&q=bob'),
  query('A query with a line break is refused', '/api/directory?q=ann%0d%0aSet-Cookie:x'),
  query('A query of 33 letters is refused', `/api/directory?q=${'a'.repeat(33)}`),
  refusal('A length that is said in two ways is refused', 400, '', (world) =>
    askBare(
      world,
      'POST',
      '/api/auth/prelogin',
      { 'content-length': '5', 'transfer-encoding': 'chunked', origin: world.server.url },
      '',
    ),
  ),
  refusal('Headers of 20,000 letters are refused', 431, '', (world) =>
    askBare(world, 'GET', '/api/account', { ...world.ann.bearer, 'x-long': 'a'.repeat(20_000) }),
  ),
  refusal('A token that is said twice is refused', 401, 'UNAUTHENTICATED', (world) =>
    askBare(world, 'GET', '/api/account', { authorization: `${world.ann.bearer.authorization}, Bearer x` }),
  ),
  refusal(
    'A page of another site may not ask with a token’s help for a cookie',
    403,
    'ORIGIN_REFUSED',
    async ({ server, ann }) =>
      seen(
        await createAgent(server).post('/api/auth/login', ann.login, {
          ...ann.bearer,
          origin: 'https://evil.example',
        }),
      ),
  ),
];
