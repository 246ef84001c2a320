/** What one tab tells the others of this browser about the door. */
export interface TabNews {
  say(news: News): void;
  listen(listener: (news: News) => Promise<void>): void;
}
type News = 'signed-in' | 'signed-out';

export function createTabNews(report: (error: unknown) => void): TabNews {
  const channel = new BroadcastChannel('nexchat-door');
  return {
    say: (news) => channel.postMessage(news),
    listen(listener) {
      channel.addEventListener('message', (event: MessageEvent<News>) => {
        listener(event.data).catch(report);
      });
    },
  };
}
