import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/**
 * The arrows of ARCHITECTURE.md are lint rules and compiler settings, and a rule that can't fail is none. So every
 * arrow is broken on purpose, in a tree of its own under the real configuration, and has to be reported, by the
 * rule that is meant and by no other; and what is allowed beside it has to pass.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

const IMPORT = 'eslint(no-restricted-imports)';
const GLOBAL = 'eslint(no-restricted-globals)';
const PROPERTY = 'eslint(no-restricted-properties)';
const CIRCLE = 'import(no-cycle)';

interface Plant {
  readonly file: string;
  readonly text: string;
  /** What has to be reported; nothing when the plant is allowed. */
  readonly rules: readonly string[];
}

const takes = (file: string, from: string, ...rules: string[]): Plant => ({
  file,
  text: `export { thing } from '${from}';\n`,
  rules,
});
const says = (file: string, text: string, ...rules: string[]): Plant => ({ file, text: `${text}\n`, rules });

const forbidden: readonly Plant[] = [
  // shared imports nothing of ours
  ...[
    '#sync/wire/up.ts',
    '#api/config.ts',
    '#pwa/main.tsx',
    '#tests/support/wait.ts',
    'node:fs',
    'dexie',
    'ws',
  ].map((from, i) => takes(`shared/arrow-${i}.ts`, from, IMPORT)),
  takes('shared/schema/relative.ts', '../../sync/wire/up.ts', IMPORT),
  // sync: shared without sealing, and no platform
  ...[
    '#shared/crypto/envelope.ts',
    '#shared/crypto/verify.ts',
    '#pwa/store/ports.ts',
    '#api/config.ts',
    '#tests/support/wait.ts',
    'node:crypto',
    'dexie',
    'koa',
    'ws',
  ].flatMap((from, i) =>
    ['client', 'server', 'wire'].map((part) => takes(`sync/${part}/arrow-${i}.ts`, from, IMPORT)),
  ),
  takes('sync/server/commands/sealing.ts', '#shared/crypto/envelope.ts', IMPORT),
  takes('sync/loose.ts', '#shared/crypto/envelope.ts', IMPORT),
  takes('sync/client/relative.ts', '../../shared/ids.ts', IMPORT),
  takes('sync/client/other-end.ts', '../server/ports.ts', IMPORT),
  takes('sync/server/other-end.ts', '../client/ports.ts', IMPORT),
  takes('sync/server/commands/other-end.ts', '../../client/ports.ts', IMPORT),
  takes('sync/wire/other-end.ts', '../client/ports.ts', IMPORT),
  // api can't seal, and knows nothing of the page
  ...[
    '#shared/crypto/envelope.ts',
    '#shared/crypto/identity.ts',
    '#shared/crypto/vault.ts',
    '#sync/client/ports.ts',
    '#pwa/store/ports.ts',
    '#tests/support/wait.ts',
    'dexie',
    'preact',
    '@preact/signals',
  ].map((from, i) => takes(`api/routes/arrow-${i}.ts`, from, IMPORT)),
  takes('api/routes/relative.ts', '../../shared/crypto/envelope.ts', IMPORT),
  says('api/routes/dynamic.ts', "export const later = () => import('#shared/crypto/envelope.ts');", IMPORT),
  says('api/routes/types.ts', "export type { Thing } from '#shared/crypto/envelope.ts';", IMPORT),
  // pwa never knows the server
  ...['#sync/server/ports.ts', '#api/config.ts', '#tests/support/wait.ts'].flatMap((from, i) =>
    [
      '',
      'store/',
      'controllers/',
      'transport/',
      'sw/',
      'calls/',
      'dev/',
      'models/',
      'views/',
      'views/parts/',
    ].map((part) => takes(`pwa/${part}arrow-${i}.ts`, from, IMPORT)),
  ),
  takes('pwa/store/relative.ts', '../../sync/client/ports.ts', IMPORT),
  // views draw models
  ...[
    '../store/ports.ts',
    '../transport/http.ts',
    '../controllers/shell.ts',
    '../calls/peer.ts',
    '../sw/sw.ts',
    '../main.tsx',
    '#sync/client/ports.ts',
    '#sync/wire/up.ts',
    '#shared/crypto/envelope.ts',
    '#shared/schema/http.ts',
    '#pwa/store/ports.ts',
    'dexie',
  ].flatMap((from, i) => [
    takes(`pwa/views/view-${i}.tsx`, from, IMPORT),
    takes(`pwa/views/parts/view-${i}.tsx`, from.replace(/^\.\./, '../..'), IMPORT),
  ]),
  // models are values
  ...[
    '../store/ports.ts',
    '../controllers/actions.ts',
    '../views/App.tsx',
    '#sync/wire/down.ts',
    '#shared/crypto/envelope.ts',
    '#pwa/store/ports.ts',
    'preact',
    'dexie',
  ].map((from, i) => takes(`pwa/models/model-${i}.ts`, from, IMPORT)),
  // what stands below doesn't know what stands above
  ...[
    '../views/App.tsx',
    '../controllers/shell.ts',
    '../models/shell.ts',
    '../transport/http.ts',
    '../main.tsx',
  ].map((from, i) => takes(`pwa/store/above-${i}.ts`, from, IMPORT)),
  ...['controllers', 'transport', 'sw', 'calls'].flatMap((part) => [
    takes(`pwa/${part}/above.ts`, '../views/App.tsx', IMPORT),
    takes(`pwa/${part}/database.ts`, 'dexie', IMPORT),
  ]),
  // calls are handed what they need
  ...['../controllers/log.ts', '../transport/http.ts', '../store/op-id.ts', '#pwa/store/ports.ts'].map(
    (from, i) => takes(`pwa/calls/above-${i}.ts`, from, IMPORT),
  ),
  // nothing is built on pwa/dev
  takes('pwa/gallery.ts', './dev/gallery.tsx', IMPORT),
  ...['store', 'models', 'controllers', 'transport', 'sw', 'views'].map((part) =>
    takes(`pwa/${part}/gallery.ts`, '../dev/gallery.tsx', IMPORT),
  ),
  takes('tests/pwa/relative.ts', '../../pwa/models/shell.ts', IMPORT),
  // shared and sync run everywhere
  ...['document', 'window', 'localStorage', 'process', 'Buffer', 'navigator', 'indexedDB'].flatMap((name) => [
    says(`shared/global-${name}.ts`, `export const thing: unknown = ${name};`, GLOBAL),
    says(`sync/client/global-${name}.ts`, `export const thing: unknown = ${name};`, GLOBAL),
  ]),
  // the pure cores have no time, no chance, no effects
  ...['sync/client/state.ts', 'sync/server/session.ts', 'sync/server/commands/impure.ts'].map((file) =>
    says(
      file,
      'export const time = Date.now();\nexport const chance = Math.random();\nexport const later = setTimeout;\n' +
        'export const random = crypto;\nexport const page: unknown = document;',
      GLOBAL,
      GLOBAL,
      GLOBAL,
      GLOBAL,
      PROPERTY,
    ),
  ),
  // no circles: of values, of types, or through a name with #
  says('api/store/ring-a.ts', "import { b } from './ring-b.ts';\nexport const a = () => b;", CIRCLE),
  says('api/store/ring-b.ts', "import { a } from './ring-a.ts';\nexport const b = () => a;", CIRCLE),
  says('api/store/type-a.ts', "import type { B } from './type-b.ts';\nexport interface A { b: B }", CIRCLE),
  says('api/store/type-b.ts', "import type { A } from './type-a.ts';\nexport interface B { a: A }", CIRCLE),
  says('pwa/models/ring-a.ts', "export { one } from './ring-b.ts';\nexport const two = 2;", CIRCLE),
  says('pwa/models/ring-b.ts', "export { three } from './ring-c.ts';\nexport const one = 1;", CIRCLE),
  says('pwa/models/ring-c.ts', "export { two } from './ring-a.ts';\nexport const three = 3;", CIRCLE),
  says('api/bus/ring.ts', "import { far } from '#api/auth/ring.ts';\nexport const near = () => far;", CIRCLE),
  says(
    'api/auth/ring.ts',
    "import { near } from '#api/bus/ring.ts';\nexport const far = () => near;",
    CIRCLE,
  ),
  // house style that the arrows lean on
  says('pwa/store/default.ts', 'export default 1;', 'import(no-default-export)'),
  says('pwa/store/any.ts', 'export const thing: any = 1;', 'typescript(no-explicit-any)'),
  says('pwa/store/console.ts', "console.log('here');\nexport const thing = 1;", 'eslint(no-console)'),
  says('api/routes/console.ts', "console.log('here');\nexport const thing = 1;", 'eslint(no-console)'),
  says(
    'pwa/store/floating.ts',
    'const act = async () => 1;\nact();\nexport const thing = 1;',
    'typescript(no-floating-promises)',
  ),
  says(
    'pwa/views/Danger.tsx',
    "export const Danger = () => <p dangerouslySetInnerHTML={{ __html: '' }} />;",
    'react(no-danger)',
  ),
];

