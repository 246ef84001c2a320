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
  /**
   * Says what the other side has not answered yet: the caller its promise, the callee its number once it was promised
   * one. Anything may have got lost, so this is said again until the other side's number is here.
   */
  ask(): Promise<void>;
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

/** What is heard again is answered again, so often. */
const ANSWERS = 20;

export function createShort({ call, isCaller, ours, theirs, nonce, say, done }: ShortDeps): Short {
  let commitment: Uint8Array | null = null;
  let heard: Uint8Array | null = null;
  let answers = 0;

  function answer(body: ShortBody): void {
    if (answers++ < ANSWERS) say(body);
  }

  async function finish(nonceA: Uint8Array, nonceB: Uint8Array, other: Bytes): Promise<void> {
    const [a, b] = isCaller ? [ours, other] : [other, ours];
    done(await shortEmoji({ call, fingerprintA: a, fingerprintB: b, nonceA, nonceB }));
  }

  /** What was said once can't be said differently. */
  function once(before: Uint8Array | null, now: Uint8Array): Uint8Array {
    if (before !== null && !equalBytes(before, now)) throw new Failure('CALL_TAMPERED', 'said twice');
    return now;
  }

  return {
    async ask() {
      if (heard !== null) return;
      if (isCaller) say({ kind: 'commit', commitment: await commitTo(nonce, ours) });
      else if (commitment !== null) say({ kind: 'nonce', nonce });
    },
    async hear(body) {
      if ((body.kind === 'nonce') !== isCaller) throw new Failure('CALL_TAMPERED', body.kind);
      const other = theirs();
      switch (body.kind) {
        case 'commit':
          commitment = once(commitment, body.commitment);
          return answer({ kind: 'nonce', nonce });
        case 'nonce':
          // Their answer got lost, with their certificate; both are said again.
          if (other === null) return;
          heard = once(heard, body.nonce);
          answer({ kind: 'reveal', nonce });
          return finish(nonce, heard, other);
        case 'reveal': {
          const promised = other === null ? null : await commitTo(body.nonce, other);
          if (
            other === null ||
            commitment === null ||
            promised === null ||
            !equalBytes(promised, commitment)
          ) {
            throw new Failure('CALL_TAMPERED', 'reveal');
          }
          heard = body.nonce;
          return finish(heard, nonce, other);
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
 * The SHA-256 fingerprint of the certificate in a description (RFC 8122 §5); null when there is none, several that
 * differ, or anything else that the browser might read as one. Only what ends a line for the browser ends one here.
 */
export function fingerprintIn(sdp: string): Bytes | null {
  const named = sdp.split(/\r\n|\n/).filter((line) => /fingerprint/i.test(line));
  const [only] = named;
  const hex = /^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/i.exec(only ?? '')?.[1];
  if (hex === undefined || named.some((line) => line !== only)) return null;
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
