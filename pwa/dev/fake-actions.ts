import type { Actions } from '../controllers/actions.ts';
import { parentOf } from '../controllers/paths.ts';
import type { Models } from '../models/models.ts';
import type { Contact, Standing } from '../models/people.ts';
import type { TimelineItem } from '../models/timeline.ts';
import { createFakeAccount } from './fake-account.ts';
import { createFakeCalls } from './fake-calls.ts';
import { createFakeSearch } from './fake-search.ts';
import { createFakeTrust } from './fake-trust.ts';
import { canTakeBack, detailsOf, longConversation, message } from './fake-messages.ts';

/** How long a database or a server seems to take. */
const ANSWER_MS = 400;

/** Actions that only change the models, enough to click through the gallery. Each call is told to `record`. */
export function createFakeActions(models: Models, record: (call: string) => void): Actions {
  const { session, shell, people, timeline, conversations } = models;
  const done = (call: string) => {
    record(call);
    return Promise.resolve();
  };
  const change = (id: string, patch: (item: TimelineItem) => TimelineItem | null) => {
    timeline.items.value = timeline.items.value.flatMap((item) =>
      item.id === id ? (patch(item) ?? []) : item,
    );
  };
  const stand = (contact: Pick<Contact, 'id' | 'name'>, standing: Standing) => {
    const before = people.contactsById.value.get(contact.id);
    const after: Contact = {
      fingerprint: '',
      trust: 'unverified',
      ...before,
      ...contact,
      standing,
      pending: true,
    };
    people.contactsById.value = new Map(people.contactsById.value).set(contact.id, after);
    return done(`stand ${standing}`);
  };
  const known = (id: Contact['id']) => ({ id, name: people.contactsById.value.get(id)?.name ?? id });

  const go: Actions['go'] = (route) => {
    shell.route.value = route;
    if (route.panel === 'chats' && route.peer !== null && route.peer !== timeline.peer.value) {
      timeline.peer.value = route.peer;
      timeline.draftRead.value = true;
      timeline.unreadAfter.value = null;
      timeline.items.value = longConversation(30, Date.now());
      timeline.draft.value = conversations.rows.value.find((row) => row.peer === route.peer)?.draft ?? '';
      timeline.loaded.value = true;
    }
    record(`go ${route.panel}`);
  };

  return {
    ...createFakeAccount(models, done),
    ...createFakeCalls(models, record),
    ...createFakeSearch(models, record, go),
    ...createFakeTrust(models, done),
    register: (username) => done(`register ${username}`),
    logIn: (username) => done(`logIn ${username}`),
    logOut() {
      session.me.value = null;
      session.phase.value = 'signed-out';
      return done('logOut');
    },
    countUnsent: () => Promise.resolve(models.status.queued.value),

    go,
    back() {
      shell.route.value = parentOf(shell.route.value);
    },
    setLanguage: (language) => record(`setLanguage ${language}`),
    setTheme(theme) {
      shell.theme.value = theme;
    },
    setLook(look, on) {
      const looks = new Set(shell.looks.value);
      if (on) looks.add(look);
      else looks.delete(look);
      shell.looks.value = looks;
    },
    dismissHint(hint) {
      shell.hintsDone.value = new Set([...shell.hintsDone.value, hint]);
    },
    dropShared() {
      shell.shared.value = null;
    },
    measureStorage: () => record('measureStorage'),
    async keepStorage() {
      await done('keepStorage');
      if (shell.storage.value !== null) shell.storage.value = { ...shell.storage.value, lasting: true };
      return true;
    },
    setSidebarCollapsed(collapsed) {
      shell.sidebarCollapsed.value = collapsed;
    },
    dismissToast(id) {
      shell.toasts.value = shell.toasts.value.filter((toast) => toast.id !== id);
    },
    applyUpdate: () => record('applyUpdate'),
    install: () => record('install'),

    reconnect: () => record('reconnect'),
    loadDirectory(query) {
      record(query === undefined ? 'loadDirectory' : `loadDirectory ${query}`);
      if (people.directoryState.value !== 'loaded') return;
      people.directoryState.value = 'loading';
      setTimeout(() => (people.directoryState.value = 'loaded'), ANSWER_MS);
    },
    requestFriend: (id, name) => stand({ id, name }, 'sent'),
    acceptFriend: (id) => stand(known(id), 'friends'),
    rejectFriend: (id) => stand(known(id), 'none'),
    removeFriend(id) {
      conversations.rows.value = conversations.rows.value.map((row) =>
        row.peer === id ? { ...row, canWrite: false } : row,
      );
      return stand(known(id), 'none');
    },
    blockPerson: (id) => stand(known(id), 'blocked'),
    unblockPerson: (id) => stand(known(id), 'none'),

    async setNotices(on) {
      await done(`setNotices ${on}`);
      const { leave, wanted, waking } = models.notices;
      if (on && leave.value === 'unasked') leave.value = 'given';
      wanted.value = on && leave.value === 'given';
      waking.value = wanted.value ? 'on' : 'unknown';
    },
    setPreview(preview) {
      record(`setPreview ${preview}`);
      models.notices.preview.value = preview;
    },

    setDraft(text) {
      timeline.draft.value = text;
    },
    send(text) {
      timeline.draft.value = '';
      timeline.items.value = [...timeline.items.value, message(true, text, Date.now(), null, 'queued')];
      return done(`send ${text}`);
    },
    retry(id) {
      change(id, (item) => ({ ...item, tick: 'queued', error: null }));
      return done('retry');
    },
    async retryAll() {
      await done('retryAll');
      timeline.items.value = timeline.items.value.map((item) =>
        item.tick === 'failed' ? { ...item, tick: 'queued', error: null } : item,
      );
    },
    async discard(id) {
      await done('discard');
      const can = canTakeBack(timeline.items.value.find((item) => item.id === id));
      if (can) change(id, () => null);
      if (can && timeline.editing.value?.id === id) timeline.editing.value = null;
      return can;
    },
    edit(id) {
      record(id === null ? 'edit nothing' : 'edit a message');
      const was = timeline.items.value.find((item) => item.id === id)?.text ?? null;
      timeline.editing.value = id === null || was === null ? null : { id, was, text: was, saving: false };
    },
    setEdit(text) {
      const edit = timeline.editing.value;
      if (edit !== null) timeline.editing.value = { ...edit, text };
    },
    async saveEdit() {
      await done('saveEdit');
      const edit = timeline.editing.value;
      if (edit === null) return true;
      timeline.editing.value = null;
      const can = canTakeBack(timeline.items.value.find((item) => item.id === edit.id));
      if (can) change(edit.id, (item) => ({ ...item, text: edit.text, tick: 'queued', error: null }));
      else timeline.draft.value = edit.text;
      return can;
    },
    inspect(id) {
      record(`inspect ${id === null ? 'nothing' : 'a message'}`);
      const item = timeline.items.value.find((one) => one.id === id);
      timeline.details.value = item === undefined ? null : detailsOf(item);
    },
    loadEarlier() {
      record('loadEarlier');
      const first = timeline.items.value[0];
      const missing = (first?.n ?? 1) - 1;
      if (first === undefined || missing === 0 || first.holeBefore) return;
      // As if read from a database, a moment later.
      setTimeout(() => {
        const count = Math.min(missing, Math.max(100, timeline.whole.value - timeline.items.value.length));
        const earlier = longConversation(count, first.at - 60_000, missing);
        timeline.items.value = [...earlier, ...timeline.items.value];
        timeline.hasEarlier.value = missing > count;
      }, ANSWER_MS);
    },
    fillHole(n) {
      record(`fillHole ${n}`);
      const above = timeline.items.value.find((item) => item.n === n);
      const below = timeline.items.value.findLast((item) => (item.n ?? n) < n);
      if (above === undefined) return;
      // As if the server had answered, a moment later.
      setTimeout(() => {
        const from = Math.max((below?.n ?? 0) + 1, n - 100);
        const missing = longConversation(n - from, above.at - 60_000, n - 1);
        const [oldest, ...others] = missing.map((item) => ({ ...item, holeBefore: false }));
        const isHole = from > (below?.n ?? 0) + 1;
        timeline.items.value = timeline.items.value.flatMap((item) =>
          item.id === above.id && oldest !== undefined
            ? [{ ...oldest, holeBefore: isHole }, ...others, { ...item, holeBefore: false }]
            : [item],
        );
      }, ANSWER_MS);
    },
    keepPlace: (place) => record(`keepPlace ${place === null ? 'nowhere' : `${place.id} ${place.at}`}`),
    markSeen(n) {
      record(`markSeen ${n}`);
      const unread = timeline.items.value.filter((item) => !item.mine && (item.n ?? 0) > n).length;
      conversations.rows.value = conversations.rows.value.map((row) =>
        row.peer === timeline.peer.value ? { ...row, unread } : row,
      );
    },
    typing: () => record('typing'),
  };
}