const allowed: readonly Plant[] = [
  takes('shared/schema/fine-a.ts', '../ids.ts'),
  takes('shared/schema/fine-b.ts', 'valibot'),
  takes('sync/fine.ts', '#shared/ids.ts'),
  takes('sync/client/fine-a.ts', '#shared/schema/fields.ts'),
  takes('sync/client/fine-b.ts', '../wire/up.ts'),
  takes('sync/server/fine.ts', '../wire/down.ts'),
  takes('sync/server/commands/fine.ts', '../../wire/down.ts'),
  takes('sync/wire/fine.ts', '@msgpack/msgpack'),
  takes('api/routes/fine-a.ts', '#shared/crypto/verify.ts'),
  takes('api/routes/fine-b.ts', '#shared/schema/http.ts'),
  takes('api/routes/fine-c.ts', '#sync/server/ports.ts'),
  takes('api/routes/fine-d.ts', '#sync/wire/codec.ts'),
  takes('api/routes/fine-e.ts', 'node:fs'),
  takes('pwa/store/fine-a.ts', 'dexie'),
  takes('pwa/store/fine-b.ts', '#sync/client/ports.ts'),
  takes('pwa/store/fine-c.ts', '#shared/crypto/envelope.ts'),
  takes('pwa/controllers/fine-a.ts', '../store/ports.ts'),
  takes('pwa/controllers/fine-b.ts', '#shared/crypto/identity.ts'),
  takes('pwa/calls/fine-a.ts', '../store/ports.ts'),
  takes('pwa/calls/fine-b.ts', '../models/calls.ts'),
  takes('pwa/calls/fine-c.ts', '#sync/client/ports.ts'),
  takes('pwa/models/fine.ts', '@preact/signals'),
  takes('pwa/views/Fine.tsx', '../models/shell.ts'),
  takes('pwa/views/parts/Fine.tsx', '../../controllers/actions.ts'),
  takes('pwa/views/parts/Near.tsx', '../strings.ts'),
  takes('pwa/views/Names.tsx', '#shared/errors.ts'),
  takes('pwa/dev/fine.ts', '../views/App.tsx'),
  takes('tests/pwa/gallery.ts', '#pwa/dev/gallery.tsx'),
  takes('tests/sync/fine.ts', '#shared/crypto/envelope.ts'),
  says('api/main.ts', "console.log('here');\nexport const thing = 1;"),
  says('pwa/store/fine-d.ts', 'export const now = Date.now();'),
];

