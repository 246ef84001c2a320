import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { equalBytes, fromBase64url } from '#shared/bytes.ts';
import { createAccountKey, holdAccountKey } from '#shared/crypto/account.ts';
import {
  createBundle,
  exportIdentity,
  generateIdentity,
  importIdentity,
  rotateAgreement,
} from '#shared/crypto/identity.ts';
import { openKeyring, sealKeyring } from '#shared/crypto/keyring.ts';
import { type Pin, mergePins, readPins } from '#shared/crypto/pins.ts';
import { verifyBundle } from '#shared/crypto/verify.ts';
import { toBase64url } from '#shared/bytes.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import type { AccountResponse } from '#shared/schema/account.ts';
import { rotateKeys } from '#pwa/controllers/own-account.ts';
import { changeKeyring, syncKeyring } from '#pwa/controllers/own-keyring.ts';
import { joinSealed } from '#pwa/store/identities.ts';
import type { AdoptedKeyring } from '#pwa/store/ports.ts';
import { type Api, type Call, createApi } from '#pwa/transport/http.ts';
import { someUserId } from '#tests/support/api-people.ts';
import { type ApiServer, createAgent, registrationOf, startApi } from '#tests/support/api-server.ts';

/** Devices of one account, each with what it remembers, at the real server. */

const servers: ApiServer[] = [];
let server: ApiServer;
beforeAll(async () => {
  server = await startApi();
  servers.push(server);
  // Node has no Web Locks; these devices are not tabs of one browser.
  vi.stubGlobal('navigator', { locks: { request: (_: string, task: () => Promise<unknown>) => task() } });
});
afterAll(async () => {
  vi.unstubAllGlobals();
  for (const one of servers) await one.dispose();
});

type Scope = Parameters<typeof syncKeyring>[0];
interface Device {
  readonly scope: Scope;
  readonly pins: Map<UserId, Pin>;
  revision(): number;
}

const friend = someUserId();
const pinned = (fill: number, verified: boolean, epoch: number): Pin => ({
  signing: new Uint8Array(65).fill(fill),
  verified,
  epoch,
});

let made = 0;
let account: { userId: UserId; token: string; accountKey: CryptoKey; username: string };
/** Tells the server of the account as it is when it is new. */
let enrol: () => Promise<string>;
/** Of the server, as devices know it. */
let history = 'before';
let newDevice: (api?: Pick<Api, 'call'>) => Device;

beforeEach(async () => {
  history = 'before';
  const identity = await generateIdentity();
  const username = `ana${++made}`;
  const accountKey = await holdAccountKey(createAccountKey());
  const registration = await registrationOf(username, identity);
  const { userId } = registration;
  const keys = [{ epoch: 1, ...(await exportIdentity(identity)) }];
  const sealed = await sealKeyring(accountKey, {
    userId,
    revision: 1,
    keyring: { identities: keys, pins: {}, later: 'kept' },
  });
  enrol = async () => {
    const { body } = await createAgent(server).post<{ accessToken: string }>('/api/auth/register', {
      ...registration,
      keyring: toBase64url(sealed),
    });
    return body.accessToken;
  };
  account = { userId, token: await enrol(), accountKey, username };
  newDevice = (api = { call: (call) => createApi(server.url).call(call) }) => deviceOf(api);
});

function deviceOf(api: Pick<Api, 'call'>): Device {
  const pins = new Map<UserId, Pin>();
  let [revision, epoch] = [0, 'before'];
  let kept: Bytes | undefined;
  const trust = {
    pins: async () => new Map(pins),
    adoptKeyring: async (adopted: AdoptedKeyring) => {
      if (adopted.revision < revision && epoch === history) throw new Failure('KEYRING_OLD');
      ({ sealed: kept } = await joinSealed(account.accountKey, account.userId, kept, adopted.sealed));
      [revision, epoch] = [adopted.revision, history];
      for (const [user, pin] of mergePins(readPins(adopted.pins), pins)) pins.set(user, pin);
    },
  };
  const inside = {
    me: { id: account.userId, name: account.username, fingerprint: '' },
    store: { trust },
    keychain: { account: account.accountKey, keyring: async () => kept },
    tokens: { current: async () => account.token },
  };
  return { scope: { inside, api } as unknown as Scope, pins, revision: () => revision };
}

