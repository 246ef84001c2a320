import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { decodeDown, encodeFrame } from '#sync/wire/codec.ts';
import type { Down } from '#sync/wire/down.ts';

/** What a server that lies says in place of the truth. */
export interface Lies {
  /** The JSON body of a successful answer. */
  answer?(path: string, body: Readonly<Record<string, unknown>>, method: string): unknown;
  /** A frame on its way down; null is not delivered. */
  frame?(frame: Down): Down | null;
}

/** A server that speaks the protocol in front of the real one, and lies where it is told to. */
export interface LyingProxy {
  readonly url: string;
  /** In place of those before; none is the truth. */
  tell(lies: Lies): void;
  /** Ends every socket, so that the next one is heard from its beginning. */
  cut(): void;
  close(): Promise<void>;
}

/** `port` is the real server's, on loopback; `listen` the port of the liar, or any. */
export async function createLyingProxy(port: number, listen = 0): Promise<LyingProxy> {
  let lies: Lies = {};
  const open = new Set<WebSocket>();
  const sockets = new Set<Socket>();
  const upgrades = new WebSocketServer({ noServer: true, handleProtocols: () => 'nexchat.v1' });
  const server = createServer((incoming, response) => void forward(port, () => lies, incoming, response));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (incoming, socket, head) => {
    const { origin, cookie } = incoming.headers;
    const protocols = (incoming.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
    const up = new WebSocket(`ws://127.0.0.1:${port}${incoming.url ?? ''}`, protocols, {
      perMessageDeflate: false,
      headers: { ...(origin && { origin }), ...(cookie && { cookie }) },
    });
    up.on('error', () => socket.destroy());
    up.on('open', () => {
      upgrades.handleUpgrade(incoming, socket, head, (down) => {
        open.add(down);
        join(up, down, () => lies);
        down.on('close', () => open.delete(down));
      });
    });
  });
  server.listen(listen, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    tell(next) {
      lies = next;
    },
    cut() {
      for (const socket of open) socket.close(1001);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function join(up: WebSocket, down: WebSocket, lies: () => Lies): void {
  up.on('message', (data: RawData) => {
    const frame = decodeDown(new Uint8Array(data as Buffer));
    const told = frame.ok ? (lies().frame?.(frame.value) ?? (lies().frame ? null : frame.value)) : null;
    if (!frame.ok) down.send(data);
    else if (told !== null) down.send(encodeFrame(told));
  });
  down.on('message', (data: RawData) => up.send(data as Buffer));
  up.on('close', (code) => down.close(code >= 3000 && code < 5000 ? code : 1001));
  down.on('close', () => up.close());
  down.on('error', () => up.close());
}

async function forward(
  port: number,
  lies: () => Lies,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = incoming.method ?? 'GET';
  const path = incoming.url ?? '/';
  const headers = { ...incoming.headers, 'accept-encoding': 'identity' };
  const upstream = request({ host: '127.0.0.1', port, method, path, headers });
  upstream.on('error', () => response.destroy());
  incoming.pipe(upstream);
  const [answer] = (await once(upstream, 'response').catch(() => [])) as [IncomingMessage?];
  if (answer === undefined) return;
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  let body = Buffer.concat(chunks);
  const isJson = answer.headers['content-type']?.startsWith('application/json') ?? false;
  if (isJson && answer.statusCode !== undefined && answer.statusCode < 300) {
    const truth = JSON.parse(body.toString()) as Record<string, unknown>;
    body = Buffer.from(JSON.stringify(lies().answer?.(path, truth, method) ?? truth));
  }
  const { 'content-length': _, 'transfer-encoding': __, ...kept } = answer.headers;
  response.writeHead(answer.statusCode ?? 502, { ...kept, 'content-length': body.length });
  response.end(body);
}
