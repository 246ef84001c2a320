import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode } from '@msgpack/msgpack';
import { WebSocket } from 'ws';
import { uuidToBytes } from '#shared/bytes.ts';
import type { OpId } from '#shared/ids.ts';
import { encodeFrame } from '#sync/wire/codec.ts';
import type { Down } from '#sync/wire/down.ts';
import type { Cursor } from '#sync/wire/up.ts';
import { SUBPROTOCOL, VERSIONS } from '#sync/wire/version.ts';
import { makeEnvelope } from '#tests/support/envelope.ts';
import { until } from '#tests/support/wait.ts';
import type { Person } from './bench-server.ts';
import { processorTime, serve } from './program.ts';
import type { Pair } from './relay-server.ts';
import { percentile } from './statistics.ts';

/** A process that plays all the people. It does as little as it can: it shares the machine with the server. */
const handlers = { connect, measure, leave, processorTime };
export type RelayLoad = typeof handlers;

interface Line {
  readonly sender: WebSocket;
  readonly recipient: WebSocket;
  /** The frame of a message, of which only the id changes. */
  readonly frame: MessageFrame;
  /** When the messages on their way to an answer, or to the recipient, were sent. Both come in order. */
  readonly unanswered: number[];
  readonly undelivered: number[];
}

export interface Load {
  readonly server: 'nexchat' | 'bare';
  readonly url: string;
  /** Where recipients are, if not with the senders. */
  readonly recipientUrl?: string;
  readonly pairs: readonly Pair[];
  /** Messages that a sender has under way. */
  readonly window: number;
}

export interface Measured {
  readonly perSecond: number;
  readonly messages: number;
  /** From sending, in milliseconds. */
  readonly ack: Latency;
  readonly delivery: Latency;
}
interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Sockets that are opened at the same time. */
const AT_ONCE = 50;

let lines: Line[] = [];
let window = 1;
let running = false;
let acks: number[] = [];
let deliveries: number[] = [];
let broken: Error | null = null;
/** How far everybody has read the log, over all connections. */
const cursors = new Map<Person['user'], Cursor>();
/** What the last welcome said of everybody's installation. */
const generations = new Map<Person['user'], number>();

async function connect(load: Load): Promise<void> {
  window = load.window;
  for (let at = 0; at < load.pairs.length; at += AT_ONCE) {
    lines.push(...(await Promise.all(load.pairs.slice(at, at + AT_ONCE).map((pair) => join(load, pair)))));
  }
}

async function join({ server, url, recipientUrl = url }: Load, { sender, recipient }: Pair): Promise<Line> {
  const open = server === 'nexchat' ? enter : enterBare;
  const unanswered: number[] = [];
  const undelivered: number[] = [];
  const answered = (): void => {
    const now = performance.now();
    acks.push(now - (unanswered.shift() ?? NaN));
    if (running) send(line);
  };
  const delivered = (): void => void deliveries.push(performance.now() - (undelivered.shift() ?? NaN));
  const sockets = await Promise.all([
    open({ url, self: sender, peer: recipient, answered, delivered }),
    open({ url: recipientUrl, self: recipient, peer: sender, answered, delivered }),
  ]);
  const line = {
    sender: sockets[0],
    recipient: sockets[1],
    frame: frameOf(sender, recipient),
    unanswered,
    undelivered,
  };
  return line;
}

/** Sends for `seconds`, waits for what is under way, and tells what came back meanwhile. */
async function measure({ seconds }: { seconds: number }): Promise<Measured> {
  [acks, deliveries] = [[], []];
  const began = performance.now();
  running = true;
  for (const line of lines) for (let i = 0; i < window; i++) send(line);
  await sleep(seconds * 1000);
  const [answered, elapsed] = [acks.length, performance.now() - began];
  running = false;
  const quiet = (): boolean =>
    broken !== null || lines.every((line) => line.unanswered.length + line.undelivered.length === 0);
  await until(quiet, { within: 10_000, for: 'every message to be answered and delivered' });
  if (broken !== null) throw broken;
  const latencyOf = (values: readonly number[]): Latency => ({
    p50: percentile(values, 0.5),
    p99: percentile(values, 0.99),
  });
  return {
    perSecond: (answered / elapsed) * 1000,
    messages: acks.length,
    ack: latencyOf(acks),
    delivery: latencyOf(deliveries),
  };
}

