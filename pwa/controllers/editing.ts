import type { OpId, UserId } from '#shared/ids.ts';
import type { Editing as Edit, TimelineModel } from '../models/timeline.ts';
import type { Actions } from './actions.ts';
import type { Drafts } from './drafts.ts';
import { type Inside, mustBeInside } from './inside.ts';

/**
 * Changing what a message says that was not sent. It stays in the queue until the change is saved. What was typed is
 * stored in front of the draft until then: whoever leaves, locks or reloads finds both in the field.
 */
export type Editing = Pick<Actions, 'edit' | 'setEdit' | 'saveEdit'>;

interface EditingDeps {
  readonly timeline: Pick<TimelineModel, 'peer' | 'items' | 'draft' | 'editing'>;
  readonly drafts: Pick<Drafts, 'changed' | 'flush' | 'unsaved'>;
  /** What a message said that was certainly not sent, and is gone now; null when the server may have it. */
  readonly takeBack: (id: OpId) => Promise<string | null>;
  readonly inside: () => Inside | null;
  /** One after the other, in all tabs: what the second leaves as the draft is written last. */
  readonly inTurn?: (task: () => Promise<boolean>) => Promise<boolean>;
  readonly report: (error: unknown) => void;
}

export function createEditing({
  timeline,
  drafts,
  takeBack,
  inside,
  inTurn = (task) => navigator.locks.request('nexchat-edit', task),
  report,
}: EditingDeps): Editing {
  const { editing, draft } = timeline;

  /** Shows the draft again, or `rest` instead of it. */
  function end(peer: UserId, rest = draft.value): void {
    editing.value = null;
    draft.value = rest;
    drafts.changed(peer, rest);
  }

  async function queue(peer: UserId, text: string): Promise<boolean> {
    try {
      // The draft is what is typed here, until it is what it was before.
      await mustBeInside(inside()).store.queueMessage(peer, text, { keepDraft: true });
      return true;
    } catch (error) {
      report(error);
      return false;
    }
  }

  async function save(peer: UserId, edit: Edit, text: string, before: string, person: Inside | null) {
    // It is on the device before the message leaves the queue.
    await drafts.flush();
    if (drafts.unsaved(peer) !== undefined) {
      if (editing.value?.id === edit.id) editing.value = edit;
      return true;
    }
    const taken = (await takeBack(edit.id)) !== null;
    const saved = taken && (await queue(peer, text));
    if (inside() !== person) return taken;
    const rest = saved ? before : besides(edit, before);
    const isHere = () => editing.value?.id === edit.id;
    // The person may have gone and be back in this conversation, where both stand in the field by now.
    const isBack = !isHere() && timeline.peer.value === peer && draft.value !== '';
    const left = isBack ? (saved ? without(edit, draft.value, before) : draft.value) : rest;
    if (isHere()) editing.value = null;
    if (timeline.peer.value === peer) draft.value = left;
    drafts.changed(peer, left);
    await drafts.flush();
    return taken;
  }

  return {
    edit(id) {
      const peer = timeline.peer.value;
      if (peer === null || editing.value?.saving === true) return;
      // Whoever goes on to another message keeps what was changed in this one.
      if (editing.value !== null) end(peer, id === null ? draft.value : besides(editing.value, draft.value));
      const was = timeline.items.value.find((item) => item.id === id)?.text ?? null;
      if (id !== null && was !== null) editing.value = { id, was, text: was, saving: false };
    },
    setEdit(text) {
      const peer = timeline.peer.value;
      if (peer === null || editing.value === null || editing.value.saving) return;
      editing.value = { ...editing.value, text };
      drafts.changed(peer, besides(editing.value, draft.value));
    },
    async saveEdit() {
      const peer = timeline.peer.value;
      const edit = editing.value;
      const text = edit?.text.trim() ?? '';
      if (peer === null || edit === null || edit.saving || text === '') return true;
      if (text === edit.was) {
        end(peer);
        return true;
      }
      const [before, person] = [draft.value, inside()];
      editing.value = { ...edit, saving: true };
      return inTurn(() => save(peer, edit, text, before, person));
    },
  };
}

/** What is in the field, without what was changed in a message in front of the draft. */
function without(edit: Edit, field: string, draft: string): string {
  if (field === besides(edit, draft)) return draft;
  return field.startsWith(`${edit.text}\n`) ? field.slice(edit.text.length + 1) : field;
}

/** The draft, with what was changed in a message in front of it. */
function besides({ was, text }: Edit, draft: string): string {
  if (text.trim() === '' || text.trim() === was) return draft;
  return draft.trim() === '' ? text : `${text}\n${draft}`;
}
