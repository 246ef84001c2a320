import { opIdFromBytes } from '#shared/bytes.ts';
import type { OpId } from '#shared/ids.ts';

/** A fresh UUIDv7 (RFC 9562 §5.7). `now` in milliseconds since 1970. */
export function newOpId(now: number): OpId {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(now / 0x1_0000_0000));
  view.setUint32(2, now % 0x1_0000_0000);
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f));
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
  const id = opIdFromBytes(bytes);
  if (id === undefined) throw new Error('not a UUIDv7');
  return id;
}
