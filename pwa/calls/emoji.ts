import { concat, equalBytes, utf8, uuidToBytes } from '#shared/bytes.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, OpId } from '#shared/ids.ts';
import type { SignalBody } from '#shared/schema/signal.ts';

/**
 * Short authentication of a call: four pictures that both sides see when nobody sits between them. The caller commits
 * to its number before it knows the callee's, so that nobody can try numbers until the pictures fit (ZRTP, RFC 6189
 * §4.4.1.1, has the same commitment).
 *
 *   caller ── commit: SHA-256(nonce A ‖ fingerprint A) ──► callee
 *          ◄────────────── nonce B ───────────────────────
 *          ─────────────── reveal: nonce A ──────────────►
 */
export interface Short {
  /** What this side says first; nothing for the callee. Said again when it may have got lost. */
  begin(): Promise<void>;
  /** Rejects with CALL_TAMPERED for what does not fit. */
  hear(body: ShortBody): Promise<void>;
}
export type ShortBody = Extract<SignalBody, { kind: 'commit' | 'nonce' | 'reveal' }>;

interface ShortDeps {
  readonly call: OpId;
  readonly isCaller: boolean;
  /** SHA-256 of the certificates that the two connections use. */
  readonly ours: Bytes;
  readonly theirs: () => Bytes | null;
  /** 32 random bytes. */
  readonly nonce: Bytes;
  readonly say: (body: ShortBody) => void;
  readonly done: (emoji: readonly string[]) => void;
}

export function createShort({ call, isCaller, ours, theirs, nonce, say, done }: ShortDeps): Short {
  let commitment: Uint8Array | null = null;
  let heard: Uint8Array | null = null;

  async function finish(nonceA: Uint8Array, nonceB: Uint8Array): Promise<void> {
    const other = theirs();
    if (other === null) throw new Failure('CALL_TAMPERED', 'pictures before a connection');
    const [a, b] = isCaller ? [ours, other] : [other, ours];
    done(await shortEmoji({ call, fingerprintA: a, fingerprintB: b, nonceA, nonceB }));
  }

  /** What was said once can't be said differently. */
  function once(before: Uint8Array | null, now: Uint8Array): Uint8Array {
    if (before !== null && !equalBytes(before, now)) throw new Failure('CALL_TAMPERED', 'said twice');
    return now;
  }

  return {
    async begin() {
      if (isCaller) say({ kind: 'commit', commitment: await commitTo(nonce, ours) });
    },
    async hear(body) {
      if ((body.kind === 'nonce') !== isCaller) throw new Failure('CALL_TAMPERED', body.kind);
      switch (body.kind) {
        case 'commit':
          commitment = once(commitment, body.commitment);
          return say({ kind: 'nonce', nonce });
        case 'nonce':
          heard = once(heard, body.nonce);
          say({ kind: 'reveal', nonce });
          return finish(nonce, body.nonce);
        case 'reveal': {
          const other = theirs();
          const promised = other === null ? null : await commitTo(body.nonce, other);
          if (commitment === null || promised === null || !equalBytes(promised, commitment)) {
            throw new Failure('CALL_TAMPERED', 'reveal');
          }
          return finish(body.nonce, nonce);
        }
      }
    },
  };
}

/** What the caller says of its number before it reveals it. */
export async function commitTo(nonce: Uint8Array, fingerprint: Uint8Array): Promise<Bytes> {
  return digest(concat(nonce, fingerprint));
}

export interface ShortInput {
  readonly call: OpId;
  readonly fingerprintA: Uint8Array;
  readonly fingerprintB: Uint8Array;
  readonly nonceA: Uint8Array;
  readonly nonceB: Uint8Array;
}

/** SHA-256("nexchat/sas/v1" ‖ call id ‖ fingerprints ‖ nonces), the caller's first; six bits a picture. */
export async function shortEmoji(input: ShortInput): Promise<readonly string[]> {
  const { call, fingerprintA, fingerprintB, nonceA, nonceB } = input;
  const context = utf8('nexchat/sas/v1');
  const hash = await digest(concat(context, uuidToBytes(call), fingerprintA, fingerprintB, nonceA, nonceB));
  const bits = ((hash[0] ?? 0) << 16) | ((hash[1] ?? 0) << 8) | (hash[2] ?? 0);
  return [18, 12, 6, 0].map((shift) => EMOJI[(bits >> shift) & 63] ?? '');
}

/**
 * The SHA-256 fingerprint of the certificate in a description (RFC 8122 §5); null when there is none, or several that
 * differ.
 */
export function fingerprintIn(sdp: string): Bytes | null {
  const found = new Set(
    [...sdp.matchAll(/^a=fingerprint:(\S+) (\S+)\s*$/gm)].map(([, alg, hex]) => `${alg} ${hex}`),
  );
  const [only] = found;
  const hex = /^sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/i.exec(only ?? '')?.[1];
  if (found.size !== 1 || hex === undefined) return null;
  return Uint8Array.from(hex.split(':'), (byte) => Number.parseInt(byte, 16));
}

const digest = async (data: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', data));

/** Easy to tell apart and to name aloud, in any language. Never reordered: both sides must have the same. */
const EMOJI: readonly string[] = [
  '🐶 🐱 🦁 🐴 🐷 🐘 🐰 🐼 🐔 🐧 🐢 🐟 🐙 🦋 🐝 🐞',
  '🌵 🌲 🌻 🍄 🌍 🌙 ⭐ 🔥 🌈 ❄️ ☂️ ⚡ 🍎 🍌 🍇 🍓',
  '🍉 🥕 🌽 🍕 🎂 🍦 ☕ 🚗 🚲 🚂 🚀 ⛵ ✈️ 🎈 🎁 🎸',
  '🎺 🥁 ⚽ 🏆 🎩 👑 👓 🔑 🔨 ✂️ 📷 📚 ⏰ 💡 🔔 ⚓',
].flatMap((row) => row.split(' '));
