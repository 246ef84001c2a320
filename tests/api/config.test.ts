import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseKeySet, randomSecret } from '#api/auth/keys.ts';
import { loadSecrets } from '#api/auth/secrets.ts';
import { environment, parseSettings, unknownSettings } from '#api/config.ts';

describe('settings', () => {
  test('nothing set gives a server for trying out', () => {
    expect(parseSettings({ PATH: '/bin' })).toMatchObject({
      ok: true,
      value: {
        host: '127.0.0.1',
        port: 3000,
        store: 'sqlite',
        origins: null,
        bcryptCost: 12,
        accessTtl: 600,
        mongodb: null,
        logKeep: 20_000,
        jwtKeys: null,
      },
    });
  });

  test('.env.example names every setting, in no other form than the server takes, with the defaults', async () => {
    const example = parseEnv(await readFile(new URL('../../.env.example', import.meta.url), 'utf8'));
    expect(new Set(Object.keys(example))).toEqual(new Set(Object.keys(environment.entries)));
    expect(parseSettings(example)).toEqual(parseSettings({}));
    expect(parseSettings(example).ok).toBe(true);
  });

  test('the settings of several nodes are read, and their problems told without their values', () => {
    const redisUrl = 'rediss://nexchat:secret@redis.internal:6380/2';
    const token = 'x'.repeat(32);
    expect(
      parseSettings({
        NEXCHAT_REDIS_URL: redisUrl,
        NEXCHAT_NODE: 'eu-1',
        NEXCHAT_METRICS_TOKEN: token,
        NEXCHAT_DRAIN: '20',
      }),
    ).toMatchObject({ ok: true, value: { redisUrl, node: 'eu-1', metricsToken: token, drain: 20 } });
    for (const wrong of ['http://secret', 'redis://', 'redis://secret/name', 'secret:6379']) {
      expect(parseSettings({ NEXCHAT_REDIS_URL: wrong })).toEqual({
        ok: false,
        error: ['NEXCHAT_REDIS_URL must be an address such as redis://user:password@127.0.0.1:6379/0.'],
      });
    }
    expect(
      parseSettings({ NEXCHAT_NODE: 'a b', NEXCHAT_METRICS_TOKEN: 'short', NEXCHAT_DRAIN: '301' }),
    ).toEqual({
      ok: false,
      error: [
        'NEXCHAT_NODE must be a name of letters, digits, dots and dashes.',
        'NEXCHAT_METRICS_TOKEN must be at least 32 characters that fit into a header.',
        'NEXCHAT_DRAIN must be at most 300.',
      ],
    });
  });

  test('what calls need is read, and a relay without its secret is told', () => {
    const turnSecret = 'x'.repeat(32);
    expect(parseSettings({})).toMatchObject({
      value: { stunUrls: ['stun:stun.l.google.com:19302'], turn: null },
    });
    expect(parseSettings({ NEXCHAT_STUN_URLS: 'none' })).toMatchObject({ value: { stunUrls: [] } });
    const urls = ['turn:turn.example.org', 'turns:[2001:db8::1]:443?transport=tcp'];
    expect(
      parseSettings({
        NEXCHAT_STUN_URLS: 'stun:192.0.2.1:3478, stuns:stun.example.org',
        NEXCHAT_TURN_URLS: urls.join(','),
        NEXCHAT_TURN_SECRET: turnSecret,
      }),
    ).toMatchObject({
      ok: true,
      value: {
        stunUrls: ['stun:192.0.2.1:3478', 'stuns:stun.example.org'],
        turn: { urls, secret: turnSecret },
      },
    });
    expect(parseSettings({ NEXCHAT_TURN_URLS: urls.join(',') })).toEqual({
      ok: false,
      error: ['NEXCHAT_TURN_SECRET must be set when NEXCHAT_TURN_URLS is: the relay wants credentials.'],
    });
    expect(
      parseSettings({
        NEXCHAT_STUN_URLS: 'stun.example.org',
        NEXCHAT_TURN_URLS: 'turn:turn.example.org?transport=pigeon',
        NEXCHAT_TURN_SECRET: 'hunter2',
      }),
    ).toEqual({
      ok: false,
      error: [
        'NEXCHAT_STUN_URLS must be none, or addresses such as stun:stun.example.org:3478, joined by commas.',
        'NEXCHAT_TURN_URLS must be none, or addresses such as turn:turn.example.org:3478?transport=udp, joined by commas.',
        'NEXCHAT_TURN_SECRET must be at least 32 letters, digits and signs such as - and _.',
      ],
    });
  });

  test('who is woken, through which push services, and whom they may ask', () => {
    expect(parseSettings({})).toMatchObject({
      value: {
        push: {
          contact: null,
          hosts: [
            'fcm.googleapis.com',
            'updates.push.services.mozilla.com',
            '*.notify.windows.com',
            '*.push.apple.com',
          ],
        },
      },
    });
    expect(parseSettings({ NEXCHAT_PUSH: 'off' })).toMatchObject({ value: { push: null } });
    const hosts = 'push.example.org, *.example.org:8443,http://127.0.0.1:9000,http://[::1]:9000';
    for (const contact of ['mailto:me@example.org', 'https://example.org/contact']) {
      expect(parseSettings({ NEXCHAT_PUSH_CONTACT: contact, NEXCHAT_PUSH_HOSTS: hosts })).toMatchObject({
        value: { push: { contact, hosts: hosts.split(/, ?/) } },
      });
    }
    for (const wrong of ['https://push.example.org', 'http://push.example.org', '*', '*.', 'a..b', 'push']) {
      expect(parseSettings({ NEXCHAT_PUSH_HOSTS: wrong })).toEqual({
        ok: false,
        error: [
          'NEXCHAT_PUSH_HOSTS must be hosts such as push.example.org or *.example.org:8443, joined by commas.',
        ],
      });
    }
    for (const wrong of ['me@example.org', 'mailto: me@example.org', 'http://example.org', 'mailto:me']) {
      expect(parseSettings({ NEXCHAT_PUSH_CONTACT: wrong })).toEqual({
        ok: false,
        error: [
          'NEXCHAT_PUSH_CONTACT must be an address such as mailto:operator@example.org or https://example.org/contact.',
        ],
      });
    }
  });

  test('all problems are told at once, in sentences that name the variable and never its value', () => {
    const secret = 'hunter2-hunter2';
    const parsed = parseSettings({
      NEXCHAT_PORT: '99999',
      NEXCHAT_ORIGINS: 'https://ok.example,http://bad.example/path',
      NEXCHAT_STORE: 'oracle',
      NEXCHAT_JWT_KEYS: secret,
      NEXCHAT_PEPPERS: `p1:${secret}`,
      NEXCHAT_PRELOGIN_KEY: secret,
      NEXCHAT_ACCESS_TTL: '36001',
      NEXCHAT_BCRYPT_COST: '9',
      NEXCHAT_DIRECTORY: 'closed',
      NEXCHAT_LOG_LEVEL: 'loud',
      NEXCHAT_LIMIT_SCALE: '1e9',
      NEXCHAT_LOG_KEEP: '3999',
    });
    expect(parsed).toEqual({
      ok: false,
      error: [
        'NEXCHAT_PORT must be at most 65535.',
        'NEXCHAT_ORIGINS must be origins such as https://chat.example.org, joined by commas.',
        'NEXCHAT_STORE must be one of sqlite, mongodb, memory.',
        'NEXCHAT_JWT_KEYS must be a list like name:key,name:key with keys in base64url.',
        'NEXCHAT_PEPPERS must hold keys of at least 32 bytes.',
        'NEXCHAT_PRELOGIN_KEY must be at least 32 random bytes in base64url.',
        'NEXCHAT_ACCESS_TTL must be at most 36000.',
        'NEXCHAT_BCRYPT_COST must be at least 10.',
        'NEXCHAT_DIRECTORY must be one of open, search.',
        'NEXCHAT_LOG_LEVEL must be one of silent, fatal, error, warn, info, debug, trace.',
        'NEXCHAT_LIMIT_SCALE must be a whole number.',
        'NEXCHAT_LOG_KEEP must be at least 4000.',
      ],
    });
  });

  test.each([
    '*',
    'null',
    'chat.example.org',
    'https://chat.example.org/',
    'https://u@chat.example.org',
    'ftp://chat.example.org',
    'HTTPS://chat.example.org',
  ])('the origin %s is refused', (origin) => {
    expect(parseSettings({ NEXCHAT_ORIGINS: origin }).ok).toBe(false);
  });

  test('a misspelt setting is found', () => {
    expect(unknownSettings({ NEXCHAT_PROT: '1', NEXCHAT_PORT: '1', HOME: '/' })).toEqual(['NEXCHAT_PROT']);
  });

  test('a key set names its current key first and prints no secret', () => {
    const [a, b] = [randomSecret(), randomSecret()];
    const parsed = parseKeySet(`new:${a}, old:${b}`);
    if (!parsed.ok) throw new Error(parsed.error);
    expect(parsed.value.current).toBe('new');
    expect([...parsed.value.byId.keys()]).toEqual(['new', 'old']);
    expect(inspect(parsed.value, { depth: 9 }) + JSON.stringify([...parsed.value.byId])).not.toContain(
      a.slice(0, 8),
    );
    expect(parseKeySet(`a:${a},a:${b}`)).toEqual({ ok: false, error: 'names a key twice' });
  });
});

