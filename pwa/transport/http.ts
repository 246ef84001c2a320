import * as v from 'valibot';
import { type ErrorCode, Failure, isErrorCode } from '#shared/errors.ts';
import type { DeviceId } from '#shared/ids.ts';
import {
  type Kdf,
  type LoginRequest,
  type LoginResponse,
  type Person,
  type RegisterRequest,
  type Session,
  directoryResponse,
  errorResponse,
  loginResponse,
  preloginResponse,
  session,
} from '#shared/schema/http.ts';

/** The JSON API. Every call is bounded in time and rejects with a Failure only. */
export interface Api {
  /** For the parts of it that are loaded when they are needed. */
  call<T>(request: Call<T>): Promise<T>;
  /** How the server says this person's password is stretched; judge it before use. */
  prelogin(username: string): Promise<Kdf>;
  register(body: RegisterRequest): Promise<Session>;
  logIn(body: LoginRequest): Promise<LoginResponse>;
  /** A new access token for the refresh cookie. */
  refresh(device: DeviceId): Promise<Session>;
  /** Ends the session behind the refresh cookie; outlives the page that asks for it. */
  logOut(): Promise<void>;
  /** Everybody, or whose names begin with `query`; BAD_FIELD of `q` when the server wants a longer one. */
  directory(token: string, query?: string): Promise<readonly Person[]>;
  /** Whether the server can be reached and is well. Never rejects. */
  answers(): Promise<boolean>;
}

export interface Call<T> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly answer: v.GenericSchema<unknown, T>;
  readonly body?: unknown;
  readonly token?: string;
  readonly keepalive?: boolean;
}

/** A page of a hotel's or office's gate answers with something else. */
const healthy = v.object({ ok: v.literal(true) });

const TIMEOUT_MS = 15_000;

/** `base` is the server's origin, without a slash at the end. */
export function createApi(base: string, timeoutMs = TIMEOUT_MS): Api {
  const call = <T>(request: Call<T>) => perform(base, timeoutMs, request);
  const post = <T>(path: string, body: unknown, answer: v.GenericSchema<unknown, T>) =>
    call({ method: 'POST', path, body, answer });
  return {
    call,
    prelogin: async (username) => (await post('/api/auth/prelogin', { username }, preloginResponse)).kdf,
    register: (body) => post('/api/auth/register', body, session),
    logIn: (body) => post('/api/auth/login', body, loginResponse),
    refresh: (device) => post('/api/auth/refresh', { device }, session),
    logOut: async () => {
      await call({ method: 'POST', path: '/api/auth/logout', answer: v.unknown(), keepalive: true });
    },
    directory: async (token, query = '') => {
      const path = `/api/directory${query === '' ? '' : `?${new URLSearchParams({ q: query }).toString()}`}`;
      return (await call({ method: 'GET', path, token, answer: directoryResponse })).people;
    },
    answers: () =>
      call({ method: 'GET', path: '/healthz', answer: healthy }).then(
        () => true,
        () => false,
      ),
  };
}

async function perform<T>(base: string, timeoutMs: number, request: Call<T>): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (request.body !== undefined) headers['Content-Type'] = 'application/json';
  if (request.token !== undefined) headers['Authorization'] = `Bearer ${request.token}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(base + request.path, {
      method: request.method,
      headers,
      body: request.body === undefined ? null : JSON.stringify(request.body),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      keepalive: request.keepalive ?? false,
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch (error) {
    // fetch tells no difference between a dead network, a refused connection and a timeout worth acting on.
    throw new Failure('OFFLINE', undefined, error);
  }
  const value = parse(text);
  if (!response.ok) throw refusal(response.status, value);
  const parsed = v.safeParse(request.answer, value);
  if (!parsed.success) throw new Failure('INTERNAL', 'answer', new v.ValiError(parsed.issues));
  return parsed.output;
}

/** An empty body is no value; text that is not JSON (a proxy's page) is a value that no schema accepts. */
function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Why the server refused: of an answer that is no success, its status and its text. */
export function refusalOf(status: number, text: string): Failure {
  return refusal(status, parse(text));
}

function refusal(status: number, body: unknown): Failure {
  const parsed = v.safeParse(errorResponse, body);
  if (parsed.success && isErrorCode(parsed.output.code)) {
    return new Failure(parsed.output.code, parsed.output.detail);
  }
  return new Failure(codeForStatus(status), `status ${status}`);
}

/** For answers that are not ours (a proxy's) or from a newer server. */
function codeForStatus(status: number): ErrorCode {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 426) return 'UNSUPPORTED_VERSION';
  if (status === 429) return 'RATE_LIMITED';
  if (status === 502 || status === 503 || status === 504) return 'UNAVAILABLE';
  return 'INTERNAL';
}
