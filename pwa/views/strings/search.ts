import { counted, numbers, words } from '../strings.ts';

/** The words of looking for messages. */
export const saySearch = words('search', {
  title: 'Search',
  hintTitle: 'Search all messages',
  hint: 'Everything that is on this device can be found, also offline. What you look for stays here.',
  chats: 'Conversations',
  messages: 'Messages',
  mine: 'You:',
  more: 'Show more',
  noneTitle: 'No messages found',
  none: (query: string) => `Nothing on this device says “${query}”.`,
  found: (count: number, more: boolean) =>
    more ? `More than ${counted(count, 'message', 'messages')}` : counted(count, 'message', 'messages'),
  preparing: 'Reading your messages…',
  reading: (done: number, total: number) =>
    `Still reading: ${numbers.format(done)} of ${numbers.format(total)}`,
});
