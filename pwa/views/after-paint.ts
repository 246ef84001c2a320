/** What follows the first paint at once, whatever is opened: one part of the app, because each part for itself costs. */
export { Conversation } from './chats/Conversation.tsx';
export { SearchResults } from './search/SearchResults.tsx';
export { Hints, Reminders } from './shell/Hints.tsx';
export { Notices } from './shell/Notices.tsx';
