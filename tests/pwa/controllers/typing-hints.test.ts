import { expect, it } from 'vitest';
import type { UserId } from '#shared/ids.ts';
import { createTypingHints } from '#pwa/controllers/typing-hints.ts';

const ann = 'ann' as UserId;
const bob = 'bob' as UserId;

/** Hints under a clock that the test moves. */
function typing() {
  let now = 0;
  let due: { at: number; callback: () => void } | null = null;
  const said: string[] = [];
  const hints = createTypingHints({
    say: (to, on) => said.push(`${to} ${on ? 'on' : 'off'} ${now}`),
    now: () => now,
    timers: {
      after(ms, callback) {
        const timer = { at: now + ms, callback };
        due = timer;
        return () => {
          if (due === timer) due = null;
        };
      },
    },
  });
  return {
    hints,
    said,
    pass(ms: number) {
      now += ms;
      if (due !== null && due.at <= now) due.callback();
    },
  };
}

it('hints at most every 3 seconds while keys are pressed', () => {
  const { hints, said, pass } = typing();
  for (let i = 0; i < 70; i++) {
    hints.key(ann);
    pass(100);
  }
  expect(said).toEqual(['ann on 0', 'ann on 3000', 'ann on 6000']);
});

it('says once that it ended, when nothing is typed for a while or at once when told', () => {
  const { hints, said, pass } = typing();
  hints.key(ann);
  pass(4000);
  pass(4000);
  hints.stop();
  expect(said).toEqual(['ann on 0', 'ann off 4000']);
  hints.key(ann);
  hints.stop();
  hints.stop();
  expect(said.slice(2)).toEqual(['ann on 8000', 'ann off 8000']);
});

it('ends for one friend before it begins for another', () => {
  const { hints, said } = typing();
  hints.key(ann);
  hints.key(bob);
  expect(said).toEqual(['ann on 0', 'ann off 0', 'bob on 0']);
});
