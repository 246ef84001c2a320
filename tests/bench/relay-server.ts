import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Person, startBenchServer } from './bench-server.ts';
import { processorTime, serve } from './program.ts';

/** Two friends: one writes, the other reads. */
export interface Pair {
  readonly sender: Person;
  readonly recipient: Person;
}

/** A process with the real server and people who are friends in pairs. */
const handlers = {
  async start({
    dataDir,
    pairs,
    redisUrl,
  }: {
    dataDir: string;
    pairs: number;
    /** With it there is a second node on the same store. */
    redisUrl?: string;
  }): Promise<{ url: string; otherUrl: string; pairs: Pair[] }> {
    const server = await startBenchServer(dataDir, redisUrl === undefined ? undefined : { redisUrl });
    const other =
      redisUrl === undefined ? server : await startBenchServer(dataDir, { redisUrl, first: server });
    const made = Array.from({ length: pairs }, async (_, i): Promise<Pair> => {
      const [sender, recipient] = await Promise.all([
        server.signUp(`sender${i}`),
        server.signUp(`reader${i}`),
      ]);
      await server.befriend(sender, recipient);
      return { sender, recipient };
    });
    return { url: server.url, otherUrl: other.url, pairs: await Promise.all(made) };
  },
  /** Serves whom another process has signed up there. */
  async reopen({ dataDir }: { dataDir: string }): Promise<{ url: string }> {
    const { url } = await startBenchServer(dataDir);
    return { url };
  },
  /** Resident bytes, after what is garbage has gone. */
  memory(): number {
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    return process.memoryUsage().rss;
  },
  processorTime,
};
export type RelayServer = typeof handlers;

serve(handlers);