describe('arrows', () => {
  let found: ReadonlyMap<string, readonly string[]>;
  let tree: string;

  beforeAll(async () => {
    tree = await plantTree([...forbidden, ...allowed]);
    found = (await lint(tree)).rulesByFile;
  }, 160_000);
  afterAll(async () => rm(tree, { recursive: true, force: true }));

  for (const { file, text, rules } of forbidden) {
    it(`${file} is reported for: ${text.trim()}`, () => expect(found.get(file) ?? []).toEqual(rules));
  }

  for (const { file, text } of allowed) {
    it(`${file} may say: ${text.trim()}`, () => expect(found.get(file) ?? []).toEqual([]));
  }

  it('hold in the tree as it is', async () => {
    const { rulesByFile, files } = await lint(root);
    const arrows = new Set([IMPORT, GLOBAL, PROPERTY, CIRCLE]);
    const broken = [...rulesByFile].filter(([, rules]) => rules.some((rule) => arrows.has(rule)));
    expect(broken).toEqual([]);
    expect(files).toBeGreaterThan(60);
  }, 160_000);
});

describe('runtimes', () => {
  const foreign: readonly (readonly [project: string, file: string, text: string])[] = [
    ['shared', 'sync/client/page.ts', 'export const thing = document.title;'],
    ['shared', 'sync/server/element.ts', 'export type Thing = HTMLElement;'],
    ['shared', 'shared/node.ts', 'export const thing = process.pid;'],
    ['shared', 'sync/server/buffer.ts', 'export const thing = Buffer.alloc(1);'],
    ['shared', 'sync/server/file.ts', "export { readFileSync } from 'node:fs';"],
    ['pwa', 'pwa/models/node.ts', 'export const thing = process.pid;'],
    ['pwa', 'pwa/store/buffer.ts', 'export const thing = Buffer.alloc(1);'],
    ['pwa', 'pwa/store/file.ts', "export { readFileSync } from 'node:fs';"],
    ['sw', 'pwa/sw/page.ts', 'export const thing = document.title;'],
    ['sw', 'pwa/sw/node.ts', 'export const thing = process.pid;'],
    ['api', 'api/page.ts', 'export const thing = document.title;'],
    ['api', 'api/storage.ts', 'export const thing = window.localStorage;'],
  ];
  const native: readonly (readonly [project: string, file: string, text: string])[] = [
    ['shared', 'sync/client/fine.ts', 'export const thing = new TextEncoder().encode("x");'],
    ['pwa', 'pwa/store/fine.ts', 'export const thing = document.title;'],
    ['sw', 'pwa/sw/fine.ts', 'export const thing = self.location.href;'],
    ['api', 'api/fine.ts', "export { readFileSync } from 'node:fs';"],
  ];
  const brokenByProject = new Map<string, ReadonlySet<string>>();
  let tree: string;

  beforeAll(async () => {
    tree = await plantTree([...foreign, ...native].map(([, file, text]) => says(file, text)));
    for (const project of new Set(foreign.map(([name]) => name))) {
      brokenByProject.set(project, await compile(tree, `tsconfig.${project}.json`));
    }
  }, 200_000);
  afterAll(async () => rm(tree, { recursive: true, force: true }));

  it.each(foreign)('%s does not compile %s: %s', (project, file) => {
    expect(brokenByProject.get(project)).toContain(file);
  });

  it.each(native)('%s compiles %s: %s', (project, file) => {
    expect(brokenByProject.get(project)).not.toContain(file);
  });
});

