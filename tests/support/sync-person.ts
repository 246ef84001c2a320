import { WebSocket } from 'ws';
import { createOpId } from '#api/op-id.ts';
import { keyIdOf } from '#shared/crypto/verify.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import { createSyncClient } from '#sync/client/client.ts';
import type { ClientStore, Queued } from '#sync/client/ports.ts';
import type { Message } from '#sync/wire/down.ts';
import type { Cursor } from '#sync/wire/up.ts';
import { SUBPROTOCOL } from '#sync/wire/version.ts';
import type { Registered } from './api-server.ts';
import { makeEnvelope } from './envelope.ts';

/** Somebody with the app's real sync client on a device in memory, and a socket to whichever server `url` names. */
export interface SyncPerson {
  readonly user: UserId;
  /** Writes a message into the outbox; it is sent when it can be. */
  write(to: SyncPerson): OpId;
  /** What the server has acknowledged: its number, by the operation's id, in the order of the answers. */
  readonly acked: ReadonlyMap<OpId, number>;
  /** Operations that were refused for good. */
  readonly refused: readonly OpId[];
  /** Messages of the conversation with `peer` on this device, by number. Throws when two differ under one number. */
  conversation(peer: SyncPerson): readonly OpId[];
  sees(friend: SyncPerson): boolean;
  readonly typists: readonly UserId[];
  live(): boolean;
  /** Tries again at once if there is no connection, as an app does that somebody looks at. */
  wake(): void;
  waiting(): number;
  typesTo(friend: SyncPerson): void;
  /** The socket breaks, as if the network had changed. */
  cut(): void;
  stop(): Promise<void>;
  readonly keyId: Bytes;
}

export async function startPerson(
  { session, login, identity }: Registered,
  url: () => string,
): Promise<SyncPerson> {
  const user = session.userId;
  const keyId = await keyIdOf(identity.agreementPublic);
  const queue = new Map<OpId, Queued>();
  const acked = new Map<OpId, number>();
  const refused: OpId[] = [];
  const messagesByPeer = new Map<UserId, Map<number, OpId>>();
  const online = new Set<UserId>();
  const typists: UserId[] = [];
  const sockets = new Set<WebSocket>();
  let cursor: Cursor | null = null;
  let gen = 0;
  let link = 'offline';
  let onOutbox = (): void => {};

  function keep({ from, to, n, op }: Message): void {
    const peer = from === user ? to : from;
    const known = messagesByPeer.get(peer) ?? new Map<number, OpId>();
    messagesByPeer.set(peer, known);
    if ((known.get(n) ?? op) !== op) throw new Error(`two messages under number ${n}`);
    known.set(n, op);
    if (from === user) settle(op, n);
  }

  function settle(op: OpId, n: number): void {
    queue.delete(op);
    acked.set(op, n);
  }

  const store: ClientStore = {
    standing: async () => ({ cursor, device: login.device.id, gen }),
    outbox: async (limit) => [...queue.values()].slice(0, limit),
    async applyPage({ entries }, next) {
      for (const entry of entries) if (entry.kind === 'message') keep(entry as Message);
      cursor = next;
    },
    async applyPart({ conversations }, next) {
      for (const { messages } of conversations) messages.forEach(keep);
      if (next) cursor = next;
    },
    async applyHistory({ messages }) {
      messages.forEach(keep);
    },
    async nextHole() {
      for (const [peer, known] of messagesByPeer) {
        const before = [...known.keys()].find((n) => n > 1 && !known.has(n - 1));
        if (before !== undefined) return { peer, before };
      }
      return null;
    },
    async keepGeneration(next) {
      gen = next;
    },
    async renameDevice() {
      throw new Error('This device was taken for a copy.');
    },
    async settle(results) {
      for (const result of results) {
        if (result.ok) settle(result.id, result.n ?? 0);
        else if (queue.delete(result.id)) refused.push(result.id);
      }
    },
    async reset() {
      cursor = null;
    },
    onOutbox(listener) {
      onOutbox = listener;
      return () => undefined;
    },
  };

  const client = createSyncClient({
    store,
    transport: {
      connect(events) {
        const origin = url();
        const address = `${origin.replace('http', 'ws')}/api/socket`;
        const socket = new WebSocket(address, [SUBPROTOCOL, `bearer.${session.accessToken}`], {
          origin,
          perMessageDeflate: false,
        });
        sockets.add(socket);
        socket.on('open', () => events.open());
        socket.on('message', (data: Buffer) => events.frame(data));
        // The close that follows says all there is to say.
        socket.on('error', () => undefined);
        socket.on('close', () => {
          sockets.delete(socket);
          events.closed(null);
        });
        return { send: (data) => socket.send(data), close: () => socket.terminate() };
      },
    },
    timers: {
      after(ms, callback) {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
    },
    random: { next: Math.random },
    listener: {
      status: (status) => (link = status.link),
      presence(come, gone, fresh) {
        if (fresh) online.clear();
        for (const friend of come) online.add(friend);
        for (const friend of gone) online.delete(friend);
      },
      typing: (from) => typists.push(from),
      signal: () => undefined,
      callResult: () => undefined,
    },
    report(code, error) {
      throw new Error(code, { cause: error });
    },
  });
  client.start();

  return {
    user,
    keyId,
    write(to) {
      const id = createOpId(Date.now());
      const envelope = makeEnvelope({ id, from: user, to: to.user, toKeyId: to.keyId });
      queue.set(id, {
        op: { id, kind: 'message.send', to: to.user, envelope },
        lane: to.user,
        after: null,
      });
      onOutbox();
      return id;
    },
    acked,
    refused,
    conversation(peer) {
      const known = [...(messagesByPeer.get(peer.user) ?? [])].toSorted(([a], [b]) => a - b);
      known.forEach(([n], at) => {
        if (n !== at + 1) throw new Error(`number ${at + 1} is missing before ${n}`);
      });
      return known.map(([, op]) => op);
    },
    sees: (friend) => online.has(friend.user),
    typists,
    live: () => link === 'live',
    wake() {
      if (link !== 'live') client.wake();
    },
    waiting: () => queue.size,
    typesTo: (friend) => client.typing(friend.user, true),
    cut() {
      for (const socket of sockets) socket.terminate();
    },
    stop: () => client.stop(),
  };
}
