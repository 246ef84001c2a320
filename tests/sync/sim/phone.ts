import { type Call, isLive } from '#shared/call.ts';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { SyncClient } from '#sync/client/client.ts';
import type { CallOperation } from '#sync/wire/up.ts';
import type { Disk } from './disk.ts';
import type { SeededRandom } from './random.ts';

export interface PhoneDeps {
  readonly random: SeededRandom;
  readonly disk: () => Disk;
  /** The sync client of the tab that leads; null when none does. */
  readonly client: () => SyncClient | null;
  readonly newOpId: () => OpId;
  /** Marks a missed call as looked at. */
  readonly look: (peer: UserId, call: OpId) => void;
}

const ENVELOPE = new Uint8Array([1, 2, 3]);

/** What somebody does with calls on one device, as far as its log tells them. */
export function createPhone({ random, disk, client, newOpId, look }: PhoneDeps) {
  const calls = (): Call[] => Array.from(disk().calls.values());
  const peerOf = ({ caller, callee }: Call): UserId => (caller === disk().self ? callee : caller);
  const isHere = ({ status, caller, callerDevice, calleeDevice }: Call): boolean =>
    status === 'in_progress' && (caller === disk().self ? callerDevice : calleeDevice) === disk().device;

  function say(op: CallOperation): void {
    client()?.call(op);
    // Somebody who thinks better of it, before it was answered.
    if (random.chance(0.1)) client()?.dropCall(op.id);
  }

  function answer(call: Call): void {
    const named = { id: newOpId(), to: peerOf(call), call: call.id };
    const choice = random.next();
    if (choice < 0.6) say({ ...named, kind: 'call.answer', device: disk().device });
    else if (choice < 0.75) say({ ...named, kind: 'call.decline' });
    else if (choice < 0.9) say({ ...named, kind: 'call.end', reason: 'hung-up' });
  }

  function end(call: Call): void {
    const reason = random.chance(0.8) ? 'hung-up' : 'failed';
    say({ id: newOpId(), kind: 'call.end', to: peerOf(call), call: call.id, reason });
  }

  function start(to: UserId): void {
    const media = random.chance(0.5) ? 'voice' : 'video';
    say({ id: newOpId(), kind: 'call.start', to, device: disk().device, media });
  }

  /** To whichever device is known of a call, also when it only rings, or is over: the server has to know. */
  function speak(call: Call): void {
    const mine = call.caller === disk().self;
    const device: DeviceId | null = mine ? call.calleeDevice : call.callerDevice;
    if (device !== null) client()?.signal(peerOf(call), device, ENVELOPE);
  }

  return {
    use(peer: UserId): void {
      const ringing = calls().find(({ status, callee }) => status === 'ringing' && callee === disk().self);
      const live = calls().find(isLive);
      const known = calls().findLast((call) => peerOf(call) === peer);
      const choice = random.next();
      if (known && choice < 0.2) speak(known);
      else if (ringing && choice < 0.8) answer(ringing);
      else if (live && choice < 0.8) end(live);
      else if (known && !known.seen && choice < 0.4) look(peer, known.id);
      // What was over long ago, or was answered elsewhere, is pressed as well.
      else if (known && choice < 0.45) end(known);
      else start(peer);
    },

    /** Somebody looks at a call that the log has just told of. */
    attend(id: OpId): void {
      const call = disk().calls.get(id);
      if (call?.status === 'ringing' && call.callee === disk().self) answer(call);
      else if (call && isHere(call)) {
        speak(call);
        speak(call);
        if (random.chance(0.3)) end(call);
      }
    },

    /** Says of the calls that are held here that they go on. */
    keep(): void {
      for (const call of calls().filter(isHere)) client()?.inCall(call.id, peerOf(call));
    },
  };
}