describe('secrets', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nexchat-secrets-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  test('missing ones are made once, kept for their owner alone, and named', async () => {
    const dataDir = join(dir, 'data');
    const given = { store: 'sqlite', dataDir, jwtKeys: null, peppers: null, preloginKey: null } as const;
    const first = loadSecrets(given, []);
    const second = loadSecrets(given, [first.secrets.peppers.current]);
    expect(first.missing).toEqual(['NEXCHAT_JWT_KEYS', 'NEXCHAT_PEPPERS', 'NEXCHAT_PRELOGIN_KEY']);
    expect(second.secrets.prelogin.equals(first.secrets.prelogin)).toBe(true);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, 'secrets.json'))).mode & 0o777).toBe(0o600);
  });

  test('given ones are used, and nothing is written when none is missing', async () => {
    const keys = parseKeySet(`k1:${randomSecret()}`);
    if (!keys.ok) throw new Error(keys.error);
    const given = {
      store: 'sqlite' as const,
      dataDir: join(dir, 'data'),
      jwtKeys: keys.value,
      peppers: keys.value,
      preloginKey: randomSecret(),
    };
    const { secrets, missing } = loadSecrets(given, []);
    expect(missing).toEqual([]);
    expect(secrets.jwt).toBe(keys.value);
    await expect(stat(given.dataDir)).rejects.toThrow('ENOENT');
  });
});
