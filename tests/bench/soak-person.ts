import { WebSocket } from 'ws';
import { createOpId } from '#api/op-id.ts';
import { keyIdOf } from '#shared/crypto/verify.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import type { ErrorResponse, Session } from '#shared/schema/http.ts';
import { type SyncClient, createSyncClient } from '#sync/client/client.ts';
import type { Connection, Transport } from '#sync/client/ports.ts';
import { SUBPROTOCOL } from '#sync/wire/version.ts';
import { type Registered, signUp } from '#tests/support/api-server.ts';
import { makeEnvelope } from '#tests/support/envelope.ts';
import { type Disk, createDisk } from '../sync/sim/disk.ts';
import { type DiskStoreDeps, leadOnDisk, openScreen } from '../sync/sim/disk-store.ts';
import type { Fail } from '../sync/sim/fail.ts';
import { type Ledger, createLedger } from '../sync/sim/ledger.ts';

/** Somebody with the app's real sync client on the simulator's disk, who keeps a sign-in as the app does. */
export interface SoakPerson {
  readonly user: UserId;
  readonly keyId: Bytes;
  readonly disk: Disk;
  /** The numbers that the server has acknowledged messages with. */
  readonly acknowledged: ReadonlyMap<OpId, number>;
  /** Opens the app, with whatever is on the disk. */
  come(): void;
  /** Closes it. */
  leave(): Promise<void>;
  isHere(): boolean;
  isLive(): boolean;
  /** Tries to connect now, whatever was waited for. */
  wake(): void;
  ask(kind: 'friend.request' | 'friend.accept', peer: SoakPerson): Promise<void>;
  write(peer: SoakPerson): Promise<void>;
  /** Reads what the other has written, which confirms it. */
  see(peer: SoakPerson): Promise<void>;
  typesTo(peer: SoakPerson): void;
  /** How often a socket was opened, and the access token renewed. */
  counts(): { readonly connections: number; readonly renewals: number };
}

/** A token is renewed so long before it ends, in ms. */
const RENEW_BEFORE = 10_000;

/** Signs somebody up at `url`, where they come and go from then on. `fail` is told of every broken promise. */
export async function makeSoakPerson(url: string, name: string, fail: Fail): Promise<SoakPerson> {
  const registered = await signUp({ url }, name);
  const { userId: user } = registered.session;
  const keyId = await keyIdOf(registered.identity.agreementPublic);
  const disk = createDisk(user, registered.login.device.id);
  const acknowledged = new Map<OpId, number>();
  const { transport, counts } = createTransport(url, registered, fail);
  const store: DiskStoreDeps = {
    disk,
    ledger: answersOnly(fail, acknowledged),
    fail,
    transaction: async (body) => body(),
    newOpId: () => createOpId(Date.now()),
    newDeviceId() {
      fail('C18', `${name}: a device that is no copy was told that it is one`);
      return disk.device;
    },
    // Nobody calls in a soak.
    onCall: () => {},
    listeners: new Set(),
  };
  const screen = openScreen(store);
  let client: SyncClient | null = null;
  let link = 'stopped';

  return {
    user,
    keyId,
    disk,
    acknowledged,
    come() {
      client = createSyncClient({
        store: leadOnDisk(store),
        transport,
        timers: {
          after(ms, callback) {
            const timer = setTimeout(callback, ms);
            return () => clearTimeout(timer);
          },
        },
        random: { next: Math.random },
        listener: {
          status: (status) => void (link = status.link),
          presence: () => undefined,
          typing: () => undefined,
          signal: () => undefined,
          callResult: () => undefined,
        },
        report: (code, error) => fail(code, String(error)),
      });
      client.start();
    },
    async leave() {
      const leaving = client;
      client = null;
      await leaving?.stop();
    },
    isHere: () => client !== null,
    isLive: () => link === 'live',
    wake: () => client?.wake(),
    ask: (kind, peer) =>
      screen.write({ id: createOpId(Date.now()), kind, to: peer.user }, `f:${peer.user}`, null),
    write(peer) {
      const id = createOpId(Date.now());
      const to = peer.user;
      const envelope = makeEnvelope({ id, from: user, to, toKeyId: peer.keyId, time: Date.now() });
      return screen.write({ id, kind: 'message.send', to, envelope }, `c:${to}`, null);
    },
    see: (peer) => screen.see(peer.user),
    typesTo: (peer) => client?.typing(peer.user, true),
    counts,
  };
}

/** The simulator's books see into the server. From outside there are only its answers to keep. */
function answersOnly(fail: Fail, acknowledged: Map<OpId, number>): Ledger {
  return {
    ...createLedger(fail),
    stored: () => undefined,
    shown: () => undefined,
    cursorMoved: () => undefined,
    settled(user, result) {
      if (!result.ok) fail('S2', `${result.id} of ${user} was refused: ${result.code}`);
      else if (result.n !== undefined) acknowledged.set(result.id, result.n);
    },
  };
}

/** Sockets with an access token that is renewed whenever it is about to end. */
function createTransport(url: string, { agent, login, session }: Registered, fail: Fail) {
  let { accessToken, expiresIn } = session;
  let renewAt = Date.now() + expiresIn * 1000 - RENEW_BEFORE;
  let connections = 0;
  let renewals = 0;

  /** The token, or null when it can't be had now. */
  async function currentToken(): Promise<string | null> {
    if (Date.now() < renewAt) return accessToken;
    const device = login.device.id;
    const answer = await agent
      .post<Session & ErrorResponse>('/api/auth/refresh', { device })
      // The network is what this is about: the client tries again.
      .catch(() => null);
    if (answer?.status !== 200) {
      if (answer && answer.status < 500) fail('sign-in', `${answer.status} ${answer.body.code}`);
      return null;
    }
    renewals += 1;
    ({ accessToken, expiresIn } = answer.body);
    renewAt = Date.now() + expiresIn * 1000 - RENEW_BEFORE;
    return accessToken;
  }

  const transport: Transport = {
    connect(events): Connection {
      let socket: WebSocket | null = null;
      let over = false;
      const open = async (): Promise<void> => {
        const token = await currentToken();
        if (over) return;
        if (token === null) return events.closed(null);
        socket = new WebSocket(`${url.replace('http', 'ws')}/api/socket`, [SUBPROTOCOL, `bearer.${token}`], {
          origin: url,
          perMessageDeflate: false,
        });
        socket.on('open', () => {
          connections += 1;
          events.open();
        });
        socket.on('message', (data: Buffer) => events.frame(data));
        // The close that follows says all there is to say.
        socket.on('error', () => undefined);
        socket.on('close', () => events.closed(null));
      };
      void open();
      return {
        send: (data) => socket?.send(data),
        close() {
          over = true;
          socket?.terminate();
        },
      };
    },
  };
  return { transport, counts: () => ({ connections, renewals }) };
}
