import type { Preview, Waking } from '../../models/notices.ts';
import type { Look, SettingsSection } from '../../models/shell.ts';
import { counted, numbers, words } from '../strings.ts';

/** The words of the settings. */
export const saySettings = words('settings', {
  title: 'Settings',
  general: 'General',
  sections: {
    notices: 'Notifications',
    calls: 'Calls',
    devices: 'Devices',
    password: 'Password',
    recovery: 'Recovery code',
    lock: 'App lock',
    blocked: 'Blocked people',
    data: 'Your data',
    about: 'About',
  } satisfies Record<SettingsSection, string>,
  lines: {
    notices: 'Of messages, requests and calls',
    calls: 'Microphone, camera, relay',
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

  link: {
    title: 'Your link',
    help: 'Others here find you with it, and can ask to be your friend.',
    copy: 'Copy my link',
  },
  yourFingerprint: 'Your key fingerprint',
  fingerprintHelp:
    'A short name of your identity. Friends compare it, or better the safety number, from the menu of your conversation.',
  appearance: 'Appearance',
  theme: 'Theme',
  language: 'Language',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
  looks: {
    calm: 'Reduce motion',
    opaque: 'Reduce transparency',
    contrast: 'More contrast',
  } satisfies Record<Look, string>,
  looksLegend: 'Easier to see',
  looksHelp: 'What your system is set to holds in any case.',
  space: {
    title: 'Storage',
    used: (used: string) => `NexChat uses about ${used} on this device.`,
    usedOf: (used: string, quota: string) =>
      `NexChat uses about ${used} of the ${quota} that your browser gives it.`,
    messages: (size: string) => `Messages and keys: ${size}.`,
    lasting: 'Your browser keeps it, even when space runs short.',
    fleeting:
      'When space runs short, your browser may erase it. What reached the server comes back when you sign in again.',
    keep: 'Keep it',
    refused: 'Your browser did not promise it. Installing NexChat helps.',
  },
  device: 'On this device',
  storage:
    'Everything you have seen is kept here, sealed with a key that can’t leave this browser. Unsent messages are kept until they reach the server.',
  install: 'Install NexChat',
  installHelp: 'It opens in its own window and from the home screen.',
  installByHand: 'In the browser’s menu: Share, then “Add to Home Screen”.',
  logOut: {
    act: 'Sign out',
    help: 'Erases messages and keys from this device. Your account stays.',
    title: 'Sign out of this device?',
    body: 'Messages, drafts and keys are erased here. What reached the server comes back when you sign in again.',
    unsent: (count: number) =>
      `${counted(count, 'message has', 'messages have')} not been sent and will be lost.`,
    confirm: 'Sign out and erase',
  },

  endsCall: (name: string) => `This ends your call with ${name}.`,

  working: 'Working…',
  save: 'Save',
  wrongPassword: 'The password is wrong.',
  when: {
    today: (time: string) => `today at ${time}`,
    yesterday: (time: string) => `yesterday at ${time}`,
    on: (day: string) => `on ${day}`,
  },

  devices: {
    help: 'Each of these can read and write your messages. Sign out what you don’t know or no longer use.',
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
    end: 'Sign out',
    endName: (name: string) => `Sign out ${name}`,
    endTitle: (name: string) => `Sign out ${name}?`,
    endBody: 'It can’t read or send anything new. What it has already received stays on it.',
    endConfirm: 'Sign out',
    endOthers: 'Sign out all others',
    endOthersTitle: 'Sign out all other devices?',
    endOthersBody: (count: number) =>
      `${counted(count, 'device', 'devices')} will be signed out. This one stays.`,
    keys: 'Encryption keys',
    keysHelp:
      'If a device was lost or somebody else used one, sign it out and then renew your keys: new messages are sealed with keys that it never had. Friends notice nothing, and your safety numbers stay the same.',
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
    unconfirmed:
      'Nobody has checked that your code was written down. If you don’t have it on paper, make a new one now.',
    title: 'Make a new code',
    newHelp: 'The new code is shown once.',
    replaceHelp: 'Your current code will stop working. The new one is shown once.',
    submit: 'Make a new code',
  },

  notices: {
    help: 'Hear of new messages, friend requests and calls while you do not look at NexChat.',
    title: 'On this device',
    on: 'Show notifications',
    missing: 'This browser can’t show notifications.',
    install:
      'On an iPhone or iPad, notifications need NexChat on the home screen: in the browser’s menu Share, then “Add to Home Screen”. Open it from there and come back here.',
    refused:
      'The browser shows no notifications of NexChat. Allow them in its settings for this site, beside the address, and come back here.',
    waking: {
      unknown: 'The server has not been asked yet. Until then notifications come while NexChat is open.',
      on: 'They also come while NexChat is closed.',
      'no-server': 'This server wakes no devices, so they come only while NexChat is open.',
      'no-browser': 'This browser’s push service can’t be reached, so they come only while NexChat is open.',
    } satisfies Record<Waking, string>,
    preview: 'What they show',
    previews: {
      text: 'Who wrote, and what',
      name: 'Who wrote',
      nothing: 'Only that there is something new',
    } satisfies Record<Preview, string>,
    locked:
      'While the app lock is on, they only say that there is something new: they can be seen without the passphrase.',
    privacyTitle: 'What others learn',
    privacy:
      'What wakes this device says only that there is a message, a request or a call, sealed for this device. Whose it is and what it says, NexChat fetches and opens here. The push service of your browser’s maker passes it on, and learns when this device is woken.',
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
    nowTitle: 'Lock NexChat now?',
    keyHelp: 'Unlock with the fingerprint, face or PIN of this device instead of typing.',
    addKey: 'Add',
    hasKey: 'The fingerprint, face or PIN of this device unlocks NexChat, too.',
    removeKey: 'Remove it',
    keyRemoved: 'Only the passphrase unlocks NexChat now.',
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
    exported: 'The file is ready. Your browser saves it.',
    exportedPart: (count: number) =>
      `The file is ready, without ${counted(count, 'older message', 'older messages')} that this device could not fetch. Export again when you are connected.`,
    fetching: (count: number) => `Fetching older messages: ${numbers.format(count)} to go`,
    openTitle: 'Open an exported file',
    openHelp: 'To read it here. Nothing in it is added to your account.',
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
});
