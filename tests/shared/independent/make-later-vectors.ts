import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { encode } from '@msgpack/msgpack';
import * as ref from './reference.ts';

/**
 * Wrote the vectors of formats that came after the first ones: recovery codes, exported files, codes of safety numbers.
 * Frozen as those are. Run with `npx tsx tests/shared/independent/make-later-vectors.ts`.
 */
const b64 = (data: Uint8Array) => Buffer.from(data).toString('base64url');
const pathOf = (name: string) => new URL(`../vectors/${name}.json`, import.meta.url);

function write(name: string, vector: unknown): void {
  writeFileSync(pathOf(name), `${JSON.stringify(vector, null, 2)}\n`, { flag: 'wx' });
}

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const userId = b64(randomBytes(16));

write(
  'recovery',
  ['ann', 'ben.b'].map((username) => {
    const symbols = Array.from(randomBytes(26), (byte) => SYMBOLS[byte & 31]).join('');
    const { authKey, wrapKey, commit } = ref.openRecoveryCode(symbols, username);
    const accountKey = randomBytes(32);
    const fields = { userId, version: 2, wrapKey, commit };
    return {
      symbols,
      shown: ref.showRecoveryCode(symbols),
      username,
      authKey: b64(authKey),
      wrapKey: b64(wrapKey),
      commit: b64(commit),
      userId,
      version: fields.version,
      accountKey: b64(accountKey),
      wrapped: b64(ref.wrapForRecovery(accountKey, fields, randomBytes(12))),
    };
  }),
);

const records = [{ kind: 'account', username: 'ann' }, { kind: 'messages', messages: [1, 2, 3] }, null];
const passphrase = 'six words nobody would guess here';
write('export', {
  passphrase,
  records,
  file: b64(
    ref.sealExport(
      { passphrase, iterations: 600_000, salt: randomBytes(16) },
      records.map((record) => Buffer.from(encode(record))),
    ),
  ),
});

interface Written {
  readonly userId: string;
  readonly signingPublic: string;
}
const { ann, ben } = JSON.parse(readFileSync(pathOf('safety-number'), 'utf8')) as Record<string, Written>;
if (ann === undefined || ben === undefined) throw new Error('no safety number');
const signer = ({ userId: id, signingPublic }: Written) => ({
  userId: id,
  signing: Buffer.from(signingPublic, 'base64url'),
});
write('safety-code', { code: ref.safetyCode(signer(ann), signer(ben)) });
