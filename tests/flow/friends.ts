import { freePort } from '../support/free-port.ts';
import { type Proxy, createProxy } from '../support/proxy.ts';
import { type ServerOptions, type TestServer, startServer } from '../support/server.ts';
import { type Person, openPerson } from './person.ts';

/** Ana behind a proxy and ben without one: friends, each with the conversation open. */
export interface Friends {
  readonly server: TestServer;
  readonly proxy: Proxy;
  /** The app's address for ana. */
  readonly url: string;
  readonly ana: Person;
  readonly ben: Person;
  close(): Promise<void>;
}

/** `env` is for the server. */
export async function makeFriends({ env = {} }: Pick<ServerOptions, 'env'> = {}): Promise<Friends> {
  const port = await freePort();
  const proxy = await createProxy(port);
  const url = `http://localhost:${proxy.port}`;
  const server = await startServer({ port, origins: [url], env });
  const [ana, ben] = await Promise.all([openPerson(url), openPerson(server.url)]);
  await ana.register('ana');
  await ben.register('ben');
  await ana.addFriend('ben');
  await ben.acceptFriend('ana');
  await ana.openChat('ben');
  await ben.openChat('ana');
  return {
    server,
    proxy,
    url,
    ana,
    ben,
    async close() {
      await ana.browser.close();
      await ben.browser.close();
      await proxy.close();
      await server.close();
    },
  };
}
