/** Opaque names of things. Branded, so that one kind can't be passed for another. */
declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Binary data as WebCrypto wants it: never backed by shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** 16 random bytes in base64url (22 characters), made by the client at registration. */
export type UserId = Brand<string, 'UserId'>;
/** 16 random bytes in base64url (22 characters): one installation of the app. */
export type DeviceId = Brand<string, 'DeviceId'>;
/** UUIDv7 in canonical text (36 characters). Identity only: never used for order or expiry. */
export type OpId = Brand<string, 'OpId'>;
/** Two user ids in ascending order joined by a dot (45 characters): a friendship and its conversation. */
export type PairId = Brand<string, 'PairId'>;

/** The one name that both members of a pair give it. */
export function pairOf(a: UserId, b: UserId): PairId {
  return (a < b ? `${a}.${b}` : `${b}.${a}`) as PairId;
}

/** The members of a pair, in ascending order. */
export function membersOf(pair: PairId): [UserId, UserId] {
  return [pair.slice(0, 22) as UserId, pair.slice(23) as UserId];
}

/** The member of a pair that is not `self`. */
export function peerIn(pair: PairId, self: UserId): UserId {
  const [low, high] = membersOf(pair);
  return low === self ? high : low;
}
