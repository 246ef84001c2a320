import { once } from 'node:events';
import WebSocket from 'ws';
import type { Up } from '#sync/wire/up.ts';
import type { Down, OpResult } from '#sync/wire/down.ts';
import { decodeDown, encodeFrame } from '#sync/wire/codec.ts';
import { VERSIONS } from '#sync/wire/version.ts';
import type { Operation } from '#sync/wire/up.ts';
import type { ApiServer, Registered } from './api-server.ts';
import { settled, until } from './wait.ts';

const SOON = { within: 5_000 };
export type Hello = Extract<Up, { t: 'hello' }>;

/** A page's socket, as far as the server can tell. */
export interface Line {
  readonly ws: WebSocket;
  readonly frames: Down[];
  readonly closed: Promise<{ code: number; reason: string }>;
  say(frame: Up): void;
  hear<T extends Down['t']>(kind: T): Promise<Extract<Down, { t: T }>>;
  /** Says an operation, and hears what became of it. */
  carryOut(op: Operation): Promise<OpResult>;
}

const addressOf = ({ port }: ApiServer, path = '/api/socket'): string => `ws://127.0.0.1:${port}${path}`;

export const protocolsOf = ({ session }: Pick<Registered, 'session'>): string[] => [
  'nexchat.v1',
  `bearer.${session.accessToken}`,
];

export const helloOf = (person: Registered, v: Hello['v'] = [...VERSIONS]): Hello => ({
  t: 'hello',
  v,
  device: person.login.device.id,
  gen: 0,
  cursor: null,
  ops: [],
});

/** An open socket that has said nothing yet. Whoever dials hangs up: `line.ws.terminate()`. */
export async function dial(server: ApiServer, person: Registered): Promise<Line> {
  const ws = new WebSocket(addressOf(server), protocolsOf(person), { origin: server.url });
  const frames: Down[] = [];
  ws.on('message', (data: Buffer) => {
    const frame = decodeDown(data);
    if (frame.ok) frames.push(frame.value);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  const line: Line = {
    ws,
    frames,
    closed: settled(closed, { within: 15_000, for: 'the socket to close' }),
    say: (frame) => ws.send(encodeFrame(frame)),
    async hear(kind) {
      const found = await until(() => frames.find(({ t }) => t === kind), { ...SOON, for: kind });
      return found as Extract<Down, { t: typeof kind }>;
    },
    async carryOut(op) {
      line.say({ t: 'ops', ops: [op] });
      const results = () => frames.flatMap((frame) => (frame.t === 'results' ? frame.results : []));
      return until(() => results().find(({ id }) => id === op.id), { ...SOON, for: 'a result' });
    },
  };
  line.closed.catch(() => {});
  await settled(once(ws, 'open'), { ...SOON, for: 'the socket to open' });
  return line;
}

/** A socket that has been welcomed. */
export async function greet(server: ApiServer, person: Registered): Promise<Line> {
  const line = await dial(server, person);
  line.say(helloOf(person));
  await line.hear('welcome');
  return line;
}

/** The status and body that an upgrade is refused with. */
export function refusalOf(
  server: ApiServer,
  protocols: string[],
  options: WebSocket.ClientOptions,
  path?: string,
): Promise<{ status: number | undefined; body: unknown }> {
  const answer = new Promise<{ status: number | undefined; body: unknown }>((resolve, reject) => {
    const ws = new WebSocket(addressOf(server, path), protocols, options);
    ws.on('open', () => {
      ws.terminate();
      reject(new Error('the socket opened'));
    });
    ws.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
    });
    ws.on('error', reject);
  });
  return settled(answer, { ...SOON, for: 'the refusal' });
}
