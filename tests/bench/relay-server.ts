import type { Person } from './bench-server.ts';
import { startBenchServer } from './bench-server.ts';
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
  }: {
    dataDir: string;
    pairs: number;
  }): Promise<{ url: string; pairs: Pair[] }> {
    const server = await startBenchServer(dataDir);
    const made = Array.from({ length: pairs }, async (_, i): Promise<Pair> => {
      const [sender, recipient] = await Promise.all([
        server.signUp(`sender${i}`),
        server.signUp(`reader${i}`),
      ]);
      await server.befriend(sender, recipient);
      return { sender, recipient };
    });
    return { url: server.url, pairs: await Promise.all(made) };
  },
  processorTime,
};
export type RelayServer = typeof handlers;

serve(handlers);
