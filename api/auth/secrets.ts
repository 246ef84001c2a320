import { type KeyObject, createSecretKey, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Settings } from '../config.ts';
import { EXIT, Refusal } from '../refusal.ts';
import { type KeySet, parseKeySet, randomSecret } from './keys.ts';

export interface Secrets {
  /** Sign access tokens. */
  readonly jwt: KeySet;
  /** Make a leaked database useless for guessing passwords. Losing one locks its users out. */
  readonly peppers: KeySet;
  /** Makes up the salts of users who do not exist. Must not change, or it gives them away. */
  readonly prelogin: KeyObject;
}

type Given = Pick<Settings, 'store' | 'dataDir' | 'jwtKeys' | 'peppers' | 'preloginKey'>;

const secretsFile = v.strictObject({ jwtKeys: v.string(), peppers: v.string(), preloginKey: v.string() });
type SecretsFile = v.InferOutput<typeof secretsFile>;

/**
 * The environment's secrets. Those that are missing are kept in `secrets.json` of the data directory, which is made
 * at the first start and readable only by its owner. `missing` names the settings a production server should have.
 * Throws a Refusal when they can't be those of the accounts there are; `used` names the peppers of these.
 */
export function loadSecrets(
  given: Given,
  used: readonly string[],
): {
  readonly secrets: Secrets;
  readonly missing: readonly string[];
} {
  const missing = missingFrom(given);
  const unfit = unfitSecrets(given, used);
  if (unfit !== undefined) throw new Refusal(EXIT.settings, unfit);
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

/**
 * Why the secrets of these settings can't be those of a store whose accounts were made with the peppers named `used`, in
 * plain sentences, and what to do. Makes none.
 */
export function unfitSecrets(given: Given, used: readonly string[]): string | undefined {
  const missing = missingFrom(given);
  const unset = missing.join(', ');
  if (given.store === 'mongodb' && missing.length > 0) {
    return `Servers on MongoDB share their secrets, so they must be in the environment. Set ${unset} (see .env.example).`;
  }
  if (used.length === 0) return undefined;
  const file = fileIn(given.dataDir);
  const ownFile = given.store === 'sqlite' && missing.length > 0;
  if (ownFile && !existsSync(file)) {
    return `The database in ${given.dataDir} holds accounts, but ${file} with their secrets is missing. Restore it from your backup, or set ${unset} to what they were: with others nobody could sign in.`;
  }
  const peppers = given.peppers ?? keySetOf(readKept(file).peppers);
  const lost = used.filter((name) => !peppers.byId.has(name));
  if (lost.length === 0) return undefined;
  const place = given.peppers ? 'NEXCHAT_PEPPERS' : file;
  const where = given.store === 'mongodb' ? 'NEXCHAT_MONGODB_DB' : given.dataDir;
  return `Accounts in ${where} were made with a pepper named ${lost.join(', ')}, which is not in ${place}. Put it back there: without it they can't sign in.`;
}

function missingFrom(given: Given): string[] {
  return [
    ...(given.jwtKeys ? [] : ['NEXCHAT_JWT_KEYS']),
    ...(given.peppers ? [] : ['NEXCHAT_PEPPERS']),
    ...(given.preloginKey ? [] : ['NEXCHAT_PRELOGIN_KEY']),
  ];
}

/** Secrets that end with the process. */
export function ephemeralSecrets(): Secrets {
  const { jwtKeys, peppers, preloginKey } = freshSecrets();
  return { jwt: keySetOf(jwtKeys), peppers: keySetOf(peppers), prelogin: secretOf(preloginKey) };
}

function keptSecrets(dataDir: string): SecretsFile {
  const file = fileIn(dataDir);
  if (existsSync(file)) return readKept(file);
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

const fileIn = (dataDir: string): string => join(dataDir, 'secrets.json');

/** Throws a Refusal when what stands there can't be secrets. */
function readKept(file: string): SecretsFile {
  const text = readFileSync(file, 'utf8');
  try {
    const kept = v.parse(secretsFile, JSON.parse(text));
    for (const keys of [kept.jwtKeys, kept.peppers]) keySetOf(keys);
    return kept;
  } catch (error) {
    throw new Refusal(
      EXIT.data,
      `${file} is damaged. Restore it from your backup: without its peppers nobody can sign in.`,
      error,
    );
  }
}

function freshSecrets(): SecretsFile {
  return { jwtKeys: freshKey('k'), peppers: freshKey('p'), preloginKey: randomSecret() };
}

/** Under a name of its own, which tells it from the key of another server. */
function freshKey(sort: string): string {
  return `${sort}-${randomBytes(3).toString('hex')}:${randomSecret()}`;
}

function keySetOf(text: string): KeySet {
  const parsed = parseKeySet(text);
  if (!parsed.ok) throw new Error(`a secret in secrets.json ${parsed.error}`);
  return parsed.value;
}

function secretOf(text: string): KeyObject {
  return createSecretKey(Buffer.from(text, 'base64url'));
}
