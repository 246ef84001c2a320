import { encode } from '@msgpack/msgpack';
import type WebSocket from 'ws';
import type { Up } from '#sync/wire/up.ts';
import { MAX_UP_FRAME } from '#sync/wire/codec.ts';
import { VERSIONS } from '#sync/wire/version.ts';
import { someBytes, someOpId } from '../../support/api-people.ts';
import { createAgent } from '../../support/api-server.ts';
import { helloOf, protocolsOf, refusalOf } from '../../support/api-socket.ts';
import { type Refusal, type Seen, type World, askBare, refusal, said, seen } from './refusal.ts';

interface Knock {
  readonly protocols?: (world: World) => string[];
  readonly options?: WebSocket.ClientOptions;
  readonly path?: (world: World) => string;
}

/** An upgrade that must be refused before it happens. */
const knock = (title: string, status: number, code: string, how: Knock): Refusal =>
  refusal(title, status, code, async (world) => {
    const protocols = (how.protocols ?? ((each) => protocolsOf(each.ann)))(world);
    const options = how.options ?? { origin: world.server.url };
    const answer = await refusalOf(world.server, protocols, options, how.path?.(world));
    return { status: answer.status ?? 0, code: (answer.body as { code: string }).code };
  });

/** A frame that must end the socket. */
const frame = (
  title: string,
  status: number,
  code: string,
  content: Uint8Array | string | ((world: World) => Uint8Array | Up),
  silent?: 'silent',
): Refusal => ({
  title,
  status,
  code,
  prepare: (world) =>
    said(world, world.ann, typeof content === 'function' ? content(world) : content, silent),
});

const exchange = (title: string, status: number, code: string, body: (world: World) => Uint8Array): Refusal =>
  refusal(title, status, code, async (world) => {
    const headers = { 'content-type': 'application/msgpack', ...world.ann.bearer };
    return askBare(world, 'POST', '/api/sync', headers, body(world));
  });

/** Arrays inside arrays, as many as said. */
const nested = (depth: number): Uint8Array => new Uint8Array(depth + 1).fill(0x91).fill(0xc0, depth);

