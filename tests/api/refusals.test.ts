import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsOf } from '../support/api-rows.ts';
import { type ApiServer, startApi } from '../support/api-server.ts';
import { authentication } from './refusals/authentication.ts';
import { bodies } from './refusals/bodies.ts';
import { devices } from './refusals/devices.ts';
import { friends } from './refusals/friends.ts';
import { headers } from './refusals/headers.ts';
import { keys } from './refusals/keys.ts';
import { messages } from './refusals/messages.ts';
import { recovery } from './refusals/recovery.ts';
import { type Refusal, type World, createWorld } from './refusals/refusal.ts';
import { tokens } from './refusals/tokens.ts';
import { websocket } from './refusals/websocket.ts';

const GROUPS: Readonly<Record<string, readonly Refusal[]>> = {
  authentication,
  tokens,
  'WebSocket and exchanges': websocket,
  messages,
  'keys and keyrings': keys,
  recovery,
  devices,
  'friends, blocking and reports': friends,
  'bodies and injection': bodies,
  headers,
};

/** What must not work, and must not leave a trace: each attempt is refused with its own code, and no row changes. */
describe('refusals', () => {
  let server: ApiServer;
  let world: World;
  beforeAll(async () => {
    server = await startApi({ store: 'sqlite', framesPerSecond: 10_000 });
    world = await createWorld(server);
  });
  afterAll(() => server.dispose());

  for (const [group, refusals] of Object.entries(GROUPS)) {
    describe(group, () => {
      for (const { title, prepare, code, status, changes } of refusals) {
        test(title, async () => {
          const attempt = await prepare(world);
          const before = rowsOf(server);
          expect(await attempt()).toEqual({ status, code });
          const after = rowsOf(server);
          expect(changes ? { ...after, [changes]: before[changes] } : after).toEqual(before);
        });
      }
    });
  }

  test('the list is long, and no case is in it twice', () => {
    const titles = Object.values(GROUPS).flatMap((refusals) => refusals.map(({ title }) => title));
    expect(new Set(titles).size).toBe(titles.length);
    expect(titles.length).toBeGreaterThanOrEqual(75);
  });
});
