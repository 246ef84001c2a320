import { concat, toBase64url } from '#shared/bytes.ts';
import { type Identity, createBundle, generateIdentity, rotateAgreement } from '#shared/crypto/identity.ts';
import type { Bytes } from '#shared/ids.ts';
import { someBytes, someKeyring } from '../../support/api-people.ts';
import { type Registered, registrationOf } from '../../support/api-server.ts';
import { type Refusal, type World, ask, post, refusal } from './refusal.ts';

/** ann puts another keyring than she should. */
const keyring = (title: string, code: string, status: number, body: () => object): Refusal =>
  refusal(title, status, code, (world) =>
    ask(world, 'PUT', '/api/account/keyring', { expect: 1, ...body() }, world.ann.bearer),
  );
const sealed = (revision: number): string => toBase64url(someKeyring(revision));

/** ann rotates to a bundle that she should not have. */
const rotation = (title: string, make: (world: World) => Promise<Bytes>): Refusal => ({
  title,
  status: 400,
  code: 'BUNDLE_INVALID',
  async prepare(world) {
    const bundle = toBase64url(await make(world));
    return () =>
      ask(world, 'PUT', '/api/account/keyring', { expect: 1, keyring: sealed(2), bundle }, world.ann.bearer);
  },
});
const bundleOf = async ({ registration }: Registered, identity: Identity, epoch: number): Promise<Bytes> =>
  createBundle(identity, { userId: registration.userId, epoch, created: Date.now() });

/** Signed by ann, with these 65 bytes for an agreement key. */
const withKey = (title: string, key: (identity: Identity) => Bytes): Refusal =>
  rotation(title, ({ ann }) => bundleOf(ann, { ...ann.identity, agreementPublic: key(ann.identity) }, 2));

export const keys: readonly Refusal[] = [
  rotation('Keys of a lower epoch don’t replace present ones', async ({ ann }) =>
    bundleOf(ann, await rotateAgreement(ann.identity), 0),
  ),
  rotation('Keys of the same epoch don’t replace present ones', async ({ ann }) =>
    bundleOf(ann, await rotateAgreement(ann.identity), 1),
  ),
  rotation('Keys that skip more epochs than a restored server can have lost are refused', async ({ ann }) =>
    bundleOf(ann, await rotateAgreement(ann.identity), 1_002),
  ),
  rotation('Keys of the highest epoch, which nothing could follow, are refused', async ({ ann }) =>
    bundleOf(ann, await rotateAgreement(ann.identity), 0xffff_ffff),
  ),
  rotation('Another person’s keys are refused', async ({ bob }) =>
    bundleOf(bob, await rotateAgreement(bob.identity), 2),
  ),
  rotation('Another identity under one’s own id is refused', async ({ ann }) =>
    bundleOf(ann, await generateIdentity(), 2),
  ),
  rotation('Keys that another key signed are refused', async ({ ann }) => {
    const { signingPublic } = ann.identity;
    return bundleOf(ann, { ...(await generateIdentity()), signingPublic }, 2);
  }),
  rotation('Keys whose signature was changed in one bit are refused', async ({ ann }) => {
    const bundle = await bundleOf(ann, await rotateAgreement(ann.identity), 2);
    bundle[bundle.length - 1] = (bundle.at(-1) ?? 0) ^ 1;
    return bundle;
  }),
  rotation('Keys that were changed in one bit behind their signature’s back are refused', async ({ ann }) => {
    const bundle = await bundleOf(ann, await rotateAgreement(ann.identity), 2);
    bundle[160] = (bundle[160] ?? 0) ^ 1;
    return bundle;
  }),
  rotation('A bundle that was cut short is refused', async ({ ann }) =>
    (await bundleOf(ann, await rotateAgreement(ann.identity), 2)).slice(0, -1),
  ),
  rotation('A bundle with something behind it is refused', async ({ ann }) =>
    concat(await bundleOf(ann, await rotateAgreement(ann.identity), 2), [0]),
  ),
  rotation('A bundle of noise is refused', async () => someBytes(231)),
  withKey('A key that is not on the curve is refused', ({ agreementPublic }) => {
    const moved = agreementPublic.slice();
    moved[64] = (moved[64] ?? 0) ^ 1;
    return moved;
  }),
  withKey('A compressed key is refused', ({ agreementPublic }) =>
    concat([2], agreementPublic.subarray(1, 33), new Uint8Array(32)),
  ),
  withKey('A hybrid form of a key is refused', ({ agreementPublic }) =>
    concat([6 + ((agreementPublic[64] ?? 0) & 1)], agreementPublic.subarray(1)),
  ),
  withKey('The point at infinity is refused as a key', () => new Uint8Array(65)),
  withKey('Coordinates above the field’s prime are refused', () =>
    concat([4], new Uint8Array(64).fill(0xff)),
  ),
  withKey('One key for signing and agreeing is refused', ({ signingPublic }) => signingPublic),
  rotation('A compressed key in its own length is refused', ({ ann }) => {
    const { agreementPublic } = ann.identity;
    return bundleOf(ann, { ...ann.identity, agreementPublic: agreementPublic.slice(0, 33) }, 2);
  }),
  {
    title: 'A registration with a key that is not on the curve is refused',
    status: 400,
    code: 'BUNDLE_INVALID',
    async prepare(world) {
      const body = await registrationOf('zoe');
      const identity = await generateIdentity();
      identity.agreementPublic[64] = (identity.agreementPublic[64] ?? 0) ^ 1;
      const bundle = await createBundle(identity, { userId: body.userId, epoch: 1, created: 1 });
      return () => post(world, '/api/auth/register', { ...body, bundle: toBase64url(bundle) });
    },
  },
  keyring('A keyring that does not go on from the present revision is a conflict', 'CONFLICT', 409, () => ({
    expect: 7,
    keyring: sealed(8),
  })),
  keyring('A keyring from before the first is a conflict', 'CONFLICT', 409, () => ({
    expect: 0,
    keyring: sealed(1),
  })),
  keyring('A keyring whose own revision goes back is refused', 'BAD_FIELD', 400, () => ({
    keyring: sealed(1),
  })),
  keyring('A keyring whose own revision runs ahead is refused', 'BAD_FIELD', 400, () => ({
    keyring: sealed(3),
  })),
  keyring('A keyring of an unknown format is refused', 'BAD_FIELD', 400, () => ({
    keyring: toBase64url(concat([9], someKeyring(2).subarray(1))),
  })),
  keyring('A keyring that is shorter than its header is refused', 'BAD_FIELD', 400, () => ({
    keyring: 'AQAAAAI',
  })),
  keyring('A keyring above its limit is refused', 'BAD_FIELD', 400, () => ({
    keyring: 'A'.repeat(1_400_001),
  })),
  keyring('A keyring far above its limit is not even read', 'FRAME_TOO_LARGE', 413, () => ({
    keyring: 'A'.repeat(2_000_000),
  })),
  keyring('A negative revision is refused', 'BAD_FIELD', 400, () => ({ expect: -1, keyring: sealed(0) })),
  keyring('A revision as text is refused', 'BAD_FIELD', 400, () => ({ expect: '1', keyring: sealed(2) })),
  refusal('A keyring without a sign-in is refused', 401, 'UNAUTHENTICATED', (world) =>
    ask(world, 'PUT', '/api/account/keyring', { expect: 1, keyring: sealed(2) }),
  ),
];
