import { decode, encode } from '@msgpack/msgpack';
import * as v from 'valibot';
import type { Call } from '#shared/call.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import { deviceId, time } from '#shared/schema/fields.ts';
import type { CallRow } from './rows.ts';

/** What is inside the sealed record of a call, checked when it is opened. */
const content = v.object({
  /** We called. */
  mine: v.boolean(),
  media: v.picklist(['voice', 'video']),
  status: v.picklist(['ringing', 'in_progress', 'completed', 'missed', 'declined', 'busy', 'failed']),
  answeredAt: v.nullable(time),
  endedAt: v.nullable(time),
  callerDevice: deviceId,
  calleeDevice: v.nullable(deviceId),
});
export type CallContent = v.InferOutput<typeof content>;

export function encodeCall(call: Call, self: UserId): Bytes {
  const { media, status, answeredAt, endedAt, callerDevice, calleeDevice } = call;
  const mine = call.caller === self;
  return encode({ mine, media, status, answeredAt, endedAt, callerDevice, calleeDevice });
}

export function decodeCall(data: Bytes): CallContent {
  const parsed = v.safeParse(content, decode(data));
  if (!parsed.success) throw new Failure('UNREADABLE', 'call');
  return parsed.output;
}

/** The call of a row, whose marks stand above what was sealed. */
export function callOf(row: CallRow, { mine, ...told }: CallContent, self: UserId): Call {
  const { id, peer, after, at } = row;
  const [caller, callee] = mine ? [self, peer] : [peer, self];
  const status = row.live === 1 ? told.status : ended(told.status);
  return { ...told, id, caller, callee, after, startedAt: at, status, seen: row.missed !== 1 };
}

/** How a call counts that a later snapshot did not name: it is over, and nobody tells how it ended. */
function ended(status: Call['status']): Call['status'] {
  if (status === 'in_progress') return 'completed';
  return status === 'ringing' ? 'missed' : status;
}