/** A tree with the real configuration and nothing in it but the plants. */
async function plantTree(plants: readonly Plant[]): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), 'nexchat-arrows-'));
  const configs = ['.oxlintrc.json', 'package.json', 'tsconfig.json', 'tsconfig.base.json'];
  const projects = ['shared', 'pwa', 'sw', 'api', 'tests'].map((name) => `tsconfig.${name}.json`);
  for (const config of [...configs, ...projects]) await cp(join(root, config), join(tree, config));
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'), 'dir');
  for (const { file, text } of plants) {
    await mkdir(dirname(join(tree, file)), { recursive: true });
    await writeFile(join(tree, file), text);
  }
  return tree;
}

interface LintReport {
  readonly diagnostics: readonly { readonly filename: string; readonly code: string }[];
  readonly number_of_files: number;
}

async function lint(tree: string): Promise<{ rulesByFile: Map<string, string[]>; files: number }> {
  const folders = ['shared', 'sync', 'api', 'pwa', 'tests'];
  const output = await run(tree, 'oxlint', ['--format', 'json', ...folders]);
  const report = JSON.parse(output) as LintReport;
  const rulesByFile = new Map<string, string[]>();
  for (const { filename, code } of report.diagnostics) {
    rulesByFile.set(filename, [...(rulesByFile.get(filename) ?? []), code].toSorted());
  }
  return { rulesByFile, files: report.number_of_files };
}

/** The files that don't compile. */
async function compile(tree: string, project: string): Promise<Set<string>> {
  const output = await run(tree, 'tsc', ['--pretty', 'false', '-p', project]);
  return new Set([...output.matchAll(/^(\S+)\(\d+,\d+\): error TS/gm)].map(([, file]) => file ?? ''));
}

/** What a tool prints. Finding something to report is no failure of the tool; not running is. */
async function run(tree: string, tool: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const command = join(root, 'node_modules/.bin', tool);
    execFile(command, args, { cwd: tree, timeout: 150_000, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error !== null && (error.killed === true || stdout === '')) {
        reject(new Error(`${tool} did not run: ${error.message}\n${stderr}`));
      } else resolve(stdout);
    });
  });
}
