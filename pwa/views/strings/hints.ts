import type { Hint } from '../../models/shell.ts';
import { words } from '../strings.ts';

/** What is said once to somebody who is new. */
export const sayHints = words('hints', {
  label: 'Good to know',
  done: 'Got it',
  hints: {
    offline: {
      title: 'It works offline, too',
      text: 'Read and write without a network. What you write leaves as soon as there is one.',
    },
    notices: {
      title: 'Hear of new messages',
      text: 'A notification can tell you of them when NexChat is closed, too.',
    },
    install: {
      title: 'Keep NexChat at hand',
      text: 'Installed, it opens in its own window, and your browser keeps your messages.',
    },
    safety: {
      title: 'Know who you talk to',
      text: 'Compare the safety number with a friend once: it is in the menu of your conversation.',
    },
  } satisfies Record<Hint, { title: string; text: string }>,
  turnOn: 'Turn on',
  notNow: 'Not now',
  install: 'Install',
  byHand: 'In the browser’s menu: Share, then “Add to Home Screen”.',
  code: {
    title: 'Keep a copy of your recovery code',
    text: 'You have not confirmed yet that you kept one. Without it, a forgotten password means that everything is lost.',
    act: 'Make a new code',
  },
  share: {
    title: 'Where to?',
    text: 'Choose a conversation. You can still change this before you send it.',
    cancel: 'Discard',
  },
});
