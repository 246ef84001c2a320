import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from './build.ts';

/** `npm start`: builds what is not built, or not of the present sources, then runs the built server. */
const server = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url));

process.stdout.write('Looking whether the app has to be built …\n');
if (await buildIfStale()) process.stdout.write('Built.\n');

const child = spawn(process.execPath, ['--enable-source-maps', server], { stdio: 'inherit' });
// The server closes gracefully by itself; this process only has to wait for it. A terminal's Ctrl+C reaches both.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (signal !== 'SIGINT') child.kill(signal);
  });
}
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});