export const websocket: readonly Refusal[] = [
  knock('A page of a foreign origin gets no socket', 403, 'ORIGIN_REFUSED', {
    options: { origin: 'https://evil.example' },
  }),
  knock('A page of a look-alike origin gets no socket', 403, 'ORIGIN_REFUSED', {
    options: { origin: 'http://localhost.evil.example' },
  }),
  knock('A program that names no origin gets no socket', 403, 'ORIGIN_REFUSED', { options: {} }),
  knock('A socket without a token is refused', 401, 'UNAUTHENTICATED', { protocols: () => ['nexchat.v1'] }),
  knock('A socket with two tokens is refused', 401, 'UNAUTHENTICATED', {
    protocols: (world) => [...protocolsOf(world.ann), 'bearer.x'],
  }),
  knock('A socket with noise for a token is refused', 401, 'TOKEN_INVALID', {
    protocols: () => ['nexchat.v1', 'bearer.noise'],
  }),
  knock('A socket with the token in the address is refused', 401, 'UNAUTHENTICATED', {
    protocols: () => ['nexchat.v1'],
    path: ({ ann }) => `/api/socket?token=${ann.session.accessToken}`,
  }),
  knock('A socket of another version is refused', 426, 'UNSUPPORTED_VERSION', {
    protocols: ({ ann }) => ['nexchat.v9', `bearer.${ann.session.accessToken}`],
  }),
  knock('A socket that offers only its token is refused', 426, 'UNSUPPORTED_VERSION', {
    protocols: ({ ann }) => [`bearer.${ann.session.accessToken}`],
  }),
  knock('There is no socket at other addresses', 404, 'NOT_FOUND', { path: () => '/api/sync' }),
  {
    title: 'A socket of a sign-in that ended is refused',
    status: 401,
    code: 'SESSION_ENDED',
    async prepare(world) {
      const gone = await world.someone();
      await gone.agent.post('/api/auth/logout', {});
      return async () => {
        const answer = await refusalOf(world.server, protocolsOf(gone), { origin: world.server.url });
        return { status: answer.status ?? 0, code: (answer.body as { code: string }).code };
      };
    },
  },
  {
    title: 'A socket of a locked account is refused',
    status: 403,
    code: 'ACCOUNT_SUSPENDED',
    async prepare(world) {
      const locked = await world.someone();
      await world.server.suspend(locked.session.userId, true);
      return async () => {
        const answer = await refusalOf(world.server, protocolsOf(locked), { origin: world.server.url });
        return { status: answer.status ?? 0, code: (answer.body as { code: string }).code };
      };
    },
  },
  frame('Text instead of binary ends the socket', 4400, 'BAD_FRAME', '{"t":"ping","id":1}'),
  frame('Binary garbage ends the socket', 4400, 'BAD_FRAME', Uint8Array.of(0xc1, 0xff, 0x00)),
  frame('An empty frame ends the socket', 4400, 'BAD_FRAME', new Uint8Array(0)),
  frame('A frame with something behind it ends the socket', 4400, 'BAD_FRAME', () =>
    Uint8Array.of(...encode({ t: 'ping', id: 1 }), 0x00),
  ),
  frame('A frame that is no map ends the socket', 4400, 'BAD_FRAME', () => encode(['ping', 1])),
  frame('A frame nested 400,000 deep ends the socket', 4400, 'BAD_FRAME', nested(400_000)),
  frame('A frame that promises four billion values ends the socket', 4400, 'BAD_FRAME', () =>
    Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff),
  ),
  frame('A frame of a type that nobody knows ends the socket', 4400, 'UNKNOWN_TYPE', () =>
    encode({ t: 'call_offer', to: 'A'.repeat(22) }),
  ),
  frame('A frame of the type __proto__ ends the socket', 4400, 'UNKNOWN_TYPE', () =>
    encode({ t: '__proto__' }),
  ),
  frame('A frame without a field ends the socket', 4400, 'BAD_FIELD', () => encode({ t: 'ping' })),
  frame('A number that is no count ends the socket', 4400, 'BAD_FIELD', () => encode({ t: 'ping', id: -1 })),
  frame('An operation of a kind that nobody knows ends the socket', 4400, 'BAD_FIELD', ({ bob }) =>
    encode({ t: 'ops', ops: [{ id: someOpId(), kind: 'friend.force', to: bob.session.userId }] }),
  ),
  frame('An operation whose id is no UUIDv7 ends the socket', 4400, 'BAD_FIELD', ({ bob }) =>
    encode({ t: 'ops', ops: [{ id: '1', kind: 'friend.remove', to: bob.session.userId }] }),
  ),
  frame('257 operations in one frame end the socket', 4400, 'BAD_FIELD', ({ bob }) =>
    encode({
      t: 'ops',
      ops: Array.from({ length: 257 }, () => ({
        id: someOpId(),
        kind: 'friend.remove',
        to: bob.session.userId,
      })),
    }),
  ),
  frame(
    'Something before the hello ends the socket',
    4400,
    'BAD_FRAME',
    () => encode({ t: 'ping', id: 1 }),
    'silent',
  ),
  frame(
    'Operations before the hello end the socket, and are not carried out',
    4400,
    'BAD_FRAME',
    ({ bob }) =>
      encode({ t: 'ops', ops: [{ id: someOpId(), kind: 'friend.remove', to: bob.session.userId }] }),
    'silent',
  ),
  frame('A second hello ends the socket', 4400, 'BAD_FRAME', ({ ann }) => helloOf(ann)),
  frame(
    'A hello of an older version ends the socket',
    4426,
    'UNSUPPORTED_VERSION',
    ({ ann }) => helloOf(ann, [0, VERSIONS[0] - 1]),
    'silent',
  ),
  frame('A frame above 512 KiB ends the socket before it is read', 1009, '', someBytes(MAX_UP_FRAME + 1)),
  frame('Another person’s token does not prolong a socket', 4401, 'TOKEN_INVALID', ({ bob }) => ({
    t: 'auth',
    token: bob.session.accessToken,
  })),
  frame('Noise does not prolong a socket', 4401, 'TOKEN_INVALID', () => ({ t: 'auth', token: 'noise' })),
  refusal('An exchange without a sign-in is refused', 401, 'UNAUTHENTICATED', (world) =>
    askBare(
      world,
      'POST',
      '/api/sync',
      { 'content-type': 'application/msgpack' },
      encode([helloOf(world.ann)]),
    ),
  ),
  refusal('An exchange in JSON is refused', 400, 'BAD_FRAME', async ({ server, ann }): Promise<Seen> =>
    seen(await createAgent(server).post('/api/sync', [helloOf(ann)], ann.bearer)),
  ),
  exchange('An exchange of noise is refused', 400, 'BAD_FRAME', () => Uint8Array.of(0xc1)),
  exchange('An exchange of nothing is refused', 400, 'BAD_FIELD', () => encode([])),
  exchange('An exchange of seventeen frames is refused', 400, 'BAD_FIELD', ({ ann }) =>
    encode([helloOf(ann), ...Array.from({ length: 16 }, (_, id) => ({ t: 'ping', id }))]),
  ),
  exchange('An exchange with an unknown frame is refused whole', 400, 'BAD_FIELD', ({ ann, bob }) =>
    encode([
      { ...helloOf(ann), ops: [{ id: someOpId(), kind: 'friend.remove', to: bob.session.userId }] },
      { t: 'call_offer' },
    ]),
  ),
];
