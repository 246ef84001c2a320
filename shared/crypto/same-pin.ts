import { equalBytes } from '../bytes.ts';
import type { Pin } from './pins.ts';

/** By itself, because the first screen asks: nothing of what pins are made from is needed for it. */
export function isSamePin(a: Pin | undefined, b: Pin): boolean {
  return (
    a !== undefined && a.epoch === b.epoch && a.verified === b.verified && equalBytes(a.signing, b.signing)
  );
}
