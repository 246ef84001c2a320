import * as v from 'valibot';
import {
  type AccountResponse,
  type DeviceItem,
  type KeyringRequest,
  type NewRecoveryRequest,
  type PasswordRequest,
  type RecoveryResponse,
  type ReportRequest,
  type ResetRequest,
  accountResponse,
  devicesResponse,
  openResponse,
  recoveryResponse,
} from '#shared/schema/account.ts';
import { type LoginResponse, loginResponse } from '#shared/schema/http.ts';
import type { Api } from './http.ts';

/** What a person does with an account, over HTTP. Loaded when it is needed; rejects with a Failure only. */
export interface AccountApi {
  /** What a recovery code opens. BAD_CREDENTIALS for a wrong one. */
  recover(username: string, authKey: string): Promise<RecoveryResponse>;
  /** Sets a new password and code, ends every sign-in, and signs in. */
  reset(body: ResetRequest): Promise<LoginResponse>;
  account(token: string): Promise<AccountResponse>;
  /** The wrapped account key, for who proves the password again. */
  open(token: string, authKey: string): Promise<OpenResponse>;
  changePassword(token: string, body: PasswordRequest): Promise<void>;
  newRecovery(token: string, body: NewRecoveryRequest): Promise<void>;
  /** CONFLICT when another device was faster. */
  putKeyring(token: string, body: KeyringRequest): Promise<void>;
  deleteAccount(token: string, current: string): Promise<void>;
  devices(token: string): Promise<readonly DeviceItem[]>;
  renameDevice(token: string, id: string, name: string): Promise<void>;
  endDevice(token: string, id: string): Promise<void>;
  endOtherDevices(token: string): Promise<void>;
  report(token: string, body: ReportRequest): Promise<void>;
}
export type OpenResponse = v.InferOutput<typeof openResponse>;

export function createAccountApi({ call }: Pick<Api, 'call'>): AccountApi {
  /** Nothing is read of the answer. */
  const tell = async (
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    token: string,
    body?: unknown,
  ) => {
    await call({ method, path, token, answer: v.unknown(), ...(body === undefined ? {} : { body }) });
  };
  const device = (id: string) => `/api/devices/${encodeURIComponent(id)}`;
  return {
    recover: (username, authKey) =>
      call({
        method: 'POST',
        path: '/api/auth/recovery',
        body: { username, authKey },
        answer: recoveryResponse,
      }),
    reset: (body) => call({ method: 'POST', path: '/api/auth/reset', body, answer: loginResponse }),
    account: (token) => call({ method: 'GET', path: '/api/account', token, answer: accountResponse }),
    open: (token, authKey) =>
      call({ method: 'POST', path: '/api/account/open', token, body: { authKey }, answer: openResponse }),
    changePassword: (token, body) => tell('PUT', '/api/account/password', token, body),
    newRecovery: (token, body) => tell('PUT', '/api/account/recovery', token, body),
    putKeyring: (token, body) => tell('PUT', '/api/account/keyring', token, body),
    deleteAccount: (token, current) => tell('POST', '/api/account/delete', token, { current }),
    devices: async (token) =>
      (await call({ method: 'GET', path: '/api/devices', token, answer: devicesResponse })).devices,
    renameDevice: (token, id, name) => tell('PATCH', device(id), token, { name }),
    endDevice: (token, id) => tell('DELETE', device(id), token),
    endOtherDevices: (token) => tell('DELETE', '/api/devices', token),
    report: (token, body) => tell('POST', '/api/reports', token, body),
  };
}
