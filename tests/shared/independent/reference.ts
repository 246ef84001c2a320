import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  pbkdf2Sync,
  sign,
  verify,
} from 'node:crypto';

/**
 * The formats of docs/security.md written a second time, on node:crypto and Buffer alone, so that a mistake
 * in shared/crypto can't hide in a test that repeats it. Nothing here may import shared/.
 */
const text = (value: string) => Buffer.from(value, 'utf8');
const sha256 = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const hkdf = (material: Buffer, salt: Buffer, info: Buffer, length: number) =>
  Buffer.from(hkdfSync('sha256', material, salt, info, length));
const NO_SALT = Buffer.alloc(0);

export function lp(value: Buffer | string): Buffer {
  const content = typeof value === 'string' ? text(value) : value;
  const length = Buffer.alloc(2);
  length.writeUInt16BE(content.length);
  return Buffer.concat([length, content]);
}

function u32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
}

function u64(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  return out;
}

function gcmSeal(key: Buffer, iv: Buffer, aad: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function gcmOpen(key: Buffer, iv: Buffer, aad: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(aad).setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

// — keys —

/** A private key of PKCS #8, and its public half as 65 uncompressed bytes. */
export function privateKey(pkcs8: Buffer): KeyObject {
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
}

export function pointOf(key: KeyObject): Buffer {
  const jwk = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  return Buffer.concat([
    Buffer.of(4),
    Buffer.from(String(jwk.x), 'base64url'),
    Buffer.from(String(jwk.y), 'base64url'),
  ]);
}

function publicKey(point: Buffer): KeyObject {
  const x = point.subarray(1, 33).toString('base64url');
  const y = point.subarray(33).toString('base64url');
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
}

export const keyId = (point: Buffer) => sha256(text('nexchat/keyid/v1'), point).subarray(0, 16);

export function fingerprint(point: Buffer): string {
  const groups = keyId(point).toString('hex').toUpperCase().match(/.{4}/g);
  return (groups ?? []).join(' ');
}

export interface BundleFields {
  readonly userId: string;
  readonly epoch: number;
  readonly signing: Buffer;
  readonly agreement: Buffer;
  readonly created: number;
}

export function bundleBody({ userId, epoch, signing, agreement, created }: BundleFields): Buffer {
  return Buffer.concat([Buffer.of(1), lp(userId), u32(epoch), signing, agreement, u64(created)]);
}

export function signBundle(body: Buffer, key: KeyObject): Buffer {
  const signature = sign('sha256', Buffer.concat([lp('nexchat/bundle/v1'), body]), {
    key,
    dsaEncoding: 'ieee-p1363',
  });
  return Buffer.concat([body, signature]);
}

export function bundleIsSigned(bundle: Buffer, signing: Buffer): boolean {
  const signed = Buffer.concat([lp('nexchat/bundle/v1'), bundle.subarray(0, -64)]);
  const key = { key: publicKey(signing), dsaEncoding: 'ieee-p1363' } as const;
  return verify('sha256', signed, key, bundle.subarray(-64));
}

// — envelope —

export function conversationId(a: string, b: string): Buffer {
  const [low = '', high = ''] = [a, b].toSorted();
  return sha256(text('nexchat/conv/v1'), lp(low), lp(high)).subarray(0, 16);
}

export function pairRoot(own: KeyObject, peer: Buffer): Buffer {
  const [low = peer, high = peer] = [pointOf(own), peer].toSorted(Buffer.compare);
  const shared = diffieHellman({ privateKey: own, publicKey: publicKey(peer) });
  return hkdf(shared, sha256(lp('nexchat/pair/v1'), lp(low), lp(high)), text('nexchat/pair-root/v1'), 32);
}

export function paddedLength(length: number): number {
  const least = Math.max(256, length + 1);
  const exponent = 31 - Math.clz32(least);
  const kept = 32 - Math.clz32(exponent);
  const mask = (1 << (exponent - kept)) - 1;
  return (least + mask) & ~mask;
}

export function pad(content: Buffer): Buffer {
  const out = Buffer.alloc(paddedLength(content.length));
  content.copy(out);
  out[content.length] = 0x80;
  return out;
}

export interface EnvelopeFields {
  readonly suite: number;
  readonly type: number;
  readonly from: string;
  readonly to: string;
  readonly conv: Buffer;
  readonly msgId: string;
  readonly fromKeyId: Buffer;
  readonly toKeyId: Buffer;
  readonly time: number;
  readonly salt: Buffer;
}

export function messageKeys(root: Buffer, fields: EnvelopeFields): { key: Buffer; commit: Buffer } {
  const { type, from, to, fromKeyId, toKeyId, salt } = fields;
  const info = Buffer.concat([lp('nexchat/msg/v1'), Buffer.of(type), lp(from), lp(to), fromKeyId, toKeyId]);
  const derived = hkdf(root, salt, info, 64);
  return { key: derived.subarray(0, 32), commit: derived.subarray(32) };
}

export function header(fields: EnvelopeFields): Buffer {
  const { suite, type, from, to, conv, msgId, fromKeyId, toKeyId, time, salt } = fields;
  const id = Buffer.from(msgId.replaceAll('-', ''), 'hex');
  const start = Buffer.concat([text('NX'), Buffer.of(1, suite, type), lp(from), lp(to), conv]);
  return Buffer.concat([start, id, fromKeyId, toKeyId, u64(time), salt]);
}

/** `padded` and `commit` can be chosen, to make what an honest sender never sends. */
export function sealEnvelope(
  root: Buffer,
  fields: EnvelopeFields,
  { iv, padded, commit }: { iv: Buffer; padded: Buffer; commit?: Buffer },
): Buffer {
  const derived = messageKeys(root, fields);
  const start = Buffer.concat([header(fields), iv, commit ?? derived.commit]);
  return Buffer.concat([start, gcmSeal(derived.key, iv, start, padded)]);
}

/** The padded content. Throws when the commitment or the tag is wrong. */
export function openEnvelope(root: Buffer, fields: EnvelopeFields, envelope: Buffer): Buffer {
  const derived = messageKeys(root, fields);
  const start = header(fields);
  const framing = start.length + 12 + 32;
  const iv = envelope.subarray(start.length, start.length + 12);
  const commit = envelope.subarray(start.length + 12, framing);
  if (!envelope.subarray(0, start.length).equals(start)) throw new Error('header');
  if (!commit.equals(derived.commit)) throw new Error('commitment');
  return gcmOpen(derived.key, iv, envelope.subarray(0, framing), envelope.subarray(framing));
}

// — password and account —

export interface KdfFields {
  readonly alg: string;
  readonly iterations: number;
  readonly salt: Buffer;
}

export function stretchPassword(password: string, username: string, { iterations, salt }: KdfFields) {
  const bound = sha256(lp('nexchat/pw/v1'), lp(username), salt);
  const stretched = pbkdf2Sync(text(password.normalize('NFKC')), bound, iterations, 32, 'sha256');
  return {
    authKey: hkdf(stretched, NO_SALT, text('nexchat/pw/v1/auth'), 32),
    wrapKey: hkdf(stretched, NO_SALT, text('nexchat/pw/v1/wrap'), 32),
    commit: hkdf(stretched, NO_SALT, text('nexchat/pw/v1/commit'), 32),
  };
}

export interface WrapFields {
  readonly userId: string;
  readonly kdf: KdfFields;
  readonly version: number;
  readonly wrapKey: Buffer;
  readonly commit: Buffer;
}

function wrapAad({ userId, kdf, version, commit }: WrapFields): Buffer {
  return Buffer.concat([lp(userId), lp(kdf.alg), u32(kdf.iterations), lp(kdf.salt), u32(version), commit]);
}

export function wrapAccountKey(accountKey: Buffer, fields: WrapFields, iv: Buffer): Buffer {
  const sealed = gcmSeal(fields.wrapKey, iv, wrapAad(fields), accountKey);
  return Buffer.concat([Buffer.of(1), u32(fields.version), iv, fields.commit, sealed]);
}

export function unwrapAccountKey(wrapped: Buffer, fields: WrapFields): Buffer {
  return gcmOpen(fields.wrapKey, wrapped.subarray(5, 17), wrapAad(fields), wrapped.subarray(49));
}

// — recovery codes —

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The code as it is shown, of its 26 symbols. */
export function showRecoveryCode(symbols: string): string {
  const digest = sha256(lp('nexchat/rc/v1/check'), text(symbols));
  const check = digest.readUInt16BE(0) >>> 6;
  const whole = `${symbols}${CROCKFORD[check >>> 5]}${CROCKFORD[check & 31]}`;
  return (whole.match(/.{4}/g) ?? []).join('-');
}

export function openRecoveryCode(symbols: string, username: string) {
  const salt = sha256(lp('nexchat/rc/v1'), lp(username));
  const derive = (what: string) => hkdf(text(symbols), salt, text(`nexchat/rc/v1/${what}`), 32);
  return { authKey: derive('auth'), wrapKey: derive('wrap'), commit: derive('commit') };
}

/** The account key under a recovery code. */
export function wrapForRecovery(accountKey: Buffer, fields: Omit<WrapFields, 'kdf'>, iv: Buffer): Buffer {
  const sealed = gcmSeal(fields.wrapKey, iv, recoveryAad(fields), accountKey);
  return Buffer.concat([Buffer.of(1), u32(fields.version), iv, fields.commit, sealed]);
}

export function unwrapWithRecovery(wrapped: Buffer, fields: Omit<WrapFields, 'kdf'>): Buffer {
  return gcmOpen(fields.wrapKey, wrapped.subarray(5, 17), recoveryAad(fields), wrapped.subarray(49));
}

function recoveryAad({ userId, version, commit }: Omit<WrapFields, 'kdf'>): Buffer {
  return Buffer.concat([lp(userId), lp('nexchat/rc/v1'), u32(version), commit]);
}

const keyringAad = (userId: string, revision: number) =>
  Buffer.concat([lp('nexchat/keyring/v1'), lp(userId), u32(revision)]);
const keyringKey = (accountKey: Buffer) => hkdf(accountKey, NO_SALT, text('nexchat/keyring/v1'), 32);

export function sealKeyring(
  accountKey: Buffer,
  userId: string,
  revision: number,
  iv: Buffer,
  plain: Buffer,
): Buffer {
  const sealed = gcmSeal(keyringKey(accountKey), iv, keyringAad(userId, revision), plain);
  return Buffer.concat([Buffer.of(1), u32(revision), iv, sealed]);
}

export function openKeyring(accountKey: Buffer, userId: string, sealed: Buffer): Buffer {
  const aad = keyringAad(userId, sealed.readUInt32BE(1));
  return gcmOpen(keyringKey(accountKey), sealed.subarray(5, 17), aad, sealed.subarray(17));
}

// — vault —

export function sealRecord(
  key: Buffer,
  store: string,
  primaryKey: string,
  iv: Buffer,
  content: Buffer,
): Buffer {
  return Buffer.concat([
    Buffer.of(1),
    iv,
    gcmSeal(key, iv, Buffer.concat([lp(store), lp(primaryKey)]), content),
  ]);
}

export function openRecord(key: Buffer, store: string, primaryKey: string, record: Buffer): Buffer {
  const aad = Buffer.concat([lp(store), lp(primaryKey)]);
  return gcmOpen(key, record.subarray(1, 13), aad, record.subarray(13));
}

// — export —

export interface ExportFields {
  readonly passphrase: string;
  readonly iterations: number;
  readonly salt: Buffer;
}

function exportKey({ passphrase, iterations, salt }: ExportFields): Buffer {
  const bound = sha256(lp('nexchat/export/v1'), salt);
  return pbkdf2Sync(text(passphrase.normalize('NFKC')), bound, iterations, 32, 'sha256');
}

function exportIv(index: number, last: boolean): Buffer {
  return Buffer.concat([Buffer.alloc(7), u32(index), Buffer.of(last ? 1 : 0)]);
}

/** A file of these plain chunks. */
export function sealExport(fields: ExportFields, plain: readonly Buffer[]): Buffer {
  const head = Buffer.concat([text('NXEXPORT'), Buffer.of(1), u32(fields.iterations), fields.salt]);
  const key = exportKey(fields);
  const chunks = plain.map((chunk, index) => {
    const sealed = gcmSeal(key, exportIv(index, index === plain.length - 1), head, chunk);
    return Buffer.concat([u32(sealed.length), sealed]);
  });
  return Buffer.concat([head, ...chunks]);
}

/** The plain chunks of a file. Throws when any of it is not as it was made. */
export function openExport(passphrase: string, file: Buffer): Buffer[] {
  const head = file.subarray(0, 29);
  const fields = { passphrase, iterations: head.readUInt32BE(9), salt: head.subarray(13) };
  const key = exportKey(fields);
  const plain: Buffer[] = [];
  for (let at = 29; at < file.length;) {
    const end = at + 4 + file.readUInt32BE(at);
    plain.push(gcmOpen(key, exportIv(plain.length, end === file.length), head, file.subarray(at + 4, end)));
    at = end;
  }
  return plain;
}

// — safety number —

/** What a camera reads of it. */
export function safetyCode(
  a: { userId: string; signing: Buffer },
  b: { userId: string; signing: Buffer },
): string {
  const half = ({ userId, signing }: typeof a) => [
    Buffer.from(userId, 'base64url'),
    pbkdf2Sync(signing, text(`nexchat/sn/v1${userId}`), 5200, 30, 'sha512'),
  ];
  const sides = a.userId < b.userId ? [a, b] : [b, a];
  return `NXSN1.${Buffer.concat(sides.flatMap(half)).toString('base64url')}`;
}

export function safetyNumber(
  a: { userId: string; signing: Buffer },
  b: { userId: string; signing: Buffer },
): string {
  const half = ({ userId, signing }: typeof a) => {
    const bytes = pbkdf2Sync(signing, text(`nexchat/sn/v1${userId}`), 5200, 30, 'sha512');
    const groups = [0, 5, 10, 15, 20, 25].map((at) => bytes.readUIntBE(at, 5) % 100_000);
    return groups.map((group) => String(group).padStart(5, '0')).join('');
  };
  return [half(a), half(b)].toSorted().join('');
}