async function leave(): Promise<void> {
  const sockets = lines.flatMap(({ sender, recipient }) => [sender, recipient]);
  lines = [];
  const closed = sockets.map(async (socket) => once(socket, 'close'));
  for (const socket of sockets) socket.terminate();
  await Promise.all(closed);
}

function send(line: Line): void {
  const now = performance.now();
  line.unanswered.push(now);
  line.undelivered.push(now);
  line.sender.send(line.frame.next());
}

interface Entrance {
  readonly url: string;
  readonly self: Person;
  readonly peer: Person;
  readonly answered: () => void;
  readonly delivered: () => void;
}

/** Speaks as the app does: says hello with its cursor, and confirms what it got. */
async function enter({ url, self, answered, delivered }: Entrance): Promise<WebSocket> {
  const address = `${url.replace('http', 'ws')}/api/socket`;
  const socket = new WebSocket(address, [SUBPROTOCOL, `bearer.${self.token}`], {
    origin: url,
    perMessageDeflate: false,
  });
  let epoch = '';
  let head = Infinity;
  socket.on('message', (data: Buffer) => {
    // Not checked: what the server sends is checked by its own tests.
    const frame = decode(data) as Down;
    if (frame.t === 'welcome') {
      [epoch, head] = [frame.epoch, frame.head];
      generations.set(self.user, frame.gen);
    } else if (frame.t === 'bye') broken = new Error(`The server said goodbye: ${frame.code}`);
    else if (frame.t === 'results') {
      for (const result of frame.results) {
        if (result.ok) answered();
        else broken = new Error(`A message was refused: ${result.code}`);
      }
    } else if (frame.t === 'snapshot') {
      const { seq, tag, done } = frame.part;
      if (done) cursors.set(self.user, { epoch, seq, tag });
      socket.send(encodeFrame({ t: 'took', seq }));
    } else if (frame.t === 'entries') {
      const { to, tag, entries } = frame.page;
      cursors.set(self.user, { epoch, seq: to, tag });
      socket.send(encodeFrame({ t: 'took', seq: to }));
      for (const entry of entries)
        if (entry.kind === 'message' && 'to' in entry && entry.to === self.user) delivered();
    }
  });
  await once(socket, 'open');
  const cursor = cursors.get(self.user) ?? null;
  const gen = generations.get(self.user) ?? 0;
  socket.send(encodeFrame({ t: 'hello', v: [...VERSIONS], device: self.device, gen, cursor, ops: [] }));
  await until(() => (cursors.get(self.user)?.seq ?? 0) >= head, { within: 10_000, for: 'the log', every: 1 });
  return socket;
}

/** The bare relay sends acknowledgements to who writes and frames to who reads; nobody does both. */
async function enterBare({ url, self, peer, answered, delivered }: Entrance): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/${self.user}/${peer.user}`, {
    perMessageDeflate: false,
  });
  socket.on('message', (data: Buffer) => (data.length > 100 ? delivered() : answered()));
  await once(socket, 'open');
  return socket;
}

interface MessageFrame {
  /** The frame of one more message; the bytes are overwritten by the next. */
  next(): Buffer;
}

/** Ids differ in their last six bytes; a random start keeps several runs apart. */
const FIRST_ID = '0190b3c5-7d5e-7abc-8def-000000000000' as OpId;
let made = Math.floor(Math.random() * 2 ** 32) * 2 ** 12;

/** A text message of everyday length, encoded once. */
function frameOf(from: Person, to: Person): MessageFrame {
  const id = FIRST_ID;
  const envelope = makeEnvelope({ id, from: from.user, to: to.user, toKeyId: to.keyId, time: Date.now() });
  const ops = [{ id, kind: 'message.send', to: to.user, envelope } as const];
  const frame = Buffer.from(encodeFrame({ t: 'ops', ops }));
  const textAt = frame.indexOf(id, 'latin1') + id.length - 12;
  const bytesAt = frame.indexOf(uuidToBytes(id)) + 10;
  return {
    next() {
      made += 1;
      frame.write(made.toString(16).padStart(12, '0'), textAt, 'latin1');
      frame.writeUIntBE(made, bytesAt, 6);
      return frame;
    },
  };
}

serve(handlers);
