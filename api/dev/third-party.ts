import { readFile, readdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';

/**
 * Writes THIRD-PARTY-NOTICES: the licence of everything that is shipped, in the client, the server, or beside it in
 * node_modules. With `--check` it only compares. It lives among the tools that make what is shipped.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));
const NOTICES = 'THIRD-PARTY-NOTICES';

/** Development dependencies of which parts end up in the client. */
const BUNDLED = new Set(['node_modules/@iconify-json/ph', 'node_modules/@fontsource-variable/inter']);

const lockFile = v.object({
  packages: v.record(
    v.string(),
    v.object({
      version: v.optional(v.string()),
      license: v.optional(v.string(), 'see below'),
      dev: v.optional(v.boolean(), false),
      optional: v.optional(v.boolean(), false),
    }),
  ),
});

interface Notice {
  readonly name: string;
  readonly license: string;
  readonly text: string;
}

async function collect(): Promise<Notice[]> {
  const { packages } = v.parse(lockFile, JSON.parse(await readFile(`${root}package-lock.json`, 'utf8')));
  const shipped = Object.entries(packages).filter(
    ([path, entry]) => path !== '' && !entry.optional && (!entry.dev || BUNDLED.has(path)),
  );
  const notices = await Promise.all(
    shipped.map(async ([path, { version, license }]) => ({
      name: `${path.replace(/^.*node_modules\//, '')} ${version}`,
      license,
      text: await licenseText(path),
    })),
  );
  // A package can be installed at several places in one version.
  return [...new Map(notices.map((notice) => [notice.name, notice])).values()].toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

async function licenseText(path: string): Promise<string> {
  const files = (await readdir(root + path))
    .filter((name) => /^(licen[cs]e|copying|notice)/i.test(name))
    .toSorted();
  const texts = await Promise.all(files.map((name) => readFile(`${root}${path}/${name}`, 'utf8')));
  return texts.map((text) => text.replaceAll('\r\n', '\n').trim()).join('\n\n');
}

/** Packages that share a licence text share its printing. */
function print(notices: readonly Notice[]): string {
  const byText = groupByText(notices);
  const parts = [...byText].map(([text, group]) => {
    const names = group.map(({ name, license }) => `${name} (${license})`).join('\n');
    return `${names}\n\n${text === '' ? 'The package carries no licence text beside this identifier.' : text}`;
  });
  const line = '-'.repeat(80);
  return `NexChat contains or is delivered with the following packages.\n\n${line}\n${parts.join(`\n\n${line}\n`)}\n`;
}

function groupByText(notices: readonly Notice[]): Map<string, Notice[]> {
  const groups = new Map<string, Notice[]>();
  for (const notice of notices) groups.set(notice.text, [...(groups.get(notice.text) ?? []), notice]);
  return groups;
}

const text = print(await collect());
if (process.argv.includes('--check')) {
  if ((await readFile(root + NOTICES, 'utf8').catch(() => '')) !== text) {
    console.error(`${NOTICES} is not up to date: run \`npm run notices\`.`);
    process.exitCode = 1;
  }
} else await writeFile(root + NOTICES, text);
