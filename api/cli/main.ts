import { readEnvFile } from '../env-file.ts';
import { EXIT } from '../refusal.ts';
import { runCommand } from './run.ts';

/** `nexchat`: the operator's tool, as a process. */

// What is written is for its owner alone.
process.umask(0o077);
const unread = readEnvFile();
if (unread) {
  process.stderr.write(`${unread.message}\n`);
  process.exit(unread.exit);
}
// Whoever reads the output may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.disk);
});
process.exitCode = await runCommand(process.argv.slice(2), process.env, {
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (text) => void process.stderr.write(`${text}\n`),
});
