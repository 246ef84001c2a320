import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { createCork } from '#api/cork.ts';
import { processorTime, serve } from './program.ts';

/** As long as the frame in which the real server answers one message. */
const ACK = new Uint8Array(80);

/**
 * What the real server is measured against: it hands each frame to the other of the pair and acknowledges it.
 * Nobody is authenticated, nothing is read, checked or stored; it writes to its sockets as the real one does.
 */
const handlers = {
  async start(): Promise<{ url: string }> {
    const sockets = new Map<string, { ws: WebSocket; cork: () => void }>();
    const wss = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false });
    const server = createServer();
    server.on('upgrade', (request, socket: Duplex, head) => {
      wss.handleUpgrade(request, socket, head, (ws) => {
        const [, self = '', peer = ''] = (request.url ?? '').split('/');
        const cork = createCork(socket);
        sockets.set(self, { ws, cork });
        ws.on('message', (frame: Buffer) => {
          const other = sockets.get(peer);
          other?.cork();
          other?.ws.send(frame);
          cork();
          ws.send(ACK);
        });
        ws.on('close', () => sockets.delete(self));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { url: `http://localhost:${(server.address() as AddressInfo).port}` };
  },
  processorTime,
};
export type BareRelay = typeof handlers;

serve(handlers);
