import * as v from 'valibot';
import { type Result, err, ok } from '#shared/result.ts';
import { type KeySet, parseKeySet } from './auth/keys.ts';
import { isPushService } from './push/services.ts';
import type { IceSettings } from './ice-servers.ts';
import type { MongoAddress } from './store/mongo/address.ts';

/** Everything an operator can set, as the environment gives it: text in, checked once, typed from here on. */
export interface Settings extends IceSettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly dataDir: string;
  /** Origins whose pages may use the server; null means this server's own addresses on localhost. */
  readonly origins: readonly string[] | null;
  readonly store: 'sqlite' | 'mongodb' | 'memory';
  /** Null with another store. Its address may hold a password. */
  readonly mongodb: MongoAddress | null;
  /** The environment's secrets; those that are missing come from the data directory. */
  readonly jwtKeys: KeySet | null;
  readonly peppers: KeySet | null;
  readonly preloginKey: string | null;
  /** Life of an access token in seconds, and of an unused sign-in in days. */
  readonly accessTtl: number;
  readonly sessionDays: number;
  readonly bcryptCost: number;
  /** `open` lists everybody; `search` answers only to the beginning of a name. */
  readonly directory: 'open' | 'search';
  /** How many proxies in front append to X-Forwarded-For; 0 believes no such header. */
  readonly proxies: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Frames a second that one socket may send, with bursts of five times as many. */
  readonly framesPerSecond: number;
  /** Multiplies every limit on HTTP requests. */
  readonly limitScale: number;
  /** How devices without a connection are woken; null when they are not. */
  readonly push: PushSettings | null;
  /** Where the nodes of one server meet; null when there is one. May hold a password. */
  readonly redisUrl: string | null;
  /** What this node is called in the log. */
  readonly node: string | null;
  /** Lets a collector on another machine read /metrics. */
  readonly metricsToken: string | null;
  /** For so many seconds a server that stops goes on, and /readyz says that it will. */
  readonly drain: number;
  /** A user's log that is longer than so many entries is cut to its newest half. */
  readonly logKeep: number;
}

export interface PushSettings {
  /** Whom a push service may ask about what this server sends: mailto: or https:. Null: the app's own address. */
  readonly contact: string | null;
  /** Push services that are talked to; see createPushServices. */
  readonly hosts: readonly string[];
}

const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** A device that is less than a few thousand entries behind should find them: see SNAPSHOT_ABOVE of the sync server. */
const MIN_LOG_KEEP = 4_000;

/** Access tokens can't be called back, so they may not outlive a working day. */
const MAX_ACCESS_TTL = 36_000;

const integer = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,9}$/, 'must be a whole number'),
    v.transform(Number),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  );
const choice = <const T extends readonly string[]>(options: T) =>
  v.picklist(options, `must be one of ${options.join(', ')}`);
const text = v.pipe(v.string(), v.nonEmpty('must not be empty'));

const origins = v.pipe(
  v.string(),
  v.transform((list) => list.split(',').map((origin) => origin.trim())),
  v.array(
    v.pipe(
      v.string(),
      v.check(isOrigin, 'must be origins such as https://chat.example.org, joined by commas'),
    ),
  ),
);
const keys = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const parsed = parseKeySet(dataset.value);
    if (parsed.ok) return parsed.value;
    addIssue({ message: parsed.error });
    return NEVER;
  }),
);
const secret = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{43,}$/, 'must be at least 32 random bytes in base64url'),
);

const redisUrl = v.pipe(
  v.string(),
  v.check(
    (url) => /^rediss?:\/\/[^/]/.test(url) && URL.canParse(url) && /^(\/\d*)?$/.test(new URL(url).pathname),
    'must be an address such as redis://user:password@127.0.0.1:6379/0',
  ),
);
const mongoUri = v.pipe(
  v.string(),
  v.regex(
    /^mongodb(\+srv)?:\/\/[^/]/,
    'must be an address such as mongodb://user:password@127.0.0.1:27017/?replicaSet=rs0',
  ),
);
const databaseName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,60}$/, 'must be a name of letters, digits, dashes and underscores'),
);
const nodeName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be a name of letters, digits, dots and dashes'),
);
const metricsToken = v.pipe(
  v.string(),
  v.regex(/^[\w.~+/=-]{32,}$/, 'must be at least 32 characters that fit into a header'),
);

