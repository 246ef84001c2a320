import { execFile, spawnSync } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { randomSecret } from '#api/auth/keys.ts';
import { runCommand } from '#api/cli/run.ts';
import { environment, parseSettings } from '#api/config.ts';
import { EXIT } from '#api/refusal.ts';
import { startApi } from '../support/api-server.ts';

const FILES = [
  'Dockerfile',
  'compose.yaml',
  'compose.small.yaml',
  'compose.turn.yaml',
  'deploy/caddy/Caddyfile',
  'deploy/nginx/nexchat.conf',
  'deploy/systemd/nexchat.service',
  'docs/operations.md',
] as const;

const pathOf = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const read = (file: string): Promise<string> => readFile(pathOf(file), 'utf8');
const has = (program: string, argument: string): boolean =>
  spawnSync(program, [argument], { timeout: 5_000 }).status === 0;

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks?: Readonly<Record<string, unknown>>;
}

test.each(FILES)('%s names only settings that there are', async (file) => {
  const named = new Set((await read(file)).match(/\bNEXCHAT_[A-Z_]+/g));
  const unknown = [...named].filter((name) => !Object.hasOwn(environment.entries, name));
  expect(unknown).toEqual([]);
});

describe.each(['compose.yaml', 'compose.small.yaml'])('%s', (file) => {
  const load = async (): Promise<Compose> => parse(await read(file)) as Compose;

  test('gives the server settings that it takes', async () => {
    const given: Record<string, string> = {
      DOMAIN: 'chat.example.org',
      NEXCHAT_JWT_KEYS: `k1:${randomSecret()}`,
      NEXCHAT_PEPPERS: `p1:${randomSecret()}`,
      NEXCHAT_PRELOGIN_KEY: randomSecret(),
    };
    const settings = Object.entries((await load()).services['app']?.environment ?? {}).map(
      ([name, value]) => [
        name,
        value.replaceAll(/\$\{(\w+)[^}]*\}/g, (_, variable: string) => given[variable] ?? ''),
      ],
    );
    expect(parseSettings(Object.fromEntries(settings))).toMatchObject({
      ok: true,
      value: { origins: ['https://chat.example.org'], proxies: 1 },
    });
  });

  test('refers only to services, volumes, networks and files that there are', async () => {
    const { services, volumes, networks = {} } = await load();
    for (const service of Object.values(services)) {
      for (const needed of Object.keys(service.depends_on ?? {}))
        expect(Object.keys(services)).toContain(needed);
      for (const network of service.networks ?? []) expect(Object.keys(networks)).toContain(network);
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('.')) await access(pathOf(source));
        else expect(Object.keys(volumes)).toContain(source);
      }
    }
  });

  test('shows nothing but the proxy to the world', async () => {
    const { services } = await load();
    const open = Object.entries(services).filter(
      ([, service]) => 'ports' in service || 'network_mode' in service,
    );
    expect(open.map(([name]) => name)).toEqual(['caddy']);
  });
});

describe('compose.turn.yaml', () => {
  const load = async (): Promise<Compose> => parse(await read('compose.turn.yaml')) as Compose;

  test('gives server and relay the same secret, and refuses to start without one', async () => {
    const text = await read('compose.turn.yaml');
    expect(text).toContain('NEXCHAT_TURN_SECRET: ${NEXCHAT_TURN_SECRET:?');
    expect(text).toContain('--static-auth-secret=${NEXCHAT_TURN_SECRET}');
    const given: Record<string, string> = { DOMAIN: 'chat.example.org', NEXCHAT_TURN_SECRET: randomSecret() };
    const settings = Object.entries((await load()).services['app']?.environment ?? {}).map(
      ([name, value]) => [
        name,
        value.replaceAll(/\$\{(\w+)[^}]*\}/g, (_, variable: string) => given[variable] ?? ''),
      ],
    );
    expect(parseSettings(Object.fromEntries(settings))).toMatchObject({
      ok: true,
      value: {
        turn: { secret: given['NEXCHAT_TURN_SECRET'], urls: [expect.any(String), expect.any(String)] },
      },
    });
  });

  test('adds a relay to services that both other files have', async () => {
    const { services } = await load();
    for (const file of ['compose.yaml', 'compose.small.yaml']) {
      const other = parse(await read(file)) as Compose;
      expect(Object.keys(services).filter((name) => !Object.hasOwn(other.services, name))).toEqual([
        'coturn',
      ]);
    }
    for (const volume of services['coturn']?.volumes ?? []) await access(pathOf(volume.split(':')[0] ?? ''));
  });
});

