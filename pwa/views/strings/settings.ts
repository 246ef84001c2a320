import type { SettingsSection } from '../../models/shell.ts';
import { counted, numbers } from '../strings.ts';

/** The words of the settings. */
export const saySettings = {
  title: 'Settings',
  general: 'General',
  sections: {
    devices: 'Devices',
    password: 'Password',
    recovery: 'Recovery code',
    lock: 'App lock',
    blocked: 'Blocked people',
    data: 'Your data',
    about: 'About',
  } satisfies Record<SettingsSection, string>,
  lines: {
    devices: 'Where you are signed in',
    password: 'Change your password',
    recovery: 'The way back without a password',
    lock: 'A passphrase for this device',
    blocked: 'Who can’t reach you',
    data: 'Export, delete, erase',
    about: 'Version and licence',
  } satisfies Record<SettingsSection, string>,
  account: 'Account',
  privacy: 'Privacy',
  more: 'More',

  yourFingerprint: 'Your key fingerprint',
  fingerprintHelp:
    'A short name of your identity. Friends compare it, or better the safety number, from the menu of your conversation.',
  appearance: 'Appearance',
  theme: 'Theme',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
  device: 'On this device',
  storage:
    'Everything you have seen is kept here, sealed with a key that can’t leave this browser. Unsent messages are kept until they reach the server.',
  install: 'Install NexChat',
  installHelp: 'It opens in its own window and from the home screen.',
  logOut: {
    act: 'Log out',
    help: 'Erases messages and keys from this device. Your account stays.',
    title: 'Log out of this device?',
    body: 'Messages and keys are erased here. What reached the server comes back when you sign in again.',
    unsent: (count: number) =>
      `${counted(count, 'message has', 'messages have')} not been sent and will be lost.`,
    confirm: 'Log out and erase',
  },

  working: 'Working…',
  save: 'Save',
  wrongPassword: 'The password is wrong.',
  when: {
    today: (time: string) => `today at ${time}`,
    yesterday: (time: string) => `yesterday at ${time}`,
    on: (day: string) => `on ${day}`,
  },

  devices: {
    help: 'Each of these can read and write your messages. End what you don’t know or no longer use.',
    label: 'Signed-in devices',
    loading: 'Asking the server…',
    failed: 'The list of devices needs a connection.',
    current: 'This device',
    seen: (when: string) => `Last seen ${when}`,
    started: (when: string) => `Signed in ${when}`,
    rename: 'Rename',
    renameName: (name: string) => `Rename ${name}`,
    renameTitle: 'Rename this device',
    nameLabel: 'Name',
    end: 'End',
    endName: (name: string) => `End the sign-in of ${name}`,
    endTitle: (name: string) => `End the sign-in of ${name}?`,
    endBody: 'It can’t read or send anything new. What it has already received stays on it.',
    endConfirm: 'End sign-in',
    endOthers: 'End all others',
    endOthersTitle: 'End the sign-ins of all other devices?',
    endOthersBody: (count: number) =>
      `${counted(count, 'device', 'devices')} will be signed out. This one stays.`,
    keys: 'Encryption keys',
    keysHelp:
      'If a device was lost or somebody else used one, end its sign-in and then renew your keys: new messages are sealed with keys that it never had. Friends notice nothing, and your safety numbers stay the same.',
    rotate: 'Renew keys',
    rotated: 'Your keys are new. Friends take them over by themselves.',
  },

  password: {
    help: 'Changing it signs out your other devices.',
    current: 'Current password',
    next: 'New password',
    submit: 'Change password',
    done: 'Your password is changed. Your other devices were signed out.',
  },

  recovery: {
    help: 'With this code you get back in when you have forgotten your password. Whoever has it can take over your account, so keep it apart from your devices.',
    made: (when: string) => `Your current code was made on ${when}.`,
    none: 'You have no recovery code. If you forget your password, your messages are lost.',
    unknown: 'Connect to see whether you have a code.',
    title: 'Make a new code',
    newHelp: 'Your current code will stop working. The new one is shown once.',
    submit: 'Make a new code',
  },

  lock: {
    help: 'Whoever opens NexChat on this device must enter the passphrase first. Until then messages stay sealed here, also from programs that read the disk.',
    off: 'Turn on the lock',
    passphrase: 'Passphrase',
    repeat: 'Repeat the passphrase',
    different: 'The two passphrases are different.',
    warning: 'Nobody can reset it. If you forget it, erase this device and sign in again.',
    after: 'Lock after',
    minutes: (count: number) => counted(count, 'minute', 'minutes'),
    enable: 'Turn on the lock',
    on: 'The lock is on',
    now: 'Lock now',
    keyHelp: 'Unlock with the fingerprint, face or PIN of this device instead of typing.',
    addKey: 'Add',
    hasKey:
      'The fingerprint, face or PIN of this device unlocks NexChat, too. To remove it, turn the lock off and on again.',
    noKey: 'This browser can’t unlock with a fingerprint, face or PIN.',
    disableTitle: 'Turn off the lock',
    disableHelp: 'NexChat then opens on this device without asking.',
    disable: 'Turn off',
    done: (minutes: number) => `NexChat locks itself after ${counted(minutes, 'minute', 'minutes')}.`,
    disabled: 'The lock is off.',
  },

  blocked: {
    help: 'Their messages and requests don’t reach you, and they are not told.',
    label: 'Blocked people',
    emptyTitle: 'You have blocked nobody',
    empty: 'You can block somebody from the menu of your conversation.',
  },

  data: {
    exportTitle: 'Export your data',
    exportHelp:
      'Messages, contacts and keys in one file that only a passphrase of your choice opens. Whoever has both can read everything.',
    passphrase: 'Passphrase for the file',
    export: 'Export',
    exported: 'The file is made. Your browser saves it.',
    openTitle: 'Open an exported file',
    openHelp: 'To read it here. Nothing of it enters your account.',
    file: 'Exported file',
    filePassphrase: 'Passphrase of the file',
    noFile: 'Choose a file first.',
    open: 'Open',
    wrongPassphrase: 'This passphrase does not open the file.',
    notExport: 'This is not an export of NexChat, or the file is damaged.',
    deleteTitle: 'Delete your account',
    deleteHelp:
      'Your keys, your friendships and everything on this device are erased for good. Nobody else can ever take your name. Friends keep the conversations that they had with you.',
    delete: 'Delete account…',
    deleteAsk: (name: string) => `Delete ${name} for good?`,
    deleteBody: 'Nobody can undo this. Export your data first if you want to keep it.',
    typeName: (name: string) => `Type ${name} to confirm`,
    deleteConfirm: 'Delete for good',
    wipeTitle: 'Erase this device at once',
    wipeHelp: 'For an emergency: also works offline. Your account and your other devices stay.',
    wipe: 'Erase now…',
  },

  viewer: {
    title: (name: string) => `Export of ${name}`,
    made: (when: string) => `Made on ${when}`,
    label: 'Conversations in the file',
    messages: (count: number) => counted(count, 'message', 'messages'),
    none: 'There are no conversations in this file.',
    close: 'Close the file',
    back: 'All conversations',
    earlier: (count: number) => `Show ${numbers.format(count)} earlier`,
    you: 'You',
  },

  about: {
    text: 'NexChat keeps conversations between the people in them. Messages are encrypted with ECDH P-256 and AES-256-GCM in your browser; the server stores and relays sealed envelopes.',
    version: 'Version',
    licence: 'Licence',
    mit: 'MIT. Use, change and share it freely.',
    parts: 'The licences of the packages it is made of come with its source, in THIRD-PARTY-NOTICES.',
  },
};
