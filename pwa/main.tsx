import { hydrate, render } from 'preact';
import type { Actions } from './controllers/actions.ts';
import { type Account, createAccount } from './controllers/account.ts';
import { createCalls } from './controllers/calls.ts';
import { createConversation } from './controllers/conversation.ts';
import { createLanguage } from './controllers/language.ts';
import { createLaterRooms } from './controllers/later-rooms.ts';
import { createLink } from './controllers/link.ts';
import { createLock } from './controllers/lock.ts';
import { note } from './controllers/log.ts';
import { createManagement } from './controllers/management.ts';
import { createNavigation } from './controllers/navigation.ts';
import { createPeople } from './controllers/people.ts';
import { createSearch } from './controllers/search.ts';
import { createShell } from './controllers/shell.ts';
import { createTabNews } from './controllers/tab-news.ts';
import { createToasts } from './controllers/toasts.ts';
import { createTrust } from './controllers/trust.ts';
import { createUpdates } from './controllers/updates.ts';
import { createModels } from './models/models.ts';
import { connect } from './transport/connect.ts';
import { createApi } from './transport/http.ts';
import { App, fetchFirst } from './views/App.tsx';
import { prepareFormats } from './views/format.ts';
import { language as spoken } from './views/language.ts';
import { learn } from './views/learn.ts';

/** Puts the app together: the only file that knows everyone. */
const models = createModels();
const toasts = createToasts(models.shell);
const { report } = toasts;
window.addEventListener('error', ({ error, message }) => {
  // Without an error it is a remark of the browser, such as of a resize observer that took two frames.
  if (error === null || error === undefined) note(message, error);
  else report(error);
});
window.addEventListener('unhandledrejection', (event) => report(event.reason));

const api = createApi(location.origin);
const navigation = createNavigation(models);
const shell = createShell(models, report);
const people = createPeople({ models, api, toasts });
const conversation = createConversation({ models, toasts });
const search = createSearch({
  models,
  toasts,
  jumpTo(peer, id) {
    conversation.jumpTo(peer, id);
    navigation.go({ panel: 'chats', peer });
  },
});
const calls = createCalls({ models, api, toasts });
const beforeReload = () => calls.over().then(conversation.saveDrafts);
const updates = createUpdates({ shell: models.shell, beforeReload, report });
const language = createLanguage({ beforeReload, report });
const link = createLink({ models, toasts, outdated: updates.check });
const trust = createTrust({ models, toasts });
const management = createManagement({ models, api, account: () => account, toasts });
const lock = createLock({ models, account: () => account, saveDrafts: conversation.saveDrafts, report });
const go: Actions['go'] = (route) => conversation.ahead(route, () => navigation.go(route));
const later = createLaterRooms({ models, api, go, report });
const account: Account = createAccount({
  models,
  api,
  connect: ({ me, device, store }) =>
    connect({
      user: me.id,
      device,
      store,
      api,
      listener: {
        status: link.status,
        presence: people.presence,
        typing: people.typing,
        signal: calls.signal,
        callResult: calls.callResult,
      },
      ended: link.sessionEnded,
      // A full device is the one of these that a person can mend.
      report: (code, error) => (code === 'STORAGE_FULL' ? report(error) : note(code, error)),
    }),
  rooms: [link, people, conversation, calls, search, trust, management, lock, later],
  tabs: createTabNews(report),
  toasts,
  readFirst(store) {
    const first = conversation.readFirst(store);
    prepareFormats();
    return first;
  },
  left() {
    navigation.reset();
    later.forget();
  },
});

const actions: Actions = {
  register: account.register,
  logIn: account.logIn,
  logOut: account.logOut,
  countUnsent: account.countUnsent,
  recover: account.recover,
  confirmRecoveryCode: management.confirmRecoveryCode,
  skipRecoveryCode: management.skipRecoveryCode,
  newRecoveryCode: management.newRecoveryCode,
  changePassword: management.changePassword,
  deleteAccount: management.deleteAccount,
  rotateKeys: management.rotateKeys,
  loadDevices: management.loadDevices,
  renameDevice: management.renameDevice,
  endDevice: management.endDevice,
  endOtherDevices: management.endOtherDevices,
  exportData: management.exportData,
  openExport: management.openExport,
  showSafety: trust.showSafety,
  setVerified: trust.setVerified,
  compareSafety: trust.compareSafety,
  acceptIdentity: trust.acceptIdentity,
  blockPerson: people.blockPerson,
  unblockPerson: people.unblockPerson,
  report: management.report,
  enableLock: lock.enableLock,
  addLockKey: lock.addLockKey,
  removeLockKey: lock.removeLockKey,
  disableLock: lock.disableLock,
  setLockMinutes: lock.setLockMinutes,
  lockNow: lock.lockNow,
  unlock: lock.unlock,
  unlockWithKey: lock.unlockWithKey,
  wipe: lock.wipe,
  go,
  back: navigation.back,
  setTheme: shell.setTheme,
  setLook: shell.setLook,
  dismissHint: shell.dismissHint,
  dropShared: shell.dropShared,
  measureStorage: shell.measureStorage,
  keepStorage: shell.keepStorage,
  setLanguage: language.setLanguage,
  setSidebarCollapsed: shell.setSidebarCollapsed,
  dismissToast: toasts.dismiss,
  applyUpdate: updates.apply,
  install: shell.install,
  reconnect: people.reconnect,
  loadDirectory: people.loadDirectory,
  requestFriend: people.requestFriend,
  acceptFriend: people.acceptFriend,
  rejectFriend: people.rejectFriend,
  removeFriend: people.removeFriend,
  search: search.search,
  searchMore: search.searchMore,
  find: search.find,
  findNext: search.findNext,
  jumpTo: search.jumpTo,
  ...calls.actions,
  setNotices: later.setNotices,
  setPreview: later.setPreview,
  jumpToDay: conversation.jumpToDay,
  toNewest: conversation.toNewest,
  keepPlace: conversation.keepPlace,
  setDraft: conversation.setDraft,
  send: conversation.send,
  retry: conversation.retry,
  retryAll: conversation.retryAll,
  discard: conversation.discard,
  edit: conversation.edit,
  setEdit: conversation.setEdit,
  saveEdit: conversation.saveEdit,
  inspect: conversation.inspect,
  loadEarlier: conversation.loadEarlier,
  loadLater: conversation.loadLater,
  fillHole: conversation.fillHole,
  markSeen: conversation.markSeen,
  typing: conversation.typing,
};

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no #app');

/** Browsers give encryption to secure origins only, and some give private windows no storage. */
async function start(): Promise<void> {
  if (isSecureContext) await account.start();
  else models.session.phase.value = 'unusable';
}

/** The door of a newcomer stands in the page already (door-pages.tsx), unless they have chosen another language. */
const hasDoor = root.querySelector('.door') !== null && document.documentElement.lang === spoken;

function draw(into: HTMLElement): void {
  const isDrawn = hasDoor && models.session.phase.peek() === 'signed-out';
  if (isDrawn) for (const field of into.querySelectorAll('input')) field.readOnly = false;
  else into.replaceChildren();
  (isDrawn ? hydrate : render)(<App models={models} actions={actions} />, into);
  into.inert = false;
}

// What the page shows stays until there is more to see: a first drawing costs as much as the one that is wanted.
// Better in English than not at all.
const drawn = Promise.all([start(), learn()?.catch(report)])
  .then(() => fetchFirst(models).catch(report))
  .then(() => draw(root))
  .catch(report);
updates.begin(drawn);
