import * as v from 'valibot';
import type { PairId } from '#shared/ids.ts';
import { MAX_ENVELOPE } from '#shared/schema/envelope.ts';
import { deviceId, sequence, userId } from '#shared/schema/fields.ts';
import type { BusEvent } from '#sync/server/ports.ts';

/** What one node says to all the others at once, as JSON. */
export interface Frame {
  /** The process that says it: another name after every start. */
  readonly node: string;
  /** How many frames with events it has said before this one, and with it: a number that is left out was lost. */
  readonly after: number;
  readonly n: number;
  /** It has just come (back): everybody is to say that they are there. */
  readonly greets: boolean;
  /** Whose roster it needs, because it missed something of theirs; '' for nobody's. */
  readonly asks: string;
  readonly events: readonly BusEvent[];
}

const node = v.pipe(v.string(), v.maxLength(128));

const pairId = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{22}$/),
  v.transform((text) => text as PairId),
);

/** Binary data as text. */
const envelope = v.pipe(
  v.string(),
  v.maxLength(Math.ceil(MAX_ENVELOPE / 3) * 4),
  v.base64(),
  // A copy, because a Buffer may be part of a larger one.
  v.transform((text) => new Uint8Array(Buffer.from(text, 'base64'))),
);

const event = v.variant('kind', [
  v.object({ kind: v.literal('grew'), user: userId }),
  v.object({ kind: v.literal('typing'), from: userId, to: userId, on: v.boolean() }),
  v.object({
    kind: v.literal('signal'),
    from: userId,
    device: deviceId,
    to: userId,
    toDevice: deviceId,
    envelope,
  }),
  v.object({ kind: v.literal('presence'), node, user: userId, online: v.boolean() }),
  v.object({ kind: v.literal('roster'), node, users: v.array(userId) }),
  v.object({ kind: v.literal('related'), pair: pairId, friends: v.boolean() }),
  v.object({ kind: v.literal('revoked'), user: userId, session: v.nullable(v.string()) }),
]);

const frame = v.object({
  node,
  after: sequence,
  n: sequence,
  greets: v.boolean(),
  asks: node,
  events: v.array(v.unknown()),
});

export function encodeFrame(said: Frame): string {
  return JSON.stringify({ ...said, events: said.events.map(toJson) });
}

function toJson(said: BusEvent): object {
  if (said.kind !== 'signal') return said;
  const { buffer, byteOffset, byteLength } = said.envelope;
  return { ...said, envelope: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
}

/**
 * Undefined when it is no frame. Events that are not known here are left out: while a new version is rolled out,
 * nodes of both share the bus.
 */
export function decodeFrame(text: string): Frame | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(frame, json);
  if (!parsed.success) return undefined;
  const events = parsed.output.events.flatMap((one): BusEvent[] => {
    const known = v.safeParse(event, one);
    return known.success ? [known.output] : [];
  });
  return { ...parsed.output, events };
}
