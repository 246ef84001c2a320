import { describe, expect, it } from 'vitest';
import { ERRORS } from '#shared/errors.ts';
import { ENGLISH, marked, pseudo } from '#pwa/dev/pseudo.ts';
import { languageAmong } from '#pwa/models/language.ts';
import { de } from '#pwa/views/strings/de.ts';
import { say, speak, words } from '#pwa/views/strings.ts';

describe('the language of a page', () => {
  it.each([
    [['de-AT', 'en-GB'], 'de'],
    [['fr', 'DE', 'en'], 'de'],
    [['en-US', 'de'], 'en'],
    [['den', 'fr-CA'], 'en'],
    [[], 'en'],
  ] as const)('is, for somebody who reads %j, %s', (tags, language) => {
    expect(languageAmong(tags)).toBe(language);
  });
});

/** What a function of words is given: names show up in what it says, numbers are counted. */
const GIVEN = ['⁂one', '⁂two', '⁂three'] as const;

/** Every word of a catalogue with the path to it; of functions what they say of one and of many things. */
function* all(said: unknown, path = ''): Generator<readonly [path: string, words: string]> {
  if (typeof said === 'string') yield [path, said];
  else if (said === ENGLISH.first.error || said === de.words.first.error) {
    for (const code of Object.keys(ERRORS)) yield [`${path}.${code}`, String(call(said, code))];
  } else if (typeof said === 'function') {
    yield [`${path}()`, String(call(said, ...GIVEN))];
    for (const count of [1, 2, 100]) yield [`${path}(${count})`, String(call(said, count, count * 2))];
  } else {
    for (const [key, inside] of Object.entries(Object(said) as object)) yield* all(inside, `${path}.${key}`);
  }
}

function call(said: unknown, ...given: unknown[]): unknown {
  return (said as (...anything: unknown[]) => unknown)(...given);
}

describe('German', () => {
  const german = new Map(all(de.words));

  it.each([...all(ENGLISH)])('says %s, with everything that it is told', (path, english) => {
    const text = german.get(path) ?? '';
    expect(text).not.toBe('');
    for (const given of GIVEN) if (english.includes(given)) expect(text).toContain(given);
    // Quotation marks are „“, a word before three dots keeps its distance, and nobody is addressed formally.
    expect(text).not.toMatch(/["'”’]|\.\.\.|\p{L}…|\bSie (?:haben|können|müssen)\b/u);
  });
});

describe('words', () => {
  it('are those of the language that is spoken, whether they were loaded before it or come later', () => {
    const early = words('people', { title: 'People', deep: { hint: 'Type' } });
    const { first } = pseudo().words;
    speak({
      ...pseudo().words,
      first,
      people: { title: 'Leute', deep: { hint: 'Tippe' } },
      trust: { safety: 'S' },
    });
    expect(early).toEqual({ title: 'Leute', deep: { hint: 'Tippe' } });
    expect(words('trust', { safety: 'Safety number' })).toEqual({ safety: 'S' });
    expect(say.nav.people).toBe(marked('People'));
  });
});
