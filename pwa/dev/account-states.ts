import type { Waking } from '../models/notices.ts';
import type { SettingsSection } from '../models/shell.ts';
import { devices, RECOVERY_CODE } from './fake-account.ts';
import { me } from './fake-people.ts';
import { inside } from './inside.ts';
import type { Prepare } from './inside.ts';

const section = (name: SettingsSection, more?: Prepare) => inside({ panel: 'settings', section: name }, more);

const locked =
  (hasKey: boolean): Prepare =>
  (models) => {
    models.session.phase.value = 'locked';
    models.account.lock.value = { minutes: 5, hasKey };
  };

const notified =
  (waking: Waking): Prepare =>
  ({ notices }) => {
    notices.leave.value = 'given';
    notices.wanted.value = true;
    notices.waking.value = waking;
  };

const MADE = Date.UTC(2026, 3, 12, 9, 30);

/** Accounts, devices and the lock. */
export const ACCOUNT_STATES: Readonly<Record<string, Prepare>> = {
  'recovery-code': (models) => {
    models.session.phase.value = 'ready';
    models.session.me.value = me;
    models.account.recoveryCode.value = RECOVERY_CODE;
  },
  locked: locked(false),
  'locked-key': locked(true),

  'settings-devices': section('devices', (models) => (models.account.devices.value = devices(Date.now()))),
  'settings-devices-loading': section('devices'),
  'settings-devices-failed': section('devices', (models) => {
    models.status.link.value = 'offline';
  }),
  'settings-password': section('password'),
  'settings-recovery': section('recovery', (models) => (models.account.recoveryCreated.value = MADE)),
  'settings-recovery-none': section('recovery', (models) => (models.account.recoveryCreated.value = null)),
  'settings-recovery-unknown': section('recovery', (models) => (models.status.link.value = 'offline')),
  'settings-lock': section('lock'),
  'settings-lock-on': section('lock', (models) => {
    models.account.lock.value = { minutes: 15, hasKey: false };
    models.account.canUseKey.value = true;
  }),
  'locked-wait': (models) => {
    locked(false)(models);
    models.account.error.value = 'RATE_LIMITED';
    models.account.wait.value = 40;
  },
  'settings-recovery-unconfirmed': section('recovery', (models) => {
    models.account.recoveryCreated.value = MADE;
    models.account.recoveryUnconfirmed.value = true;
  }),
  'settings-lock-key': section('lock', (models) => {
    models.account.lock.value = { minutes: 15, hasKey: true };
    models.account.canUseKey.value = true;
  }),
  'settings-notices': section('notices'),
  'settings-notices-on': section('notices', notified('on')),
  'settings-notices-no-server': section('notices', notified('no-server')),
  'settings-notices-no-browser': section('notices', notified('no-browser')),
  'settings-notices-locked': section('notices', (models) => {
    notified('unknown')(models);
    models.account.lock.value = { minutes: 15, hasKey: false };
  }),
  'settings-notices-busy': section('notices', (models) => (models.notices.busy.value = true)),
  'settings-notices-refused': section('notices', (models) => (models.notices.leave.value = 'refused')),
  'settings-notices-missing': section('notices', (models) => (models.notices.leave.value = 'missing')),
  'settings-notices-install': section('notices', (models) => (models.notices.leave.value = 'install')),
  'settings-blocked': section('blocked'),
  'settings-blocked-none': section('blocked', (models) => (models.people.contactsById.value = new Map())),
  'settings-data': section('data'),
  'settings-data-fetching': section('data', (models) => (models.account.fetching.value = 2_640)),
  'settings-about': section('about'),
};
