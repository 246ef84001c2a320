import { afterEach, expect, it, vi } from 'vitest';
import { linkTo, nameIn, textIn } from '#pwa/views/people/person-link.ts';

afterEach(() => vi.unstubAllGlobals());

it('an address leads to the person whose it is', () => {
  vi.stubGlobal('location', { origin: 'https://chat.example' });
  const link = linkTo('mira.okafor');
  expect(link).toBe('https://chat.example/people?name=mira.okafor');
  expect(nameIn(new URL(link).search)).toBe('mira.okafor');
});

it.each(['web+nexchat:mira', 'web+nexchat://mira', 'web+nexchat://mira/'])('so does %s', (link) => {
  expect(nameIn(`?name=${encodeURIComponent(link)}`)).toBe('mira');
});

it.each(['Mira', ' mira ', '@mira', '@MIRA', 'web+nexchat:@Mira', 'web+nexchat://@mira/\n'])(
  '“%s” leads to mira',
  (given) => {
    expect(nameIn(`?name=${encodeURIComponent(given)}`)).toBe('mira');
  },
);

it.each([
  '',
  'mi',
  '9lives',
  'mira okafor',
  '@@mira',
  '@',
  'mira@example.org',
  'mira/okafor',
  '../mira',
  'https://evil.example/mira',
  'web+other:mira',
  'web+nexchat:',
  'web+nexchat:mira?and=more',
  'web+nexchat:web+nexchat:mira',
  'x'.repeat(33),
  '<b>mira</b>',
])('“%s” leads to nobody', (given) => {
  expect(nameIn(`?name=${encodeURIComponent(given)}`)).toBeNull();
});

it('an address without a name leads to nobody', () => {
  for (const search of ['', '?', '?other=mira', '?name']) expect(nameIn(search)).toBeNull();
});

it('what is no name is told as it stands there, up to 64 characters', () => {
  expect(textIn(`?name=${encodeURIComponent(' Mira Okafor ')}`)).toBe('Mira Okafor');
  expect(textIn(`?name=${'x'.repeat(65)}`)).toBe('x'.repeat(64));
  for (const search of ['', '?other=mira', '?name']) expect(textIn(search)).toBe('');
});
