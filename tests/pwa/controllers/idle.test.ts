import { beforeEach, expect, test } from 'vitest';
import { type Idle, createIdle } from '#pwa/controllers/idle.ts';

const MINUTE = 60_000;
let now: number;
let page: EventTarget;
let log: string[];
let due: { at: number; run: () => void } | null;
let idle: Idle;

beforeEach(() => {
  now = 1_000_000;
  page = new EventTarget();
  log = [];
  due = null;
  idle = createIdle({
    timers: {
      after(ms, run) {
        const mine = { at: now + ms, run };
        due = mine;
        return () => {
          if (due === mine) due = null;
        };
      },
    },
    now: () => now,
    page,
    used: () => log.push('used'),
    idle: () => log.push('idle'),
  });
});

/** Lets time pass, with the timers that are due meanwhile. */
function pass(ms: number): void {
  const end = now + ms;
  while (due !== null && due.at <= end) {
    const { at, run } = due;
    due = null;
    now = at;
    run();
  }
  now = end;
}
const does = (name: string) => page.dispatchEvent(new Event(name));

test('it is idle after so many minutes, once', () => {
  idle.start(5);
  pass(5 * MINUTE - 1);
  expect(log).toEqual([]);
  pass(1);
  expect(log).toEqual(['idle']);
  pass(60 * MINUTE);
  does('keydown');
  expect(log).toEqual(['idle']);
});

test('whatever a person does puts it off', () => {
  idle.start(5);
  for (const name of ['pointerdown', 'pointermove', 'keydown', 'wheel']) {
    pass(4 * MINUTE);
    does(name);
  }
  pass(5 * MINUTE - 1);
  expect(log).not.toContain('idle');
  pass(1);
  expect(log).toContain('idle');
});

test('the other tabs are told of it now and then, and what they tell puts it off too', () => {
  idle.start(5);
  for (let i = 0; i < 100; i++) {
    does('pointermove');
    pass(100);
  }
  expect(log).toEqual(['used', 'used']);
  pass(4 * MINUTE);
  idle.heard();
  pass(5 * MINUTE - 1);
  expect(log).not.toContain('idle');
  pass(1);
  expect(log).toContain('idle');
});

test('a page that slept through its timer is locked when it wakes, before anything can be done in it', () => {
  for (const name of ['keydown', 'visibilitychange', 'focus', 'pageshow']) {
    log = [];
    idle.start(5);
    // Asleep: time goes on and no timer runs.
    now += 6 * MINUTE;
    idle.heard();
    does(name);
    expect(log, name).toEqual(['idle']);
  }
});

test('stopped, it is never idle', () => {
  idle.start(5);
  idle.stop();
  pass(60 * MINUTE);
  does('keydown');
  idle.heard();
  expect(log).toEqual([]);
});
