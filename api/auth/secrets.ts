import { type KeyObject, createSecretKey } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { type KeySet, parseKeySet, randomSecret } from './keys.ts';

export interface Secrets {
  /** Sign access tokens. */
  readonly jwt: KeySet;
  /** Make a leaked database useless for guessing passwords. Losing one locks its users out. */
  readonly peppers: KeySet;
  /** Makes up the salts of users who do not exist. Must not change, or it gives them away. */
  readonly prelogin: KeyObject;
}

interface Given {
  readonly dataDir: string;
  readonly jwtKeys: KeySet | null;
  readonly peppers: KeySet | null;
  readonly preloginKey: string | null;
}

const secretsFile = v.strictObject({ jwtKeys: v.string(), peppers: v.string(), preloginKey: v.string() });
type SecretsFile = v.InferOutput<typeof secretsFile>;

/**
 * The environment's secrets. Those that are missing are kept in `secrets.json` of the data directory, which is made
 * at the first start and readable only by its owner. `missing` names the settings a production server should have.
 */
export function loadSecrets(given: Given): {
  readonly secrets: Secrets;
  readonly missing: readonly string[];
} {
  const missing = [
    ...(given.jwtKeys ? [] : ['NEXCHAT_JWT_KEYS']),
    ...(given.peppers ? [] : ['NEXCHAT_PEPPERS']),
    ...(given.preloginKey ? [] : ['NEXCHAT_PRELOGIN_KEY']),
  ];
  const { jwtKeys, peppers, preloginKey } = given;
  if (jwtKeys && peppers && preloginKey) {
    return { secrets: { jwt: jwtKeys, peppers, prelogin: secretOf(preloginKey) }, missing };
  }
  const kept = keptSecrets(given.dataDir);
  return {
    secrets: {
      jwt: jwtKeys ?? keySetOf(kept.jwtKeys),
      peppers: peppers ?? keySetOf(kept.peppers),
      prelogin: secretOf(preloginKey ?? kept.preloginKey),
    },
    missing,
  };
}

/** Secrets that end with the process. */
export function ephemeralSecrets(): Secrets {
  const { jwtKeys, peppers, preloginKey } = freshSecrets();
  return { jwt: keySetOf(jwtKeys), peppers: keySetOf(peppers), prelogin: secretOf(preloginKey) };
}

function keptSecrets(dataDir: string): SecretsFile {
  const file = join(dataDir, 'secrets.json');
  if (existsSync(file)) return v.parse(secretsFile, JSON.parse(readFileSync(file, 'utf8')));
  const fresh = freshSecrets();
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  chmodSync(dataDir, 0o700);
  // Whole or not there: on a full disk half a file would stay. Not over another's: two servers that start at once must
  // not each keep another half.
  const part = `${file}.${process.pid}`;
  try {
    writeFileSync(part, `${JSON.stringify(fresh, null, 2)}\n`, { mode: 0o600 });
    linkSync(part, file);
  } finally {
    rmSync(part, { force: true });
  }
  return fresh;
}

function freshSecrets(): SecretsFile {
  return { jwtKeys: `k1:${randomSecret()}`, peppers: `p1:${randomSecret()}`, preloginKey: randomSecret() };
}

function keySetOf(text: string): KeySet {
  const parsed = parseKeySet(text);
  if (!parsed.ok) throw new Error(`a secret in secrets.json ${parsed.error}`);
  return parsed.value;
}

function secretOf(text: string): KeyObject {
  return createSecretKey(Buffer.from(text, 'base64url'));
}