/** A server that answers some calls itself. */
function lying(answer: <T>(call: Call<T>, truly: () => Promise<T>) => Promise<T>): Pick<Api, 'call'> {
  const api = createApi(server.url);
  return { call: (call) => answer(call, () => api.call(call)) };
}

async function served(): Promise<AccountResponse> {
  const { body } = await createAgent(server).get<AccountResponse>('/api/account', {
    authorization: `Bearer ${account.token}`,
  });
  return body;
}

async function opened() {
  const { keyring } = await served();
  const result = await openKeyring(account.accountKey, account.userId, fromBase64url(keyring) as Bytes);
  if (!result.ok) throw new Error(result.error);
  return result.value.keyring;
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof Failure ? error.code : String(error)),
  );

describe('the keyring between a device and the server', () => {
  it('brings a decision of one device to another, and keeps what a newer version wrote', async () => {
    const [one, other] = [newDevice(), newDevice()];
    one.pins.set(friend, pinned(1, true, 2));
    expect((await syncKeyring(one.scope)).revision).toBe(2);
    await syncKeyring(other.scope);
    expect(other.pins.get(friend)).toEqual(pinned(1, true, 2));
    expect((await opened())['later']).toBe('kept');
  });

  it('writes nothing when nothing is new', async () => {
    const device = newDevice();
    device.pins.set(friend, pinned(1, true, 2));
    await syncKeyring(device.scope);
    expect((await syncKeyring(device.scope)).revision).toBe(2);
    expect((await served()).revision).toBe(2);
  });

  it('joins what several devices decide at the same time', async () => {
    const devices = [1, 2, 3, 4].map((fill) => {
      const device = newDevice();
      device.pins.set(someUserId(), pinned(fill, false, 1));
      return device;
    });
    await Promise.all(devices.map(({ scope }) => syncKeyring(scope)));
    for (const { scope } of devices) await syncKeyring(scope);
    for (const { pins } of devices) expect(pins.size).toBe(4);
    expect(readPins((await opened()).pins).size).toBe(4);
  });

  it('gives up when the server says for ever that somebody was faster', async () => {
    let puts = 0;
    const device = newDevice(
      lying(async (call, truly) => {
        if (call.method !== 'PUT') return truly();
        puts++;
        throw new Failure('CONFLICT');
      }),
    );
    device.pins.set(friend, pinned(1, true, 2));
    expect(await codeOf(syncKeyring(device.scope))).toBe('CONFLICT');
    expect(puts).toBeLessThan(20);
  });

  it('KEYRING_OLD: a keyring from before what this device knows changes nothing', async () => {
    const old = await served();
    let lies = false;
    const device = newDevice(
      lying((call, truly) => (lies && call.method === 'GET' ? Promise.resolve(old as never) : truly())),
    );
    device.pins.set(friend, pinned(1, true, 2));
    await syncKeyring(device.scope);
    lies = true;
    expect(await codeOf(syncKeyring(device.scope))).toBe('KEYRING_OLD');
    expect([device.revision(), device.pins.get(friend)]).toEqual([2, pinned(1, true, 2)]);
  });

  it('KEYRING_DAMAGED: renumbered, altered, of another key, or shown to others as another identity', async () => {
    const honest = await served();
    const stranger = await generateIdentity();
    const { userId } = account;
    const bundle = toBase64url(await createBundle(stranger, { userId, epoch: 1, created: 1 }));
    const altered = `${honest.keyring.slice(0, -4)}AAAA`;
    const lies: Partial<AccountResponse>[] = [
      { revision: 7 },
      { keyring: altered },
      { bundle },
      { userId: someUserId() },
    ];
    for (const lie of lies) {
      const device = newDevice(lying(async () => ({ ...honest, ...lie }) as never));
      expect(await codeOf(syncKeyring(device.scope)), JSON.stringify(lie)).toBe('KEYRING_DAMAGED');
      expect(device.revision()).toBe(0);
    }
  });

  it('takes new agreement keys under the same identity to the server and to other devices', async () => {
    const [one, other] = [newDevice(), newDevice()];
    const { userId } = account;
    await changeKeyring(one.scope, async ({ keyring, bundle }) => {
      const newest = keyring.identities[0];
      if (newest === undefined) throw new Error('no identity');
      const renewed = await rotateAgreement(await importIdentity(newest, true));
      const identities = [{ epoch: 2, ...(await exportIdentity(renewed)) }, ...keyring.identities];
      const next = await createBundle(renewed, { userId, epoch: bundle.epoch + 1, created: 2 });
      return { keyring: { ...keyring, identities }, bundle: next };
    });
    expect(one.revision()).toBe(2);
    const shown = await verifyBundle(fromBase64url((await served()).bundle) as Bytes, userId);
    const { identities } = await opened();
    expect(identities.length).toBe(2);
    expect(
      shown.ok && equalBytes(shown.value.agreement, identities[0]?.agreementPublic ?? new Uint8Array()),
    ).toBe(true);
    expect((await syncKeyring(other.scope)).revision).toBe(2);
  });

  it('puts back what a restored server has lost: pins, keys, and the public identity that belongs to them', async () => {
    const [one, other] = [newDevice(), newDevice()];
    await syncKeyring(other.scope);
    one.pins.set(friend, pinned(1, true, 2));
    await syncKeyring(one.scope);
    await rotateKeys(one.scope as unknown as Parameters<typeof rotateKeys>[0]);
    const lost = await served();
    const before = await opened();
    await restore();

    expect((await syncKeyring(one.scope)).revision).toBe(2);
    expect(one.revision()).toBe(2);
    expect((await served()).bundle).not.toBe(lost.bundle);
    const after = await opened();
    const publics = (keyring: typeof after) => keyring.identities.map((held) => held.agreementPublic);
    expect(publics(after)).toEqual(publics(before));
    expect(readPins(after.pins).get(friend)).toEqual(pinned(1, true, 2));
    const shown = await verifyBundle(fromBase64url((await served()).bundle) as Bytes, account.userId);
    expect(shown.ok && [shown.value.epoch, shown.value.agreement]).toEqual([2, publics(before)[0]]);
    expect(one.pins.get(friend)).toEqual(pinned(1, true, 2));

    // And the other devices get them from there.
    await syncKeyring(other.scope);
    expect(other.pins.get(friend)).toEqual(pinned(1, true, 2));
    expect((await syncKeyring(one.scope)).revision).toBe(2);
  });

  it('joins keys that two devices renewed in histories that knew nothing of each other', async () => {
    const [one, other] = [newDevice(), newDevice()];
    const renew = ({ scope }: Device) => rotateKeys(scope as unknown as Parameters<typeof rotateKeys>[0]);
    await renew(one);
    await restore();
    await renew(other);
    await syncKeyring(one.scope);
    const { identities } = await opened();
    expect(identities.map(({ epoch }) => epoch)).toEqual([3, 2, 1]);
    const shown = await verifyBundle(fromBase64url((await served()).bundle) as Bytes, account.userId);
    expect(shown.ok && [shown.value.epoch, shown.value.agreement]).toEqual([
      3,
      identities[0]?.agreementPublic,
    ]);
    await renew(other);
    expect((await opened()).identities.map(({ epoch }) => epoch)).toEqual([4, 3, 2, 1]);
  });

  it('joins another keyring of a revision that this device knows already', async () => {
    const device = newDevice();
    await rotateKeys(device.scope as unknown as Parameters<typeof rotateKeys>[0]);
    const { identities } = await opened();
    await restore({ epoch: 'before' });
    // Another device has put something else there meanwhile.
    const late = newDevice();
    late.pins.set(friend, pinned(1, true, 2));
    expect((await syncKeyring(late.scope)).revision).toBe(2);
    expect((await syncKeyring(device.scope)).revision).toBe(3);
    const now = await opened();
    expect(now.identities[0]?.agreementPublic).toEqual(identities[0]?.agreementPublic);
    expect(readPins(now.pins).get(friend)).toEqual(pinned(1, true, 2));
  });
});

/** The server is put back to how the account was when it was made. */
async function restore({ epoch = 'after' } = {}): Promise<void> {
  server = await startApi();
  servers.push(server);
  account = { ...account, token: await enrol() };
  history = epoch;
}
