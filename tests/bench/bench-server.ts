import { pino } from 'pino';
import { createAccessTokens } from '#api/auth/access-token.ts';
import { type Secrets, loadSecrets } from '#api/auth/secrets.ts';
import { createSessions } from '#api/auth/sessions.ts';
import { createLocalBus } from '#api/bus/local.ts';
import { parseSettings } from '#api/config.ts';
import { type RunningServer, startServer } from '#api/server.ts';
import type { Store } from '#api/store/ports.ts';
import { type Bytes, type DeviceId, type UserId, pairOf } from '#shared/ids.ts';
import { accountOf, someDeviceId, writeOf } from '#tests/support/api-people.ts';

/** Somebody who is signed in, as a client needs it. */
export interface Person {
  readonly user: UserId;
  readonly device: DeviceId;
  readonly token: string;
  /** What envelopes to this user must name. */
  readonly keyId: Bytes;
}

export interface BenchServer extends RunningServer {
  readonly secrets: Secrets;
  /** Makes an account and signs it in, without the password's cost: that is measured elsewhere. */
  signUp(username: string): Promise<Person>;
  befriend(a: Person, b: Person): Promise<void>;
}

/** One of several nodes in this process: on the store of the first, which it meets over Redis. */
export interface Node {
  readonly redisUrl: string;
  readonly first?: { readonly store: Store; readonly secrets: Secrets };
}

/** The real server on SQLite in this process, with limits that a benchmark doesn't reach. */
export async function startBenchServer(dataDir: string, node?: Node): Promise<BenchServer> {
  const settings = parseSettings({
    NEXCHAT_PORT: '0',
    NEXCHAT_DATA: dataDir,
    NEXCHAT_ACCESS_TTL: '3600',
    NEXCHAT_FRAMES_PER_SECOND: '1000000',
    NEXCHAT_LIMIT_SCALE: '1000000',
    NEXCHAT_REDIS_URL: node?.redisUrl,
  });
  if (!settings.ok) throw new Error(settings.error.join(' '));
  // Kept in the data directory: who signed up in one process is known to the next.
  const secrets = node?.first?.secrets ?? loadSecrets(settings.value, []).secrets;
  const log = pino({ level: 'error' });
  const options = { clientDir: null, log, ...(node?.first && { store: node.first.store }) };
  const server = await startServer({ ...settings.value, secrets }, options);

  const clock = { now: Date.now };
  const { store } = server;
  const { accessTtl, sessionDays } = settings.value;
  const tokens = createAccessTokens({ keys: secrets.jwt, ttl: accessTtl, clock });
  const sessions = createSessions({ store, tokens, bus: createLocalBus(), clock, days: sessionDays });
  return {
    ...server,
    secrets,
    async signUp(username) {
      const { user, keyId, ...account } = accountOf(username);
      const made = await store.createAccount({ user, keyId, ...account });
      if (!made.ok) throw new Error(made.error);
      const device = someDeviceId();
      const { session } = await sessions.start(
        { user, username, credentialsVersion: 1 },
        { id: device, name: 'Benchmark' },
      );
      return { user, device, token: session.accessToken, keyId };
    },
    async befriend(a, b) {
      const time = clock.now();
      const next = { state: 'friends', by: null, blockedBy: [], version: 1, time } as const;
      await store.commit(
        writeOf(a.user, { kind: 'relation', pair: pairOf(a.user, b.user), expect: 0, next }),
      );
    },
  };
}
