import {
  type ECDH,
  createDecipheriv,
  createECDH,
  createPublicKey,
  hkdfSync,
  randomBytes,
  verify,
} from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as v from 'valibot';
import { type PushMessage, type PushRequest, pushMessage } from '#shared/schema/push.ts';

/** What a device was woken with, and what the push service saw of it. */
export interface Pushed {
  readonly message: PushMessage;
  readonly ttl: number;
  readonly urgency: string;
  readonly topic: string;
  /** Bytes of the body. */
  readonly length: number;
  /** Whom it may ask about who sent it, and with which key that was signed. */
  readonly subject: string;
  readonly key: string;
  /** Milliseconds of performance.now(). */
  readonly at: number;
}

/** A browser's place at the push service, and what it was woken with, sealed for it alone. */
export interface PushDevice {
  readonly place: PushRequest;
  readonly woken: readonly Pushed[];
}

export interface PushAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A push service on loopback that opens what it is given, as a browser would, and checks who signed it. */
export interface PushService {
  /** As it stands in NEXCHAT_PUSH_HOSTS. */
  readonly host: string;
  /** Requests, also those that were refused. */
  requests(): number;
  newDevice(): PushDevice;
  /** Instead of 201, from now on. */
  answer(how: (() => PushAnswer | Promise<PushAnswer>) | null): void;
  /** What was wrong with requests, to be emptied by who looks at it. */
  readonly mistakes: unknown[];
  close(): Promise<void>;
}

export async function startPushService(): Promise<PushService> {
  const devices = new Map<string, { ua: ECDH; auth: Buffer; woken: Pushed[] }>();
  const mistakes: unknown[] = [];
  let answer: (() => PushAnswer | Promise<PushAnswer>) | null = null;
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    void take(request)
      .catch((error: unknown) => {
        mistakes.push(error);
        return { status: 400, headers: {} };
      })
      .then(({ status, headers }) => response.writeHead(status, { ...headers }).end('some words'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function take(request: IncomingMessage): Promise<PushAnswer> {
    const body = Buffer.concat(await request.toArray());
    const how = await answer?.();
    if (how && how.status !== 201) return how;
    const { method, url = '', headers } = request;
    const device = devices.get(url);
    if (method !== 'POST' || !device) throw new Error(`${method} ${url}`);
    if (headers['content-encoding'] !== 'aes128gcm') throw new Error('another encoding');
    const text = open(body, device.ua, device.auth);
    const message = v.parse(pushMessage, JSON.parse(text.toString()));
    const { subject, key } = checkSender(headers.authorization ?? '', host);
    device.woken.push({
      message,
      ttl: Number(headers['ttl']),
      urgency: String(headers['urgency']),
      topic: String(headers['topic']),
      length: body.byteLength,
      subject,
      key,
      at: performance.now(),
    });
    return { status: 201 };
  }

  return {
    host,
    requests: () => requests,
    newDevice() {
      const [ua, auth, woken] = [createECDH('prime256v1'), randomBytes(16), [] as Pushed[]];
      const path = `/push/${randomBytes(16).toString('base64url')}`;
      const p256dh = ua.generateKeys('base64url');
      devices.set(path, { ua, auth, woken });
      return { place: { endpoint: `${host}${path}`, p256dh, auth: auth.toString('base64url') }, woken };
    },
    answer: (how) => void (answer = how),
    mistakes,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** RFC 8291 over RFC 8188: one record. */
function open(body: Buffer, ua: ECDH, auth: Buffer): Buffer {
  const [salt, idLength] = [body.subarray(0, 16), body.readUInt8(20)];
  const sender = body.subarray(21, 21 + idLength);
  const sealed = body.subarray(21 + idLength);
  if (sealed.byteLength > body.readUInt32BE(16)) throw new Error('more than one record');
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ua.getPublicKey(), sender]);
  const secret = derive(ua.computeSecret(sender), auth, info, 32);
  const key = derive(secret, salt, 'Content-Encoding: aes128gcm\0', 16);
  const nonce = derive(secret, salt, 'Content-Encoding: nonce\0', 12);
  const cipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(sealed.subarray(-16));
  const record = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
  const end = record.findLastIndex((byte) => byte !== 0);
  if (record[end] !== 2) throw new Error('not the last record');
  return record.subarray(0, end);
}

function derive(secret: Buffer, salt: Buffer, info: string | Buffer, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, length));
}

/** RFC 8292: signed for this push service, for a day at most, by the key that is shown. */
function checkSender(header: string, audience: string): { subject: string; key: string } {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(header) ?? [];
  const [head = '', claims = '', signature = ''] = token.split('.');
  const point = Buffer.from(key, 'base64url');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
  const jwk = { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' };
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  const signed = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  const { alg } = parse(head);
  const { aud, exp, sub } = parse(claims);
  const left = Number(exp) - Date.now() / 1_000;
  if (!signed || alg !== 'ES256' || aud !== audience || !(left > 0 && left <= 86_400))
    throw new Error(`not signed for ${audience}`);
  return { subject: String(sub), key };
}

function parse(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
}
