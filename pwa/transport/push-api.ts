import * as v from 'valibot';
import { type PushRequest, pushKeyResponse } from '#shared/schema/push.ts';
import type { Api } from './http.ts';

/** Where this device can be woken, over HTTP. Loaded when it is needed; rejects with a Failure only. */
export interface PushApi {
  /** The key that the server signs with, base64url; null where it wakes nobody. */
  key(token: string): Promise<string | null>;
  put(token: string, place: PushRequest): Promise<void>;
  remove(token: string): Promise<void>;
}

const path = '/api/push';

export function createPushApi({ call }: Pick<Api, 'call'>): PushApi {
  return {
    key: async (token) => (await call({ method: 'GET', path, token, answer: pushKeyResponse })).key,
    put: async (token, body) => {
      await call({ method: 'PUT', path, token, body, answer: v.unknown() });
    },
    remove: async (token) => {
      await call({ method: 'DELETE', path, token, answer: v.unknown() });
    },
  };
}
