import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('every rule of sync/SPEC.md is proven by a test whose title begins with its id', async () => {
  const spec = await readFile('sync/SPEC.md', 'utf8');
  const rules = [...spec.matchAll(/^\| ([WCS]\d+)\s*\|/gm)].map(([, id]) => id as string);
  expect(rules.length).toBeGreaterThan(30);
  expect(new Set(rules).size).toBe(rules.length);

  const proven = new Set<string>();
  for (const file of await readdir('tests', { recursive: true })) {
    if (!file.endsWith('.test.ts') && !/^(contracts|pwa\/store\/cases)\/.*\.ts$/.test(file)) continue;
    const code = await readFile(join('tests', file), 'utf8');
    // A title is the first argument of a call, or that of a case in a suite of contracts.
    for (const [, ids = ''] of code.matchAll(/(?:\(|\btitle:)\s*['"`]((?:[WCS]\d+[ :])+)/g)) {
      for (const id of ids.match(/[WCS]\d+/g) ?? []) proven.add(id);
    }
  }
  expect(rules.filter((id) => !proven.has(id))).toEqual([]);
  expect([...proven].filter((id) => !rules.includes(id))).toEqual([]);
});
