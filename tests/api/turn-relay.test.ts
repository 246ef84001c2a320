import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomSecret } from '#api/auth/keys.ts';
import { createIceServers } from '#api/ice-servers.ts';
import type { UserId } from '#shared/ids.ts';

const ANN = 'AAAAAAAAAAAAAAAAAAAAAA' as UserId;
const CONFIG = fileURLToPath(new URL('../../deploy/coturn/turnserver.conf', import.meta.url));
const runs = (program: string, ...args: string[]): boolean =>
  spawnSync(program, args, { timeout: 5_000 }).error === undefined;
const missing = !runs('turnserver', '--help')
  ? 'coturn is not installed'
  : spawnSync('unshare', ['-n', 'true'], { timeout: 5_000 }).status !== 0
    ? 'network namespaces need root'
    : null;

/** An address of the world, that is ours in a network of its own. */
const PUBLIC = '8.8.4.4';
/** Relay, somebody who echoes, and a client, in a network that nobody else is in. `$1` is who is talked to. */
const SCRIPT = `
  ip link set lo up && ip addr add ${PUBLIC}/32 dev lo || exit 90
  turnserver -c "$CONFIG" --realm=test --static-auth-secret="$SECRET" --listening-ip=127.0.0.1 --relay-ip=${PUBLIC} \\
    --no-tls --no-dtls --log-file="$DIR/log" --pidfile="$DIR/pid" --userdb="$DIR/db" > /dev/null 2>&1 &
  relay=$!
  turnutils_peer -L ${PUBLIC} -p 3480 > /dev/null 2>&1 &
  echo=$!
  trap 'kill -9 $relay $echo' EXIT
  for try in 1 2 3 4 5 6 7 8 9 10; do
    timeout 1 turnutils_stunclient 127.0.0.1 > /dev/null 2>&1 && break
    sleep 0.2
  done
  for peer in "$@"; do
    echo "to $peer"
    timeout 8 turnutils_uclient -c -n 2 -z 5 -u "$NAME" -w "$PASSWORD" -e "$peer" 127.0.0.1 2>&1
  done`;

describe.skipIf(missing)(`deploy/coturn/turnserver.conf${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const secret = randomSecret();
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nexchat-turn-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  /** What the client says, by whom it talked to. */
  async function talk(peers: string[], login: Partial<Record<'NAME' | 'PASSWORD', string>> = {}) {
    const { servers } = createIceServers(
      { stunUrls: [], turn: { urls: [], secret } },
      { now: Date.now },
    )(ANN);
    const [{ username = '', credential = '' } = {}] = servers;
    const env = { PATH: process.env['PATH'], CONFIG, SECRET: secret, DIR: dir };
    const given = { NAME: username, PASSWORD: credential, ...login };
    const { stdout } = await promisify(execFile)('unshare', ['-n', 'bash', '-c', SCRIPT, 'bash', ...peers], {
      env: { ...env, ...given },
      timeout: 40_000,
    }).catch((error: unknown) => {
      // The client ends with a code of its own when it was refused.
      if (typeof error === 'object' && error !== null && 'stdout' in error)
        return error as { stdout: string };
      throw error;
    });
    return new Map(
      stdout.split(/^to /m).map((text) => {
        const [peer = '', ...said] = text.split('\n');
        return [peer, said.join('\n')];
      }),
    );
  }

  test('relays for who has credentials of the API, and not into the network that it stands in', async () => {
    const inside = ['10.1.2.3', '172.16.0.1', '192.168.1.1', '100.64.0.1', '169.254.169.254', '127.0.0.1'];
    const said = await talk([PUBLIC, ...inside]);
    expect(said.get(PUBLIC)).toMatch(/lost packets 0 /);
    for (const peer of inside) expect(said.get(peer)).toContain('403 (Forbidden IP)');
  }, 60_000);

  test('relays for nobody else', async () => {
    const { servers } = createIceServers({ stunUrls: [], turn: { urls: [], secret } }, { now: () => 0 })(ANN);
    const [{ username = '', credential = '' } = {}] = servers;
    for (const login of [{ PASSWORD: 'guessed' }, { NAME: username, PASSWORD: credential }]) {
      expect((await talk([PUBLIC], login)).get(PUBLIC)).toContain('Cannot complete Allocation');
    }
  }, 60_000);
});
