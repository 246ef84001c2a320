import { expect, it } from 'vitest';
import type { UserId } from '#shared/ids.ts';
import { createDrafts } from '#pwa/controllers/drafts.ts';

const ann = 'ann' as UserId;
const bob = 'bob' as UserId;

const aTurn = () => new Promise((resolve) => setTimeout(resolve, 0));

function drafting(save?: (peer: UserId, text: string) => Promise<void>) {
  const saved: string[] = [];
  const reported: unknown[] = [];
  let due: (() => void) | null = null;
  const drafts = createDrafts({
    save: save ?? (async (peer, text) => void saved.push(`${peer}: ${text}`)),
    report: (error) => reported.push(error),
    timers: {
      after(_ms, callback) {
        due = callback;
        return () => {
          due = null;
        };
      },
    },
  });
  return {
    drafts,
    saved,
    reported,
    fire() {
      const callback = due;
      due = null;
      callback?.();
    },
    waits: () => due !== null,
  };
}

it('writes at once, and what follows together a moment later', async () => {
  const { drafts, saved, fire, waits } = drafting();
  drafts.changed(ann, 'h');
  await aTurn();
  for (const text of ['he', 'hey']) drafts.changed(ann, text);
  await aTurn();
  expect(saved).toEqual(['ann: h']);
  fire();
  await aTurn();
  expect(saved).toEqual(['ann: h', 'ann: hey']);
  fire();
  expect(waits()).toBe(false);
});

it('never lets an older text overtake a newer one', async () => {
  const written: string[] = [];
  const { drafts } = drafting(async (_peer, text) => {
    await new Promise((resolve) => setTimeout(resolve, text === 'slow' ? 20 : 0));
    written.push(text);
  });
  drafts.changed(ann, 'slow');
  await aTurn();
  drafts.changed(ann, 'new');
  await drafts.flush();
  expect(written).toEqual(['slow', 'new']);
});

it('writes what waits when the page may go', async () => {
  const { drafts, saved } = drafting();
  drafts.changed(ann, 'a');
  await aTurn();
  drafts.changed(ann, 'ab');
  drafts.changed(bob, 'b');
  await drafts.flush();
  await drafts.flush();
  expect(saved).toEqual(['ann: a', 'ann: ab', 'bob: b']);
});

it('shows what could not be written, and writes the others', async () => {
  const failure = new Error('full');
  const written: string[] = [];
  const { drafts, reported } = drafting(async (peer) => {
    if (peer === ann) throw failure;
    written.push(peer);
  });
  drafts.changed(bob, 'first');
  await aTurn();
  drafts.changed(ann, 'a');
  drafts.changed(bob, 'b');
  await drafts.flush();
  expect(reported).toEqual([failure]);
  expect(written).toEqual([bob, bob]);
});

it('forgets what its owner took along', async () => {
  const { drafts, saved, waits } = drafting();
  drafts.changed(ann, 'a');
  await aTurn();
  drafts.changed(ann, 'ab');
  drafts.forget();
  expect(waits()).toBe(false);
  await drafts.flush();
  expect(saved).toEqual(['ann: a']);
});

it('writes nothing of a draft that was sent, and keeps the next one', async () => {
  const { drafts, saved, fire } = drafting();
  drafts.changed(ann, 'h');
  await aTurn();
  drafts.changed(ann, 'hey');
  drafts.sent(ann);
  fire();
  await aTurn();
  expect(saved).toEqual(['ann: h']);
  drafts.changed(ann, 'and');
  await aTurn();
  expect(saved).toEqual(['ann: h', 'ann: and']);
});

it('keeps what the device did not take, and asks it again', async () => {
  let full = true;
  const saved: string[] = [];
  const { drafts, fire, reported } = drafting(async (_peer, text) => {
    if (full) throw new Error('full');
    saved.push(text);
  });
  drafts.changed(ann, 'kept');
  await aTurn();
  fire();
  expect([drafts.unsaved(ann), reported.length]).toEqual(['kept', 1]);
  full = false;
  await drafts.flush();
  expect([drafts.unsaved(ann), saved]).toEqual([undefined, ['kept']]);
});

it('is none while what it was is becoming a message', async () => {
  const { drafts } = drafting();
  drafts.changed(ann, 'going');
  await drafts.flush();
  const isMessage = drafts.sent(ann);
  expect(drafts.unsaved(ann)).toBe('');
  isMessage();
  expect(drafts.unsaved(ann)).toBe(undefined);
});
