import { randomBytes } from 'node:crypto';
import { opIdFromBytes } from '#shared/bytes.ts';
import type { OpId } from '#shared/ids.ts';

/** A UUIDv7 (RFC 9562, 5.7) for an operation that the server makes on a client's behalf. `now` in ms since 1970. */
export function createOpId(now: number): OpId {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const id = opIdFromBytes(bytes);
  if (!id) throw new Error('a UUIDv7 was made wrong');
  return id;
}
