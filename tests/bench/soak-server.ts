import { pathToFileURL } from 'node:url';
import { type ServerOptions, type TestServer, startServer } from '#tests/support/server.ts';
import { until } from '#tests/support/wait.ts';
import { buildPrograms } from './programs.ts';
import { SAMPLE_MARK, SAMPLE_SIGNAL, type Sample } from './soak-sample.ts';

export interface SoakServer extends TestServer {
  /** Collects its garbage, and tells how it stands. */
  sample(): Promise<Sample>;
}

const ANSWER_MS = 10_000;
const LINE = new RegExp(`^${SAMPLE_MARK}(.+)\n`, 'm');

/** The built server in a process of its own, which can be asked how it stands. */
export async function startSoakServer(options: ServerOptions): Promise<SoakServer> {
  const preload = (await buildPrograms())['preload-soak'];
  const before = process.env['NODE_OPTIONS'];
  process.env['NODE_OPTIONS'] = `${before ?? ''} --import=${pathToFileURL(preload).href}`;
  try {
    const server = await startServer(options);
    return {
      ...server,
      async sample() {
        const from = server.logs().length;
        try {
          process.kill(server.pid(), SAMPLE_SIGNAL);
        } catch (cause) {
          throw new Error(`The server has ended. It printed:\n${server.logs()}`, { cause });
        }
        const line = await until(() => LINE.exec(server.logs().slice(from))?.[1], {
          within: ANSWER_MS,
          for: 'a sample of the server',
        });
        return JSON.parse(line) as Sample;
      },
    };
  } finally {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  }
}
