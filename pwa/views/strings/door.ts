import type { Strength } from '#shared/password-strength.ts';
import type { EntryStage } from '../../models/session.ts';
import { atFirstUse } from '../at-first-use.ts';
import { LOCALE } from '../language.ts';
import { counted, numbers, words } from '../strings.ts';

const ordinals = atFirstUse(() => new Intl.PluralRules(LOCALE, { type: 'ordinal' }));
const ENDINGS: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' };

/** `1st`, `22nd`. */
const ordinal = (position: number) =>
  `${numbers.format(position)}${ENDINGS[ordinals().select(position)] ?? 'th'}`;

/** The words of everything before the chats: signing in and up, recovery, the lock. */
export const sayDoor = words('door', {
  tagline: 'Private conversations, even offline',
  logIn: 'Sign in',
  register: 'Create account',
  choice: 'Sign in or create an account',
  username: 'Username',
  usernameHint: '3 to 32 letters, digits, dots, dashes or underscores; starts with a letter.',
  password: 'Password',
  passwordHint: 'At least 10 characters, not easy to guess. A few unrelated words work well.',
  easy: 'Easy to guess',
  guessable: 'This is easy to guess. Use a few unrelated words instead.',
  showPassword: 'Show password',
  hidePassword: 'Hide password',
  strength: {
    0: 'Too short',
    1: 'Could be longer',
    2: 'Good',
    3: 'Strong',
  } satisfies Record<Strength, string>,
  promise:
    'End-to-end encrypted. Your messages are locked on this device, and only you and your friend can open them.',
  noReset: 'Nobody can reset this password for you. Next you get a recovery code for the day you forget it.',
  forgot: 'Forgot your password?',
  stage: {
    deriving: 'Turning your password into keys…',
    contacting: 'Contacting the server…',
    opening: 'Unlocking your keys…',
    storing: 'Saving them on this device…',
  } satisfies Record<EntryStage, string>,
  stageShort: {
    deriving: 'Keys',
    contacting: 'Server',
    opening: 'Unlock',
    storing: 'Save',
  } satisfies Record<EntryStage, string>,

  recover: {
    title: 'Get back in',
    body: 'Your recovery code opens your keys once more. It works one time; you get a new one afterwards, and your other devices are signed out.',
    code: 'Recovery code',
    codeHint: 'Dashes, spaces and small letters make no difference.',
    password: 'New password',
    submit: 'Set new password',
    wrong: 'The username or the recovery code is wrong. A code works only once.',
    back: 'Back to signing in',
    none: 'Without the password and the code nobody can open your messages, not even the operator of this server.',
  },

  code: {
    title: 'Your recovery code',
    body: 'It is the only way back if you forget your password. It is shown once, now. Keep it where you keep important papers.',
    unsure:
      'The server has not confirmed it yet. Write it down all the same: it counts once the step has worked. If you never learn whether it has, make a new code in the settings.',
    label: 'Recovery code',
    copy: 'Copy',
    copied: 'Copied',
    notCopied: 'The browser did not let it be copied. Select the text and copy it.',
    download: 'Download',
    fileName: (name: string) => `nexchat-recovery-code-${name}.txt`,
    file: (name: string, code: string, date: string) =>
      `NexChat recovery code of ${name}\n\n${code}\n\nMade on ${date}. It works once: when signing in to NexChat, choose “Forgot your password?”.\nWhoever has this code can take over the account. Keep it where nobody else finds it.\n`,
    next: 'I have written it down',
    skip: 'Continue without it',
    checkTitle: 'Let’s make sure',
    check: (position: number) => `Type the ${ordinal(position)} group of four characters of the code.`,
    group: (position: number) => `${ordinal(position)} group of four`,
    wrong: 'That is not what this group says. Look again.',
    show: 'Show the code again',
    confirm: 'Confirm',
    skipTitle: 'Continue without a recovery code?',
    skipBody:
      'If you forget your password, all your messages and your account are lost for good. Nobody can bring them back. You can make a new code later, in the settings.',
    skipConfirm: 'Continue without it',
  },

  lock: {
    title: 'NexChat is locked',
    body: 'Your messages on this device are sealed until you unlock them.',
    passphrase: 'Passphrase',
    unlock: 'Unlock',
    unlocking: 'Unlocking…',
    key: 'Use fingerprint, face or PIN',
    wrong: 'That passphrase is not right.',
    wait: (seconds: number) =>
      seconds < 60
        ? `Too many attempts. Try again in ${counted(seconds, 'second', 'seconds')}.`
        : `Too many attempts. Try again in ${counted(Math.ceil(seconds / 60), 'minute', 'minutes')}.`,
    wipe: 'Erase this device',
    wipeTitle: 'Erase NexChat from this device?',
    wipeBody:
      'Messages, keys and settings on this device are destroyed at once, also those that were not sent yet. Your account stays: you can sign in again with your password.',
    wipeConfirm: 'Erase everything',
  },

  again: {
    title: 'Welcome back',
    body: (name: string) =>
      `Enter the password of ${name} to send and receive again. Nothing on this device is lost.`,
    submit: 'Sign in',
    wrong: 'The password is wrong.',
  },

  unusable: {
    insecureTitle: 'This address is not secure',
    insecure:
      'Browsers give encryption only to pages that come over https or from this very computer. Open NexChat at an https address, or at localhost.',
    storageTitle: 'No room to keep your messages',
    storage:
      'This browser gives the app no storage, as private windows often do. Open NexChat in a normal window and try again.',
  },
});
