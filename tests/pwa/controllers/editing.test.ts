import { describe, expect, it } from 'vitest';
import { Failure } from '#shared/errors.ts';
import type { OpId, UserId } from '#shared/ids.ts';
import { createDrafts } from '#pwa/controllers/drafts.ts';
import { createEditing } from '#pwa/controllers/editing.ts';
import type { Inside } from '#pwa/controllers/inside.ts';
import { createTimelineModel } from '#pwa/models/timeline.ts';
import { message } from '#pwa/dev/fake-messages.ts';

const ann = 'ann' as UserId;
const bob = 'bob' as UserId;

/** Tasks of all tabs, one after the other. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(task: () => Promise<T>): Promise<T> => {
    const turn = last.then(task);
    last = turn;
    return turn;
  };
}

/** A conversation with ann where two messages wait, over a database that is two maps; `beside` is the same in another tab. */
function conversation(draft = '', beside?: Pick<Tab, 'queue' | 'stored' | 'waiting' | 'other' | 'inTurn'>) {
  const timeline = createTimelineModel();
  const waiting = beside?.waiting ?? message(true, 'see you at six', 1, null, 'queued');
  const other = beside?.other ?? message(true, 'bring the rope', 2, null, 'failed');
  const queue =
    beside?.queue ??
    new Map<OpId, string>([
      [waiting.id, 'see you at six'],
      [other.id, 'bring the rope'],
    ]);
  const stored = beside?.stored ?? new Map<UserId, string>([[ann, draft]]);
  const inTurn = beside?.inTurn ?? createTurns();
  const reported: unknown[] = [];
  const world = { sent: false, full: false, gone: false, noDrafts: false };
  const store = {
    queueMessage: async (peer: UserId, text: string, { keepDraft = false } = {}) => {
      if (world.full) throw new Failure('STORAGE_FULL');
      if (!keepDraft) stored.delete(peer);
      queue.set(`new ${text}` as OpId, text);
    },
  };
  // Only what is asked for here.
  const inside = { store } as unknown as Inside;
  const drafts = createDrafts({
    save: async (peer, text) => {
      if (world.noDrafts) throw new Failure('STORAGE_FULL');
      if (text === '') stored.delete(peer);
      else stored.set(peer, text);
    },
    timers: { after: () => () => {} },
    report: (error) => reported.push(error),
  });
  const editing = createEditing({
    timeline,
    drafts,
    takeBack: async (id) => {
      const text = queue.get(id) ?? null;
      if (world.sent || text === null) return null;
      queue.delete(id);
      return text;
    },
    inside: () => (world.gone ? null : inside),
    inTurn,
    report: (error) => reported.push(error),
  });
  timeline.peer.value = ann;
  timeline.items.value = [waiting, other];
  timeline.draft.value = draft;
  return { timeline, editing, drafts, queue, stored, reported, world, waiting, other, inTurn };
}

interface Tab {
  readonly queue: Map<OpId, string>;
  readonly stored: Map<UserId, string>;
  readonly waiting: ReturnType<typeof message>;
  readonly other: ReturnType<typeof message>;
  readonly inTurn: ReturnType<typeof createTurns>;
}

const texts = (queue: ReadonlyMap<OpId, string>) => [...queue.values()];

describe('a message that waits is edited', () => {
  it('beside the draft, which is there again when it is saved', async () => {
    const { timeline, editing, drafts, queue, stored, waiting } = conversation('a draft');
    editing.edit(waiting.id);
    expect(timeline.editing.value).toMatchObject({ was: 'see you at six', text: 'see you at six' });
    expect(timeline.draft.value).toBe('a draft');
    editing.setEdit('see you at seven ');
    expect(texts(queue)).toEqual(['see you at six', 'bring the rope']);
    expect(await editing.saveEdit()).toBe(true);
    await drafts.flush();
    expect(texts(queue)).toEqual(['bring the rope', 'see you at seven']);
    expect([timeline.editing.value, timeline.draft.value, stored.get(ann)]).toEqual([
      null,
      'a draft',
      'a draft',
    ]);
  });

  it('and left as it was: by cancelling, and by saving what did not change', async () => {
    const { timeline, editing, drafts, queue, stored, waiting } = conversation('a draft');
    editing.edit(waiting.id);
    editing.setEdit('no');
    editing.edit(null);
    await drafts.flush();
    expect([timeline.draft.value, stored.get(ann)]).toEqual(['a draft', 'a draft']);
    editing.edit(waiting.id);
    editing.setEdit('see you at six\n');
    expect(await editing.saveEdit()).toBe(true);
    expect(timeline.editing.value).toBe(null);
    expect(texts(queue)).toEqual(['see you at six', 'bring the rope']);
  });

  it('and never emptied', async () => {
    const { timeline, editing, queue, waiting } = conversation();
    editing.edit(waiting.id);
    editing.setEdit('  ');
    await editing.saveEdit();
    expect(texts(queue)).toEqual(['see you at six', 'bring the rope']);
    expect(timeline.editing.value).not.toBe(null);
  });

  it('but has gone out meanwhile: what was typed is the draft, before the one that was there', async () => {
    const { timeline, editing, drafts, stored, world, waiting } = conversation('a draft');
    editing.edit(waiting.id);
    editing.setEdit('see you at seven');
    world.sent = true;
    expect(await editing.saveEdit()).toBe(false);
    await drafts.flush();
    expect(timeline.editing.value).toBe(null);
    expect([timeline.draft.value, stored.get(ann)]).toEqual([
      'see you at seven\na draft',
      'see you at seven\na draft',
    ]);
  });

  it('but can’t be queued anew: nothing that was typed is lost', async () => {
    const { timeline, editing, drafts, stored, reported, world, waiting } = conversation();
    editing.edit(waiting.id);
    editing.setEdit('see you at seven');
    world.full = true;
    await editing.saveEdit();
    await drafts.flush();
    expect(reported).toHaveLength(1);
    expect([timeline.draft.value, stored.get(ann)]).toEqual(['see you at seven', 'see you at seven']);
  });
});