/** Of RFC 7064 and RFC 7065, as browsers take them: a host, maybe a port, and with a relay the way to it. */
const iceUrls = (form: RegExp, example: string) =>
  v.pipe(
    v.string(),
    v.transform((list) => (list === 'none' ? [] : list.split(',').map((url) => url.trim()))),
    v.array(
      v.pipe(v.string(), v.regex(form, `must be none, or addresses such as ${example}, joined by commas`)),
    ),
    v.maxLength(4, 'must not be more than four addresses'),
  );
const stunUrls = iceUrls(/^stuns?:([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i, 'stun:stun.example.org:3478');
const turnUrls = iceUrls(
  /^turns?:([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?(\?transport=(udp|tcp))?$/i,
  'turn:turn.example.org:3478?transport=udp',
);
const turnSecret = v.pipe(
  v.string(),
  v.regex(/^[\w.~+/=-]{32,}$/, 'must be at least 32 letters, digits and signs such as - and _'),
);

const pushContact = v.pipe(
  v.string(),
  v.check(
    (contact) => /^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/.test(contact) && URL.canParse(contact),
    'must be an address such as mailto:operator@example.org or https://example.org/contact',
  ),
);
const pushHosts = v.pipe(
  v.string(),
  v.transform((list) => list.split(',').map((host) => host.trim())),
  v.array(
    v.pipe(
      v.string(),
      v.check(
        isPushService,
        'must be hosts such as push.example.org or *.example.org:8443, joined by commas',
      ),
    ),
  ),
);
/** Of Chrome and most that are made from it, Firefox, Edge, and Safari. */
const PUSH_HOSTS =
  'fcm.googleapis.com,updates.push.services.mozilla.com,*.notify.windows.com,*.push.apple.com';

/** One entry for every variable; a test compares it with `.env.example`. */
export const environment = v.object({
  NEXCHAT_HOST: v.optional(text, '127.0.0.1'),
  NEXCHAT_PORT: v.optional(integer(0, 65_535), '3000'),
  NEXCHAT_DATA: v.optional(text, './data'),
  NEXCHAT_ORIGINS: v.optional(origins),
  NEXCHAT_STORE: v.optional(choice(['sqlite', 'mongodb', 'memory']), 'sqlite'),
  NEXCHAT_MONGODB_URI: v.optional(mongoUri),
  NEXCHAT_MONGODB_DB: v.optional(databaseName, 'nexchat'),
  NEXCHAT_MONGODB_ALLOW_STANDALONE: v.optional(choice(['0', '1']), '0'),
  NEXCHAT_JWT_KEYS: v.optional(keys),
  NEXCHAT_PEPPERS: v.optional(keys),
  NEXCHAT_PRELOGIN_KEY: v.optional(secret),
  NEXCHAT_ACCESS_TTL: v.optional(integer(60, MAX_ACCESS_TTL), '600'),
  NEXCHAT_SESSION_DAYS: v.optional(integer(1, 366), '90'),
  NEXCHAT_BCRYPT_COST: v.optional(integer(10, 16), '12'),
  NEXCHAT_DIRECTORY: v.optional(choice(['open', 'search']), 'open'),
  NEXCHAT_PROXIES: v.optional(integer(0, 8), '0'),
  NEXCHAT_LOG_LEVEL: v.optional(choice(LOG_LEVELS), 'info'),
  NEXCHAT_FRAMES_PER_SECOND: v.optional(integer(1, 1_000_000), '200'),
  NEXCHAT_LIMIT_SCALE: v.optional(integer(1, 1_000_000), '1'),
  NEXCHAT_STUN_URLS: v.optional(stunUrls, 'stun:stun.l.google.com:19302'),
  NEXCHAT_TURN_URLS: v.optional(turnUrls, 'none'),
  NEXCHAT_TURN_SECRET: v.optional(turnSecret),
  NEXCHAT_PUSH: v.optional(choice(['on', 'off']), 'on'),
  NEXCHAT_PUSH_CONTACT: v.optional(pushContact),
  NEXCHAT_PUSH_HOSTS: v.optional(pushHosts, PUSH_HOSTS),
  NEXCHAT_REDIS_URL: v.optional(redisUrl),
  NEXCHAT_NODE: v.optional(nodeName),
  NEXCHAT_METRICS_TOKEN: v.optional(metricsToken),
  NEXCHAT_DRAIN: v.optional(integer(0, 300), '0'),
  NEXCHAT_LOG_KEEP: v.optional(integer(MIN_LOG_KEEP, 100_000_000), '20000'),
});

/** Reads the environment. On failure: every problem, each a sentence that names its variable, never a value. */
export function parseSettings(env: Readonly<Record<string, string | undefined>>): Result<Settings, string[]> {
  // An empty variable is how a compose file says "not set".
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = v.safeParse(environment, given);
  if (!parsed.success) {
    const problems = parsed.issues.map((issue) => `${v.getDotPath(issue)?.split('.')[0]} ${issue.message}.`);
    return err([...new Set(problems)]);
  }
  const read = parsed.output;
  const uri = read.NEXCHAT_MONGODB_URI;
  const needsMongo = read.NEXCHAT_STORE === 'mongodb';
  if (needsMongo && uri === undefined) {
    return err(['NEXCHAT_MONGODB_URI must be set when NEXCHAT_STORE is mongodb.']);
  }
  const [turnAt, relaySecret] = [read.NEXCHAT_TURN_URLS, read.NEXCHAT_TURN_SECRET];
  if (turnAt.length > 0 && relaySecret === undefined) {
    return err(['NEXCHAT_TURN_SECRET must be set when NEXCHAT_TURN_URLS is: the relay wants credentials.']);
  }
  return ok({
    host: read.NEXCHAT_HOST,
    port: read.NEXCHAT_PORT,
    dataDir: read.NEXCHAT_DATA,
    origins: read.NEXCHAT_ORIGINS ?? null,
    store: read.NEXCHAT_STORE,
    mongodb:
      needsMongo && uri !== undefined
        ? {
            uri,
            database: read.NEXCHAT_MONGODB_DB,
            allowStandalone: read.NEXCHAT_MONGODB_ALLOW_STANDALONE === '1',
          }
        : null,
    jwtKeys: read.NEXCHAT_JWT_KEYS ?? null,
    peppers: read.NEXCHAT_PEPPERS ?? null,
    preloginKey: read.NEXCHAT_PRELOGIN_KEY ?? null,
    accessTtl: read.NEXCHAT_ACCESS_TTL,
    sessionDays: read.NEXCHAT_SESSION_DAYS,
    bcryptCost: read.NEXCHAT_BCRYPT_COST,
    directory: read.NEXCHAT_DIRECTORY,
    proxies: read.NEXCHAT_PROXIES,
    logLevel: read.NEXCHAT_LOG_LEVEL,
    framesPerSecond: read.NEXCHAT_FRAMES_PER_SECOND,
    limitScale: read.NEXCHAT_LIMIT_SCALE,
    stunUrls: read.NEXCHAT_STUN_URLS,
    turn: turnAt.length > 0 && relaySecret !== undefined ? { urls: turnAt, secret: relaySecret } : null,
    push:
      read.NEXCHAT_PUSH === 'on'
        ? { contact: read.NEXCHAT_PUSH_CONTACT ?? null, hosts: read.NEXCHAT_PUSH_HOSTS }
        : null,
    redisUrl: read.NEXCHAT_REDIS_URL ?? null,
    node: read.NEXCHAT_NODE ?? null,
    metricsToken: read.NEXCHAT_METRICS_TOKEN ?? null,
    drain: read.NEXCHAT_DRAIN,
    logKeep: read.NEXCHAT_LOG_KEEP,
  });
}

/** Variables that look like settings and are none: misspelt, most likely. */
export function unknownSettings(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env).filter(
    (name) => name.startsWith('NEXCHAT_') && !Object.hasOwn(environment.entries, name),
  );
}

function isOrigin(value: string): boolean {
  if (!/^https?:/.test(value) || !URL.canParse(value)) return false;
  return new URL(value).origin === value;
}
