import { once } from 'node:events';
import { decode } from '@msgpack/msgpack';
import { WebSocket } from 'ws';
import { encodeFrame } from '#sync/wire/codec.ts';
import type { Down } from '#sync/wire/down.ts';
import type { Cursor } from '#sync/wire/up.ts';
import { SUBPROTOCOL, VERSIONS } from '#sync/wire/version.ts';
import { settled } from '#tests/support/wait.ts';
import type { Person } from './bench-server.ts';
import { processorTime, serve } from './program.ts';
import { percentile } from './statistics.ts';

/** A process that plays people who are connected and say nothing: sockets of their own need files of their own. */
const handlers = { gather, scatter, comeBack, processorTime };
export type Crowd = typeof handlers;

/** What a device keeps between two connections. */
interface Device {
  readonly person: Person;
  cursor: Cursor | null;
  gen: number;
  socket: WebSocket | null;
}

/** Sockets that are opened at the same time where it is not the point. */
const AT_ONCE = 50;
const WITHIN = 100_000;

let address = '';
let devices: Device[] = [];

/** Connects so many more people, a few at a time. Called again for the next ones: a call may take two minutes. */
async function gather({ url, people }: { url: string; people: readonly Person[] }): Promise<void> {
  address = url;
  for (let at = 0; at < people.length; at += AT_ONCE) {
    const joining = people.slice(at, at + AT_ONCE).map((person): Device => {
      return { person, cursor: null, gen: 0, socket: null };
    });
    await Promise.all(joining.map(connect));
    devices.push(...joining);
  }
}

/** Every connection breaks. */
async function scatter(): Promise<void> {
  const sockets = devices.flatMap(({ socket }) => socket ?? []);
  const closed = sockets.map(async (socket) => once(socket, 'close'));
  for (const socket of sockets) socket.terminate();
  await Promise.all(closed);
}

export interface Return {
  /** Until the last one was welcome, in milliseconds. */
  readonly all: number;
  /** Of each, from the first attempt until the welcome. */
  readonly p50: number;
  readonly p99: number;
}

/** Everybody comes back in the same moment, as no client of ours would: they spread by chance. */
async function comeBack(): Promise<Return> {
  const began = performance.now();
  const times = await Promise.all(
    devices.map(async (device) => {
      await connect(device);
      return performance.now() - began;
    }),
  );
  return { all: performance.now() - began, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

/** Speaks as the app does. Resolves with the welcome. */
function connect(device: Device): Promise<void> {
  const { person } = device;
  const socket = new WebSocket(
    `${address.replace('http', 'ws')}/api/socket`,
    [SUBPROTOCOL, `bearer.${person.token}`],
    { origin: address, perMessageDeflate: false },
  );
  device.socket = socket;
  const { cursor, gen } = device;
  socket.on('open', () =>
    socket.send(encodeFrame({ t: 'hello', v: [...VERSIONS], device: person.device, gen, cursor, ops: [] })),
  );
  let epoch = '';
  const welcome = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      // Not checked: what the server sends is checked by its own tests.
      const frame = decode(data) as Down;
      if (frame.t === 'bye') return reject(new Error(`The server said goodbye: ${frame.code}`));
      if (frame.t === 'welcome') {
        epoch = frame.epoch;
        device.gen = frame.gen;
        resolve();
      }
      const end =
        frame.t === 'snapshot' && frame.part.done
          ? frame.part
          : frame.t === 'entries'
            ? { seq: frame.page.to, tag: frame.page.tag }
            : null;
      if (!end) return;
      device.cursor = { epoch, seq: end.seq, tag: end.tag };
      socket.send(encodeFrame({ t: 'took', seq: end.seq }));
    });
  });
  return settled(welcome, { within: WITHIN, for: 'a welcome' });
}

serve(handlers);
