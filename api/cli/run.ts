import pkg from '../../package.json' with { type: 'json' };
import { parseSettings, unknownSettings } from '../config.ts';
import { EXIT, type Exit, Refusal } from '../refusal.ts';
import { explain } from '../start-failures.ts';
import { backupCommand, restoreCommand } from './backup.ts';
import { type Command, readCall } from './command.ts';
import { doctorCommand } from './doctor.ts';
import {
  deleteCommand,
  reportsCommand,
  statsCommand,
  suspendCommand,
  unsuspendCommand,
  userCommand,
  usersCommand,
} from './people.ts';
import { nameOfStore } from './stores.ts';
import { exportCommand, importCommand } from './transfer.ts';

/** The operator's tool: works on the data of the same settings as the server, most of it beside a running one. */
const commands: Readonly<Record<string, Command>> = {
  backup: backupCommand,
  restore: restoreCommand,
  export: exportCommand,
  import: importCommand,
  doctor: doctorCommand,
  users: usersCommand,
  user: userCommand,
  suspend: suspendCommand,
  unsuspend: unsuspendCommand,
  delete: deleteCommand,
  reports: reportsCommand,
  stats: statsCommand,
};

export interface Terminal {
  readonly print: (line: string) => void;
  /** Which store is worked on, and what went wrong, for standard error. */
  readonly complain: (text: string) => void;
}

/** Runs `nexchat ARGS` under the settings of `env`. Rejects only for a fault of the program. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
): Promise<Exit> {
  const [name = 'help', ...rest] = args;
  const refuse = (exit: Exit, message: string): Exit => {
    terminal.complain(message);
    return exit;
  };
  const asksHelp = ['help', '--help', '-h'].includes(name);
  const wanted = asksHelp ? rest[0] : name;
  const command = wanted !== undefined && Object.hasOwn(commands, wanted) ? commands[wanted] : undefined;
  if (name === '--version') {
    terminal.print(pkg.version);
    return EXIT.ok;
  }
  if (wanted === undefined) return overview(terminal.print);
  if (!command) return refuse(EXIT.usage, `There is no command ${wanted}. nexchat help lists them all.`);
  if (asksHelp || rest.includes('--help') || rest.includes('-h'))
    return explainCommand(command, terminal.print);
  const settings = parseSettings(env);
  if (!settings.ok) return refuse(EXIT.settings, settings.error.join('\n'));
  for (const setting of unknownSettings(env)) {
    terminal.complain(`${setting} is not a setting of NexChat, so it is ignored.`);
  }
  let file: string | undefined;
  try {
    const call = readCall(command, rest);
    if (command.usage.includes(' FILE')) [file] = call.words;
    if (settings.value.store !== 'memory') terminal.complain(`On ${nameOfStore(settings.value)}`);
    return await command.run({ ...call, settings: settings.value, print: terminal.print });
  } catch (error) {
    const refusal = error instanceof Refusal ? error : explain(error, { ...settings.value, file });
    if (!refusal) throw error;
    return refuse(refusal.exit, refusal.message);
  }
}

function overview(print: Terminal['print']): Exit {
  const width = Math.max(...Object.values(commands).map(({ usage }) => usage.length)) + 2;
  print('The operator’s tool of NexChat. Settings are those of the server: the environment, or .env here.\n');
  for (const { usage, summary } of Object.values(commands))
    print(`  nexchat ${usage.padEnd(width)}${summary}`);
  print(
    '\nnexchat help COMMAND says more, nexchat --version which one this is. Exit codes: docs/operations.md.',
  );
  return EXIT.ok;
}

function explainCommand({ usage, summary, help }: Command, print: Terminal['print']): Exit {
  print(`nexchat ${usage}\n\n${summary}\n\n${help}`);
  return EXIT.ok;
}
