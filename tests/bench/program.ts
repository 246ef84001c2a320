import { fork } from 'node:child_process';
import { once } from 'node:events';
import { settled } from '#tests/support/wait.ts';

/** What a program does when its parent asks. */
type Handlers = Record<string, (argument: never) => unknown>;

interface Request {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}
type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

/** A process of its own that answers calls. `H` are the handlers that it serves. */
export interface Program<H extends Handlers> {
  /** Rejects after two minutes, or when the handler throws. */
  call<K extends keyof H & string>(
    name: K,
    argument: Parameters<H[K]>[0],
  ): Promise<Awaited<ReturnType<H[K]>>>;
  close(): Promise<void>;
}

const ANSWER_MS = 120_000;
const START_MS = 10_000;

/** Starts a built program (see programs.ts) and waits until it serves. */
export async function startProgram<H extends Handlers>(file: string): Promise<Program<H>> {
  // Structured clone: requests may hold bytes.
  const child = fork(file, [], { serialization: 'advanced', execArgv: ['--enable-source-maps'] });
  const waiting = new Map<number, (reply: Reply) => void>();
  let ended = false;
  let calls = 0;
  const exit = once(child, 'exit').then(() => {
    ended = true;
    for (const [id, answer] of waiting) answer({ id, error: 'the process ended' });
  });
  await settled(Promise.race([once(child, 'message'), exit]), { within: START_MS, for: file });
  child.on('message', (reply: Reply) => waiting.get(reply.id)?.(reply));

  return {
    async call(name, argument) {
      if (ended) throw new Error(`${file} has ended.`);
      const id = ++calls;
      const answer = new Promise<Reply>((resolve) => waiting.set(id, resolve));
      child.send({ id, name, argument } satisfies Request);
      const reply = await settled(answer, { within: ANSWER_MS, for: `${file} to ${name}` });
      waiting.delete(id);
      if ('error' in reply) throw new Error(`${file} could not ${name}: ${reply.error}`);
      // The program's own type says what it is.
      return reply.value as never;
    },
    async close() {
      if (!ended) child.kill('SIGKILL');
      await exit;
    },
  };
}

/** The other side: answers the parent's calls until it is gone. */
export function serve(handlers: Handlers): void {
  const send = (reply: Reply | 'ready'): void => void process.send?.(reply);
  const answer = async ({ id, name, argument }: Request): Promise<void> => {
    try {
      send({ id, value: await handlers[name]?.(argument as never) });
    } catch (error) {
      send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  };
  process.on('message', (request: Request) => void answer(request));
  process.on('disconnect', () => process.exit());
  send('ready');
}

/** Processor time that this process has used, in microseconds. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
