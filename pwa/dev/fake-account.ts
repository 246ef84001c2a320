import type { ErrorCode } from '#shared/errors.ts';
import type { Actions } from '../controllers/actions.ts';
import type { AccountModel, ExportContent } from '../models/account.ts';
import type { Models } from '../models/models.ts';

/** What every form of the gallery takes for the right password or passphrase; anything else is wrong. */
export const PASSWORD = 'four unrelated words';
export const RECOVERY_CODE = '7Q2M4TZX9KHR5VNB8WCD3PFYA6EJ';
/** How long a server or a key derivation seems to take. */
const ANSWER_MS = 150;

const MINUTE = 60_000;
const DAY = 86_400_000;

type Devices = NonNullable<AccountModel['devices']['value']>;

export function devices(now: number): Devices {
  const device = (id: string, name: string, startedAgo: number, seenAgo: number): Devices[number] => ({
    id,
    device: id as Devices[number]['device'],
    name,
    started: now - startedAgo,
    seen: now - seenAgo,
    current: id === 'here',
  });
  return [
    device('here', 'Chromium on Linux', 12 * DAY, 2 * MINUTE),
    device('phone', 'Safari on iPhone', 40 * DAY, 26 * 60 * MINUTE),
    device('old', 'Firefox on Windows, the one in the cabin by the lake', 300 * DAY, 90 * DAY),
  ];
}

/** Something that was exported two days before `now`. */
export function exported(now: number): ExportContent {
  const at = now - 3 * DAY;
  return {
    username: 'amara.lindqvist',
    made: now - 2 * DAY,
    conversations: [
      {
        name: 'mira.okafor',
        messages: Array.from({ length: 640 }, (_, index) => ({
          mine: index % 3 === 0,
          at: at - (640 - index) * 17 * MINUTE,
          text: index === 639 ? 'See you on Saturday, then' : `Message ${index + 1} of a long friendship`,
        })),
      },
      { name: 'jonas.weber', messages: [{ mine: false, at, text: 'I have a roof rack <b>and</b> a tent' }] },
    ],
  };
}

type Mine =
  | 'recover'
  | 'confirmRecoveryCode'
  | 'skipRecoveryCode'
  | 'newRecoveryCode'
  | 'changePassword'
  | 'deleteAccount'
  | 'rotateKeys'
  | 'loadDevices'
  | 'renameDevice'
  | 'endDevice'
  | 'endOtherDevices'
  | 'exportData'
  | 'openExport'
  | 'enableLock'
  | 'addLockKey'
  | 'removeLockKey'
  | 'disableLock'
  | 'setLockMinutes'
  | 'lockNow'
  | 'unlock'
  | 'unlockWithKey'
  | 'wipe';

/** What a person does with an account and with this device's lock. */
export function createFakeAccount(
  models: Models,
  done: (call: string) => Promise<void>,
): Pick<Actions, Mine> {
  const { account, session } = models;
  const answer = () => new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  /** A form that needs the password. */
  const proven = async (call: string, secret: string, then: () => void = () => {}): Promise<boolean> => {
    await done(call);
    account.busy.value = true;
    await answer();
    account.busy.value = false;
    const error: ErrorCode | null = secret === PASSWORD ? null : 'BAD_CREDENTIALS';
    account.error.value = error;
    if (error === null) then();
    return error === null;
  };
  const changeDevices = async (call: string, change: (all: Devices) => Devices): Promise<boolean> => {
    await done(call);
    account.devices.value = change(account.devices.value ?? []);
    return true;
  };
  return {
    recover: (username, code) => done(`recover ${username} ${code}`),
    confirmRecoveryCode() {
      account.recoveryCode.value = null;
      void done('confirmRecoveryCode');
    },
    skipRecoveryCode() {
      account.recoveryCode.value = null;
      account.recoveryUnconfirmed.value = true;
      void done('skipRecoveryCode');
    },
    newRecoveryCode: (password) =>
      proven('newRecoveryCode', password, () => (account.recoveryCode.value = RECOVERY_CODE)),
    changePassword: (current) => proven('changePassword', current),
    deleteAccount: (password) =>
      proven('deleteAccount', password, () => {
        session.me.value = null;
        session.phase.value = 'signed-out';
      }),
    async rotateKeys() {
      await done('rotateKeys');
      await answer();
      return true;
    },
    loadDevices: () => void done('loadDevices'),
    renameDevice: (id, name) =>
      changeDevices(`renameDevice ${id} ${name}`, (all) =>
        all.map((device) => (device.id === id ? { ...device, name } : device)),
      ),
    endDevice: (id) => changeDevices(`endDevice ${id}`, (all) => all.filter((device) => device.id !== id)),
    endOtherDevices: () => changeDevices('endOtherDevices', (all) => all.filter(({ current }) => current)),
    exportData: () => proven('exportData', PASSWORD),
    async openExport(file, passphrase) {
      await done(`openExport ${file.name}`);
      await answer();
      account.error.value = passphrase === PASSWORD ? null : 'BAD_CREDENTIALS';
      return account.error.value === null ? exported(Date.now()) : null;
    },
    enableLock: (_passphrase, minutes) =>
      proven(`enableLock ${minutes}`, PASSWORD, () => (account.lock.value = { minutes, hasKey: false })),
    addLockKey: () =>
      proven('addLockKey', PASSWORD, () => {
        if (account.lock.value !== null) account.lock.value = { ...account.lock.value, hasKey: true };
      }),
    removeLockKey: () =>
      proven('removeLockKey', PASSWORD, () => {
        if (account.lock.value !== null) account.lock.value = { ...account.lock.value, hasKey: false };
      }),
    disableLock: (passphrase) => proven('disableLock', passphrase, () => (account.lock.value = null)),
    setLockMinutes(minutes) {
      if (account.lock.value !== null) account.lock.value = { ...account.lock.value, minutes };
      void done(`setLockMinutes ${minutes}`);
    },
    lockNow() {
      session.phase.value = 'locked';
      void done('lockNow');
    },
    async unlock(passphrase) {
      await proven('unlock', passphrase, () => (session.phase.value = 'ready'));
    },
    async unlockWithKey() {
      await proven('unlockWithKey', PASSWORD, () => (session.phase.value = 'ready'));
    },
    wipe() {
      session.me.value = null;
      session.phase.value = 'signed-out';
      return done('wipe');
    },
  };
}