describe('what is typed into a message that is edited', () => {
  it('is kept by the tab that comes second, where two save at once', async () => {
    const one = conversation('a draft');
    const two = conversation('a draft', one);
    for (const [{ editing, waiting }, text] of [
      [one, 'at seven'],
      [two, 'at eight'],
    ] as const) {
      editing.edit(waiting.id);
      editing.setEdit(text);
    }
    expect(await Promise.all([one.editing.saveEdit(), two.editing.saveEdit()])).toEqual([true, false]);
    expect(texts(one.queue)).toEqual(['bring the rope', 'at seven']);
    expect([one.timeline.draft.value, two.timeline.draft.value]).toEqual(['a draft', 'at eight\na draft']);
    expect(one.stored.get(ann)).toBe('at eight\na draft');
  });

  it('is on the device before it is saved, together with the draft', async () => {
    const { editing, drafts, stored, waiting } = conversation('a draft');
    editing.edit(waiting.id);
    editing.setEdit('see you at seven');
    await drafts.flush();
    expect(stored.get(ann)).toBe('see you at seven\na draft');
    editing.setEdit('see you at six');
    await drafts.flush();
    expect(stored.get(ann)).toBe('a draft');
  });

  it('stays when another one is edited', () => {
    const { timeline, editing, waiting, other } = conversation();
    editing.edit(waiting.id);
    editing.setEdit('see you at seven');
    editing.edit(other.id);
    expect(timeline.editing.value).toMatchObject({ was: 'bring the rope' });
    expect(timeline.draft.value).toBe('see you at seven');
  });

  it('goes out, and the draft stays, when one leaves the conversation while it is saved', async () => {
    const { timeline, editing, drafts, queue, stored, waiting } = conversation('a draft');
    editing.edit(waiting.id);
    editing.setEdit('see you at seven');
    const saving = editing.saveEdit();
    timeline.editing.value = null;
    timeline.peer.value = bob;
    timeline.draft.value = 'for bob';
    await saving;
    await drafts.flush();
    expect(texts(queue)).toEqual(['bring the rope', 'see you at seven']);
    expect([timeline.draft.value, stored.get(ann)]).toEqual(['for bob', 'a draft']);
  });

  it('is kept on the device when it is locked while it is saved, and written nowhere else', async () => {
    const { timeline, editing, drafts, stored, world, waiting } = conversation();
    editing.edit(waiting.id);
    editing.setEdit('see you at seven');
    const saving = editing.saveEdit();
    world.gone = true;
    timeline.editing.value = null;
    timeline.peer.value = null;
    await saving;
    await drafts.flush();
    expect(stored.get(ann)).toBe('see you at seven');
  });

  it('stays in the queue as it was on a device that takes nothing, and the edit goes on', async () => {
    const { timeline, editing, queue, reported, world, waiting } = conversation('a draft');
    editing.edit(waiting.id);
    world.full = world.noDrafts = true;
    editing.setEdit('see you at seven');
    expect(await editing.saveEdit()).toBe(true);
    expect(texts(queue)).toEqual(['see you at six', 'bring the rope']);
    expect(timeline.editing.value).toMatchObject({ text: 'see you at seven', saving: false });
    expect(reported.length).toBeGreaterThan(0);
  });

  it('is not doubled for who is back in the conversation before it is saved', async () => {
    const { timeline, editing, drafts, queue, stored, waiting } = conversation('a draft');
    editing.edit(waiting.id);
    editing.setEdit('see you at seven');
    const saving = editing.saveEdit();
    timeline.editing.value = null;
    timeline.draft.value = 'see you at seven\na draft';
    await saving;
    await drafts.flush();
    expect(texts(queue)).toEqual(['bring the rope', 'see you at seven']);
    expect([timeline.draft.value, stored.get(ann)]).toEqual(['a draft', 'a draft']);
  });

  it('and nothing of the draft is ever off the device', async () => {
    const { editing, drafts, stored, world, waiting } = conversation('a draft');
    editing.edit(waiting.id);
    editing.setEdit('see you at seven');
    await drafts.flush();
    const saving = editing.saveEdit();
    await new Promise((resolve) => setTimeout(resolve, 0));
    world.noDrafts = true;
    await saving;
    expect(stored.get(ann)).toContain('a draft');
  });
});
