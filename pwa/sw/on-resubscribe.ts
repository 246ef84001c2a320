import { note } from '../controllers/log.ts';
import { beWoken } from '../notices/waking.ts';
import { loadDevice } from '../store/device.ts';
import { createApi } from '../transport/http.ts';
import { createPushApi } from '../transport/push-api.ts';
import { chosenHere, tokensOf } from './here.ts';

declare const self: ServiceWorkerGlobalScope;

/** The push service has ended a subscription, as it may at any time: the server is told of a new one. */
export async function onResubscribe(): Promise<void> {
  const { id, user } = await loadDevice();
  if (user === null || (await chosenHere())?.wanted !== true) return;
  const api = createApi(self.location.origin);
  const tokens = tokensOf(user, id, api);
  const { pushManager: push } = self.registration;
  await beWoken({ push, api: createPushApi(api), token: () => tokens.current(), note });
}
