import { createConversation } from '#pwa/controllers/conversation.ts';
import type { Inside } from '#pwa/controllers/inside.ts';
import { createToasts } from '#pwa/controllers/toasts.ts';
import { createModels } from '#pwa/models/models.ts';
import type { Route } from '#pwa/models/shell.ts';
import type { LocalStore } from '#pwa/store/ports.ts';
import { becomes } from '#tests/support/check.ts';
import type { World } from './world.ts';

/**
 * The conversation with the peer, open on the screen, read from the world’s store or from another one. `wishes` are what
 * the server is asked for.
 */
export async function openConversation(world: World, store: LocalStore = world.store) {
  const entered = enterConversations(world, store, { panel: 'chats', peer: world.peer.id });
  await becomes(() => entered.models.timeline.loaded.value, 'the conversation opens');
  return entered;
}

/** The list of conversations, or one of them, is about to be on the screen. */
export function enterConversations({ me, opened }: World, store: LocalStore, route: Route) {
  const models = createModels();
  const room = createConversation({ models, toasts: createToasts(models.shell) });
  const wishes: string[] = [];
  models.shell.route.value = route;
  const nothing = () => {};
  const inside: Inside = {
    me: { id: me.id, name: 'casey', fingerprint: '' },
    device: opened.profile.device,
    store,
    keychain: opened.keychain,
    lock: null,
    tokens: {
      adopt: nothing,
      current: () => Promise.resolve(''),
      renew: () => Promise.resolve(''),
      keepFresh: () => nothing,
    },
    seat: {
      wake: nothing,
      networkGone: nothing,
      typing: nothing,
      want: (who, before) => wishes.push(`${who} ${before}`),
      restart: nothing,
      call: nothing,
      dropCall: nothing,
      signal: nothing,
      inCall: nothing,
      leave: () => Promise.resolve(),
    },
  };
  room.enter(inside);
  return { models, room, inside, wishes, leave: () => room.leave() };
}
