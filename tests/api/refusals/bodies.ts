import { toBase64url } from '#shared/bytes.ts';
import { someBytes, someDeviceId, someKeyring } from '../../support/api-people.ts';
import { registrationOf } from '../../support/api-server.ts';
import { type Refusal, type World, ask, askBare, refusal } from './refusal.ts';

type Json = { readonly [field: string]: Json | string | number | boolean };
type Request = readonly [method: string, path: string, body: Json];

const key = toBase64url(someBytes(32));
const code = { authKey: key, wrappedAccountKey: toBase64url(someBytes(97)) };
const kdf = { alg: 'PBKDF2-SHA256', iterations: 600_000, salt: toBase64url(someBytes(16)) };
const device = { id: someDeviceId(), name: 'Phone' };
const { recovery, ...registration } = await registrationOf('zoe');

/** One of everything that takes a body, right in form. */
const REQUESTS: readonly Request[] = [
  ['POST', '/api/auth/prelogin', { username: 'ann' }],
  ['POST', '/api/auth/register', { ...registration, recovery }],
  ['POST', '/api/auth/login', { username: 'ann', authKey: key, device }],
  ['POST', '/api/auth/refresh', { device: device.id }],
  ['POST', '/api/auth/recovery', { username: 'ann', authKey: key }],
  ['POST', '/api/auth/reset', { username: 'ann', recoveryKey: key, kdf, ...code, recovery: code, device }],
  ['POST', '/api/account/open', { authKey: key }],
  ['PUT', '/api/account/password', { current: key, expect: 1, kdf, ...code, endOthers: true }],
  ['PUT', '/api/account/recovery', { current: key, expect: 1, recovery: code }],
  [
    'PUT',
    '/api/account/keyring',
    { expect: 1, keyring: toBase64url(someKeyring(2)), bundle: registration.bundle },
  ],
  ['POST', '/api/account/delete', { current: key }],
  ['PATCH', `/api/devices/${'A'.repeat(22)}`, { name: 'Phone' }],
  ['POST', '/api/reports', { about: 'bob', reason: 'spam', note: 'x' }],
  ['POST', '/api/friends/request', { receiver: 'bob' }],
  ['POST', '/api/friends/accept', { sender: 'bob' }],
  ['POST', '/api/friends/remove', { target: 'bob' }],
];

/** The body once for each of its values, with `value` in its place. */
function* replaced(body: Json, value: Json): Generator<{ field: string; body: Json }> {
  for (const [field, held] of Object.entries(body)) {
    yield { field, body: { ...body, [field]: value } };
    if (typeof held !== 'object') continue;
    for (const inner of replaced(held, value)) {
      yield { field: `${field}.${inner.field}`, body: { ...body, [field]: inner.body } };
    }
  }
}

/** What a database would take for a condition, in the place of every value of every body. */
const operators = REQUESTS.flatMap(([method, path, body]) =>
  Array.from(replaced(body, { $ne: '' }), ({ field, body: changed }): Refusal => {
    const expected = path === '/api/auth/register' && field === 'username' ? 'USERNAME_INVALID' : 'BAD_FIELD';
    return refusal(
      `A condition instead of a value is refused: ${method} ${path}, ${field}`,
      400,
      expected,
      (world) => ask(world, method, path, changed, world.ann.bearer),
    );
  }),
);
const unknownFields = REQUESTS.map(([method, path, body]) =>
  refusal(`A field that nobody knows is refused: ${method} ${path}`, 400, 'BAD_FIELD', (world) =>
    ask(world, method, path, { ...body, admin: true }, world.ann.bearer),
  ),
);

/** A registration whose body is not what it should be. */
const body = (title: string, expected: string, content: string | Uint8Array, status = 400): Refusal =>
  refusal(title, status, expected, (world) =>
    askBare(world, 'POST', '/api/auth/register', headersOf(world), content),
  );
const headersOf = ({ server }: World) => ({
  host: `localhost:${server.port}`,
  origin: server.url,
  'content-type': 'application/json',
});
const typed = (type: string): Refusal =>
  refusal(`A body of type ${type} is refused: any page could send it`, 400, 'BAD_JSON', (world) =>
    askBare(world, 'POST', '/api/auth/register', { ...headersOf(world), 'content-type': type }, text),
  );

const text = JSON.stringify({ ...registration, recovery });
const withField = (field: string): string => `{${field},${text.slice(1)}`;
const named = (username: string): string => JSON.stringify({ ...registration, username });

export const bodies: readonly Refusal[] = [
  ...operators,
  ...unknownFields,
  body('A broken body is refused', 'BAD_JSON', text.slice(0, -1)),
  body('Two bodies in one are refused', 'BAD_JSON', text + text),
  body('A body of nothing is refused', 'USERNAME_INVALID', ''),
  body('A body of one number is refused', 'BAD_JSON', '1'),
  body('A body of null is refused', 'BAD_JSON', 'null'),
  body('A list instead of an object is refused', 'USERNAME_INVALID', `[${text}]`),
  body('A prototype in a body is refused', 'BAD_JSON', withField('"__proto__":{"admin":true}')),
  body(
    'A prototype that is spelt with escapes is refused',
    'BAD_JSON',
    withField('"\\u005f_proto__":{"admin":true}'),
  ),
  body(
    'A constructor’s prototype in a body is refused',
    'BAD_FIELD',
    withField('"constructor":{"name":"x"}'),
  ),
  body('A field of the name of a method is refused', 'BAD_FIELD', withField('"toString":1')),
  body(
    'Of a field that is said twice the one that counts is checked',
    'USERNAME_INVALID',
    `${text.slice(0, -1)},"username":{"$ne":null}}`,
  ),
  body(
    'A body nested 15,000 deep is refused',
    'USERNAME_INVALID',
    `${'['.repeat(15_000)}${']'.repeat(15_000)}`,
  ),
  body('A body that is not UTF-8 is refused', 'USERNAME_INVALID', Buffer.from(named('zo\xe9'), 'latin1')),
  body('A body above its limit is refused', 'FRAME_TOO_LARGE', ' '.repeat(40_000) + text, 413),
  body('A NUL in a name is refused', 'USERNAME_INVALID', named('zoe\0')),
  body('A line break in a name is refused', 'USERNAME_INVALID', named('zoe\nadmin')),
  body('A look-alike letter in a name is refused', 'USERNAME_INVALID', named('zоe')),
  body('A name with a path is refused', 'USERNAME_INVALID', named('../zoe')),
  body('A name with a script is refused', 'USERNAME_INVALID', named('<script>')),
  body(
    'A NUL in a device’s name is refused',
    'BAD_FIELD',
    JSON.stringify({ ...registration, device: { ...device, name: 'a\0' } }),
  ),
  typed('text/plain'),
  typed('application/x-www-form-urlencoded'),
  typed('multipart/form-data; boundary=x'),
  typed('application/xml'),
  typed('application/jsonp'),
];
