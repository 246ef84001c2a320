import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type UserId, pairOf } from '#shared/ids.ts';
import type { Bus, BusEvent } from '#sync/server/ports.ts';
import { someDeviceId, someUserId } from '../support/api-people.ts';

/** What a device of one user says to one of another, of so many bytes. */
export function signalOf(from: UserId, to: UserId, bytes: number): Extract<BusEvent, { kind: 'signal' }> {
  const [device, toDevice] = [someDeviceId(), someDeviceId()];
  const envelope = Uint8Array.from({ length: bytes }, (_, at) => at * 7);
  return { kind: 'signal', from, device, to, toDevice, envelope };
}

/** What every bus promises to the process that it belongs to. */
export function describeBus(name: string, open: () => Promise<{ bus: Bus; close(): Promise<void> }>): void {
  describe(`the bus on ${name}`, () => {
    let bus: Bus;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ bus, close } = await open());
    });
    afterEach(() => close());

    const events = (): BusEvent[] => {
      const [user, other] = [someUserId(), someUserId()];
      return [
        { kind: 'grew', user },
        { kind: 'typing', from: user, to: other, on: true },
        signalOf(user, other, 300),
        { kind: 'presence', node: 'a', user, online: true },
        { kind: 'roster', node: 'a', users: [user, other] },
        { kind: 'related', pair: pairOf(user, other), friends: true },
        { kind: 'revoked', user, session: 'some sign-in' },
        { kind: 'revoked', user, session: null },
        { kind: 'grew', user },
        { kind: 'grew', user },
      ];
    };

    test('every subscriber hears every event, in order, before publish returns', () => {
      const [first, second]: [BusEvent[], BusEvent[]] = [[], []];
      bus.subscribe((event) => first.push(event));
      bus.subscribe((event) => second.push(event));
      const said: BusEvent[] = [];
      for (const event of events()) {
        said.push(event);
        bus.publish(event);
        expect(first).toEqual(said);
        expect(second).toEqual(said);
      }
    });

    test('who has left hears nothing more, and the others still do', () => {
      const [first, second]: [BusEvent[], BusEvent[]] = [[], []];
      const leave = bus.subscribe((event) => first.push(event));
      bus.subscribe((event) => second.push(event));
      const [one, two] = events();
      if (one) bus.publish(one);
      leave();
      leave();
      if (two) bus.publish(two);
      expect(first).toEqual([one]);
      expect(second).toEqual([one, two]);
    });

    test('a subscriber may publish, subscribe and leave while it hears', () => {
      const heard: string[] = [];
      const user = someUserId();
      const leave = bus.subscribe((event) => {
        heard.push(`first ${event.kind}`);
        leave();
        bus.subscribe((later) => heard.push(`second ${later.kind}`));
        bus.publish({ kind: 'revoked', user, session: null });
      });
      bus.publish({ kind: 'grew', user });
      expect(heard).toContain('first grew');
      expect(heard).toContain('second revoked');
      expect(heard.filter((line) => line.startsWith('first'))).toHaveLength(1);
    });
  });
}
