import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Settings } from '../config.ts';
import { EXIT, type Exit, Refusal } from '../refusal.ts';

/** What a command is given: its words in order, its options, the settings, and where to write. */
export interface Call {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly settings: Settings;
  readonly print: (line: string) => void;
}

export interface Command {
  /** How it is called, after `nexchat`. Its words in capitals are required. */
  readonly usage: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** More, for `nexchat help COMMAND`. */
  readonly help: string;
  readonly options?: NonNullable<ParseArgsConfig['options']>;
  run(call: Call): Promise<Exit>;
}

/** Reads a command's words and options. Throws a Refusal that shows how it is called. */
export function readCall(
  { usage, options }: Command,
  args: readonly string[],
): Pick<Call, 'words' | 'options'> {
  const wrong = (why: string) => new Refusal(EXIT.usage, `${why}\nUsage: nexchat ${usage}`);
  const wanted = usage.split(' ').filter((word) => /^[A-Z]+$/.test(word));
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: options ?? {}, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw wrong(error.message);
  }
  const { positionals, values } = parsed;
  if (positionals.length < wanted.length) throw wrong(`${wanted[positionals.length]} is missing.`);
  if (positionals.length > wanted.length) throw wrong(`${positionals[wanted.length]} is one word too many.`);
  return { words: positionals, options: values as Call['options'] };
}