describe('the image', () => {
  test('is built of files that there are and that are let in', async () => {
    const [dockerfile, ignored] = [await read('Dockerfile'), await read('.dockerignore')];
    const let_in = ignored.split('\n').filter((line) => line.startsWith('!'));
    expect(ignored).toMatch(/^\*$/m);
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    for (const name of copied.filter((each) => each !== '.')) {
      await access(pathOf(name));
      expect(let_in).toContain(`!${name}`);
    }
    for (const secret of ['.env', 'data', '.git', 'node_modules']) expect(let_in).not.toContain(`!${secret}`);
    expect(dockerfile).toMatch(/^USER node$/m);
  });

  test('is healthy while the server answers, and only then', async () => {
    const [, check = '[]'] = /^\s*CMD (\["node", "-e".+\])$/m.exec(await read('Dockerfile')) ?? [];
    const [, ...args] = JSON.parse(check) as string[];
    const server = await startApi();
    const look = () =>
      promisify(execFile)(process.execPath, args, {
        env: { NEXCHAT_PORT: String(server.port) },
        timeout: 10_000,
      });
    await look();
    await server.dispose();
    await expect(look()).rejects.toMatchObject({ code: 1 });
  });
});

describe('the unit', () => {
  test.skipIf(!has('systemd-analyze', '--version'))('is one that systemd takes', async () => {
    const unit = pathOf('deploy/systemd/nexchat.service');
    const verified = await promisify(execFile)('systemd-analyze', ['verify', unit], { timeout: 15_000 });
    expect(verified).toMatchObject({ stdout: '', stderr: '' });
  });

  test('does not try again what only a person can put right', async () => {
    const [, codes = ''] =
      /^RestartPreventExitStatus=(.+)$/m.exec(await read('deploy/systemd/nexchat.service')) ?? [];
    expect(codes.split(' ').map(Number)).toEqual([EXIT.data, EXIT.permission, EXIT.settings]);
  });
});

describe('docs/operations.md', () => {
  /** The cells of every row of tables whose rows begin so. */
  const rows = (text: string, begin: RegExp): string[][] =>
    text
      .split('\n')
      .filter((line) => begin.test(line))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
  const plain = (cell = ''): string => cell.replaceAll(/`|\*\*/g, '');

  test('lists every setting, with its default', async () => {
    const listed = rows(await read('docs/operations.md'), /^\| \**`NEXCHAT_/).map(([name, value]) => [
      plain(name),
      plain(value),
    ]);
    const settings = Object.entries(environment.entries).map(([name, entry]) => [
      name,
      v.getDefault(entry) ?? '',
    ]);
    expect(listed).toEqual(settings);
  });

  test('lists every exit code', async () => {
    const listed = rows(await read('docs/operations.md'), /^\| +\d+ \|/).map(([code]) => Number(code));
    expect(listed).toEqual(Object.values(EXIT));
  });

  test('lists every command as the tool does', async () => {
    let help = '';
    await runCommand(['help'], {}, { print: (line) => (help += `${line}\n`), complain: () => {} });
    const [, commands = ''] = (await read('docs/operations.md')).split('## Administration');
    const listed = rows(commands.split('\n## ')[0] ?? '', /^\| `/).map(([usage]) => plain(usage));
    expect(listed).toEqual([...help.matchAll(/^ {2}nexchat (.+?) {2,}/gm)].map(([, usage]) => usage));
  });

  test('links only to what there is', async () => {
    const text = await read('docs/operations.md');
    for (const [, target = ''] of text.matchAll(/\]\((?!#|https?:)([^)#]+)/g))
      await access(pathOf(`docs/${target}`));
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const [, anchor = ''] of text.matchAll(/\]\(#([^)]+)\)/g)) expect(headings).toContain(anchor);
  });
});
