import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import pkg from '../package.json' with { type: 'json' };

it('docs/dependencies.md says of every package, and of no other, why it is here', async () => {
  const page = await readFile(new URL('../docs/dependencies.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  const { dependencies, devDependencies, optionalDependencies } = pkg;
  const used = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(new Set(named)).toEqual(new Set(used));
});
