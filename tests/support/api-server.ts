import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Secrets, ephemeralSecrets } from '#api/auth/secrets.ts';
import { createLog } from '#api/log.ts';
import { type RunningServer, type ServerConfig, startServer } from '#api/server.ts';
import type { Store } from '#api/store/ports.ts';
import { toBase64url } from '#shared/bytes.ts';
import { type Identity, createBundle, generateIdentity } from '#shared/crypto/identity.ts';
import type { ErrorResponse, LoginRequest, RegisterRequest, Session } from '#shared/schema/http.ts';
import { someBytes, someDeviceId, someKeyring, someUserId } from './api-people.ts';

/** The real server inside the test's process, on a free port, with a clock that can be moved. */
export interface ApiServer extends RunningServer {
  readonly secrets: Secrets;
  /** Where it keeps its database. */
  readonly dataDir: string;
  /** What was logged so far, one JSON text a line. */
  logged(): string;
  /** Moves the server's clock forward by so many milliseconds. */
  advance(ms: number): void;
  dispose(): Promise<void>;
}

export type ApiOptions = Omit<Partial<ServerConfig>, 'store'> & {
  readonly clientDir?: string;
  readonly busBeat?: number;
  /** By name, or one that several servers share. */
  readonly store?: ServerConfig['store'] | Store;
};

export async function startApi({
  clientDir,
  busBeat,
  store = 'memory',
  ...overrides
}: ApiOptions = {}): Promise<ApiServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nexchat-api-'));
  const secrets = ephemeralSecrets();
  let offset = 0;
  let lines = '';
  const config: ServerConfig = {
    host: '127.0.0.1',
    port: 0,
    dataDir,
    origins: null,
    store: typeof store === 'string' ? store : 'memory',
    secrets,
    accessTtl: 600,
    sessionDays: 90,
    bcryptCost: 4,
    directory: 'open',
    proxies: 0,
    logLevel: 'trace',
    framesPerSecond: 200,
    limitScale: 1_000,
    stunUrls: [],
    turn: null,
    push: null,
    redisUrl: null,
    node: null,
    metricsToken: null,
    drain: 0,
    mongodb: null,
    logKeep: 20_000,
    ...overrides,
  };
  const server = await startServer(config, {
    clientDir: clientDir ?? null,
    clock: { now: () => Date.now() + offset },
    log: createLog('trace', { write: (line: string) => void (lines += line) }),
    ...(typeof store !== 'string' && { store }),
    ...(busBeat !== undefined && { busBeat }),
  });
  return {
    ...server,
    secrets: config.secrets,
    dataDir: config.dataDir,
    logged: () => lines,
    advance: (ms) => void (offset += ms),
    async dispose() {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}
export type Headed = Readonly<Record<string, string>>;

/** A browser's page, as far as the server can tell: sends its origin, keeps its cookie. */
export interface Agent {
  get<T = unknown>(path: string, headers?: Headed): Promise<Answer<T>>;
  /** A string is sent as it is, anything else as JSON. */
  post<T = unknown>(path: string, body: unknown, headers?: Headed): Promise<Answer<T>>;
  /** With any method; without a body when it is undefined. */
  ask<T = unknown>(method: string, path: string, body: unknown, headers?: Headed): Promise<Answer<T>>;
  /** `name=value` of the refresh token's cookie, or ''. */
  cookie: string;
}

const PATIENCE = 10_000;

export function createAgent({ url }: Pick<RunningServer, 'url'>): Agent {
  async function ask<T>(method: string, path: string, body: unknown, headers: Headed): Promise<Answer<T>> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        origin: url,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(agent.cookie !== '' && { cookie: agent.cookie }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE),
    });
    const [set] = response.headers.getSetCookie();
    if (set !== undefined) agent.cookie = /^[^=]+=[^;]+/.exec(set)?.[0] ?? '';
    const text = await response.text();
    const json = response.headers.get('content-type')?.startsWith('application/json');
    return {
      status: response.status,
      headers: response.headers,
      body: (json ? JSON.parse(text) : text) as T,
    };
  }
  const agent: Agent = {
    cookie: '',
    get: (path, headers = {}) => ask('GET', path, undefined, headers),
    post: (path, body, headers = {}) => ask('POST', path, body, headers),
    ask: (method, path, body, headers = {}) => ask(method, path, body, headers),
  };
  return agent;
}

/** A registration as the app would send it: with a real, signed identity. */
export async function registrationOf(
  username: string,
  identity?: Identity,
): Promise<Registered['registration']> {
  const userId = someUserId();
  const bundle = await createBundle(identity ?? (await generateIdentity()), {
    userId,
    epoch: 1,
    created: Date.now(),
  });
  return {
    username,
    userId,
    kdf: { alg: 'PBKDF2-SHA256', iterations: 600_000, salt: toBase64url(randomBytes(16)) },
    authKey: toBase64url(randomBytes(32)),
    wrappedAccountKey: toBase64url(someBytes(97)),
    keyring: toBase64url(someKeyring(1)),
    bundle: toBase64url(bundle),
    recovery: { authKey: toBase64url(randomBytes(32)), wrappedAccountKey: toBase64url(someBytes(97)) },
    device: { id: someDeviceId(), name: 'Firefox on Linux' },
  };
}

export interface Registered {
  readonly agent: Agent;
  readonly identity: Identity;
  readonly registration: RegisterRequest & Pick<Required<RegisterRequest>, 'recovery'>;
  readonly login: LoginRequest;
  readonly session: Session;
  readonly bearer: { readonly authorization: string };
}

/** Signs somebody up, with an agent of their own. */
export async function signUp(server: Pick<RunningServer, 'url'>, username: string): Promise<Registered> {
  const agent = createAgent(server);
  const identity = await generateIdentity();
  const registration = await registrationOf(username, identity);
  const { status, body } = await agent.post<Session & ErrorResponse>('/api/auth/register', registration);
  if (status !== 201) throw new Error(`${username} could not sign up: ${body.code}`);
  const { authKey, device } = registration;
  const bearer = { authorization: `Bearer ${body.accessToken}` };
  return { agent, identity, registration, login: { username, authKey, device }, session: body, bearer };
}
