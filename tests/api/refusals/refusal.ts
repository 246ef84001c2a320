import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Operation, Up } from '#sync/wire/up.ts';
import { encodeFrame } from '#sync/wire/codec.ts';
import {
  type Answer,
  type ApiServer,
  type Headed,
  type Registered,
  createAgent,
  signUp,
} from '../../support/api-server.ts';
import { type Line, dial, greet } from '../../support/api-socket.ts';
import { settled } from '../../support/wait.ts';

/** Some people of one server. Attempts leave them as they are. */
export interface World {
  readonly server: ApiServer;
  /** Friends. */
  readonly ann: Registered;
  readonly bob: Registered;
  /** Knows nobody. */
  readonly cas: Registered;
  /** Somebody new, for what an attempt needs to prepare. */
  someone(): Promise<Registered>;
}

/** What the one who attempts it gets: an HTTP status, a close code, or `result` for an operation's answer. */
export interface Seen {
  readonly status: number | 'result';
  readonly code: string;
}

/** Something that must not work. */
export interface Refusal {
  readonly title: string;
  readonly status: Seen['status'];
  readonly code: string;
  /** Prepares everything, and returns the attempt alone. */
  prepare(world: World): Attempt | Promise<Attempt>;
  /** What the refusal itself changes, when it does. */
  readonly changes?: 'sessions';
}
export type Attempt = () => Promise<Seen>;

const SOON = { within: 5_000 };

/** A refusal that needs no preparation. */
export function refusal(
  title: string,
  status: Seen['status'],
  code: string,
  attempt: (world: World) => Promise<Seen>,
): Refusal {
  return { title, status, code, prepare: (world) => () => attempt(world) };
}

/** A request of a page, with the cookie of `by` if there is somebody. */
export async function ask(
  { server }: World,
  method: string,
  path: string,
  body: unknown,
  headers: Headed = {},
): Promise<Seen> {
  return seen(await createAgent(server).ask(method, path, body, headers));
}

export const post = (world: World, path: string, body: unknown, headers?: Headed): Promise<Seen> =>
  ask(world, 'POST', path, body, headers);

/** What was answered, if it was answered as every refusal should be. */
export function seen({ status, headers, body }: Answer): Seen {
  const { code } = body as { code?: string };
  if (headers.get('cache-control') !== 'no-store') throw new Error('a refusal could be cached');
  if (headers.get('x-content-type-options') !== 'nosniff') throw new Error('a refusal could be sniffed');
  if (headers.has('access-control-allow-origin')) throw new Error('a refusal is shown to other origins');
  if (headers.getSetCookie().length > 0) throw new Error('a refusal sets a cookie');
  return { status, code: code ?? '' };
}

/** A request with exactly these headers, and the path as it is written: nothing is added, nothing made straight. */
export async function askBare(
  { server }: World,
  method: string,
  path: string,
  headers: Readonly<Record<string, string | string[]>>,
  body: string | Uint8Array = '',
): Promise<Seen> {
  const sent = request({ host: '127.0.0.1', port: server.port, method, path, headers, agent: false });
  sent.end(body);
  const [response] = (await settled(once(sent, 'response'), { ...SOON, for: 'an answer' })) as [
    IncomingMessage,
  ];
  let text = '';
  response.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await settled(once(response, 'end'), { ...SOON, for: 'the end of the answer' });
  const json = response.headers['content-type']?.startsWith('application/json');
  const { code } = (json ? JSON.parse(text) : {}) as { code?: string };
  return { status: response.statusCode ?? 0, code: code ?? '' };
}

/** An operation by `by` over a socket that is open already. */
export async function operation(world: World, by: Registered, op: Operation): Promise<Attempt> {
  const line = await greet(world.server, by);
  return async () => {
    const result = await line.carryOut(op);
    line.ws.terminate();
    return { status: 'result', code: result.ok ? '' : result.code };
  };
}

/** What closes a socket that was welcomed (or, with `silent`, that said nothing yet) when it says this. */
export async function said(
  world: World,
  by: Registered,
  content: Uint8Array | string | Up,
  silent?: 'silent',
): Promise<Attempt> {
  const line: Line = await (silent ? dial : greet)(world.server, by);
  line.ws.on('error', () => {});
  return async () => {
    const binary = content instanceof Uint8Array || typeof content === 'string';
    line.ws.send(binary ? content : encodeFrame(content));
    const { code, reason } = await line.closed;
    return { status: code, code: reason };
  };
}

/** ann and bob are friends, cas is alone. */
export async function createWorld(server: ApiServer): Promise<World> {
  let names = 0;
  const [ann, bob, cas] = [
    await signUp(server, 'ann'),
    await signUp(server, 'bob'),
    await signUp(server, 'cas'),
  ];
  await befriend(ann, bob);
  return { server, ann, bob, cas, someone: () => signUp(server, `someone-${++names}`) };
}

export async function befriend(one: Registered, other: Registered): Promise<void> {
  const [from, to] = [one.registration.username, other.registration.username];
  await one.agent.post('/api/friends/request', { receiver: to }, one.bearer);
  await other.agent.post('/api/friends/accept', { sender: from }, other.bearer);
}
