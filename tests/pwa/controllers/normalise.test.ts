import { describe, expect, it } from 'vitest';
import type { OpId, UserId } from '#shared/ids.ts';
import { excerptOf } from '#pwa/controllers/excerpt.ts';
import { matches, normalise, termsOf } from '#pwa/controllers/normalise.ts';
import { createTextIndex } from '#pwa/controllers/text-index.ts';

const finds = (query: string, text: string) => matches(termsOf(query), normalise(text));
const marked = (query: string, text: string) =>
  excerptOf(text, termsOf(query))
    .map(({ text: part, hit }) => (hit ? `[${part}]` : part))
    .join('');

describe('what a query finds', () => {
  it.each([
    ['umbrella', 'The blue UMBRELLA'],
    ['umb', 'The blue umbrella'],
    ['blue umb', 'Umbrellas are blue'],
    ['cafe', 'Un café, s’il vous plaît'],
    ['CAFÉ', 'un cafe'],
    ['café', 'un cafe\u0301 froid'],
    ['strasse', 'Hauptstraße 4? Nein: Straße 4'],
    ['lodz', 'Łódź'],
    ['istanbul', 'İstanbul'],
    ['ısparta', 'ISPARTA'],
    ['σισυφοσ', 'Σίσυφος'],
    ['smorrebrod', 'smørrebrød'],
    ['resume', 'soft\u00ad hyphen: re\u00adsu\u00admé'],
    ['o2', 'H₂O is not O₂'],
  ])('%s is in “%s”, whatever the case and the marks', (query, text) =>
    expect(finds(query, text)).toBe(true),
  );

  it.each([
    ['brella', 'umbrella'],
    ['umb blue', 'umbrella blue'],
    ['red umbrella', 'blue umbrella'],
    ['art', 'start'],
    ['don t', 'done tea'],
  ])('%s is not in “%s”: words are whole, the last one begins', (query, text) =>
    expect(finds(query, text)).toBe(false),
  );

  it.each([
    ['שלום', 'שָׁלוֹם עולם'],
    ['שלום', '\u200fשלום! Left to right'],
    ['عربي', 'كلام عَرَبِيّ جميل'],
    ['احمد', 'أحمد هنا'],
    ['سلام', 'ســلام'],
  ])('%s is in “%s”, from right to left', (query, text) => expect(finds(query, text)).toBe(true));

  it.each([
    ['京', '東京タワー'],
    ['タワ', '東京タワー'],
    ['東京 tower', 'Tower in 東京2024'],
    ['한국', '한국어를 배워요'],
    ['กรุงเทพ', 'ฉันอยู่กรุงเทพมหานคร'],
    ['ｶﾀｶﾅ', 'カタカナ'],
  ])('%s is in “%s”, without spaces', (query, text) => expect(finds(query, text)).toBe(true));

  it('keeps letters of scripts apart whose marks are letters', () => {
    expect(finds('か', 'が')).toBe(false);
    expect(finds('की', 'का')).toBe(false);
    expect(finds('की', 'आपकी की')).toBe(true);
  });

  it.each([
    ['👍', 'great👍🏽'],
    ['☕', 'Deal ☕️'],
    ['🇳🇴', 'Hei 🇳🇴!'],
    ['👩‍🚀', 'an 👩‍🚀 too'],
    ['train 🚆', 'the train 🚆'],
  ])('%s is in “%s”', (query, text) => expect(finds(query, text)).toBe(true));

  it('takes signs alone as they are, and nothing for nothing', () => {
    expect(finds('?!', 'Six?! You are a monster.')).toBe(true);
    expect(finds('?!', 'Six? You!')).toBe(false);
    expect(finds('  ', 'anything')).toBe(true);
    expect(termsOf('  ')).toEqual([]);
  });
});

describe('the sentence around a hit', () => {
  it('marks what was found as it was written', () => {
    expect(marked('strasse cafe', 'Das Café in der Straße')).toBe('Das [Café] in der [Straße]');
    expect(marked('cafe', 'e\u0301 cafe\u0301!')).toBe('e\u0301 [cafe\u0301]!');
    expect(marked('ff', 'ﬀ and ff')).toBe('[ﬀ] and [ff]');
    expect(marked('京', '東京と京都')).toBe('東[京]と[京]都');
    expect(marked('👍', 'a👍🏽b')).toBe('a[👍]🏽b');
  });

  it('begins with the sentence or word, ends between words, and says where it was cut', () => {
    const before = 'Nothing of this matters here. '.repeat(10);
    const after = ' and so it goes on'.repeat(20);
    const shown = marked('umbrella', `${before}The blue umbrella is here${after}`);
    expect(shown).toMatch(/^…The blue \[umbrella\] is here and so it .* (?:and|so|it|goes|on)…$/u);
    expect(shown.length).toBeLessThan(240);
    expect(marked('x', 'one\n\ntwo   x')).toBe('one two [x]');
  });

  it('never cuts a letter in two', () => {
    for (let length = 30; length < 70; length++) {
      const text = `${'𝒳'.repeat(length)}京${'😀'.repeat(length * 2)}`;
      for (const { text: part } of excerptOf(text, termsOf('京'))) expect(part.isWellFormed()).toBe(true);
    }
  });

  it('shows a text without a hit from its beginning', () => {
    expect(marked('zebra', 'No such animal')).toBe('No such animal');
  });
});

describe('the index of texts', () => {
  const [anna, bert] = ['anna' as UserId, 'bert' as UserId];
  const message = (id: string, peer: UserId, at: number, text: string) => ({
    id: id as OpId,
    peer,
    at,
    text,
  });

  it('finds the newest first, so many, and in one conversation where that is asked', () => {
    const index = createTextIndex();
    index.put(message('1', anna, 10, 'blue one'));
    index.put(message('2', bert, 30, 'Blue two'));
    index.put(message('3', anna, 20, 'BLUE three'));
    index.put(message('4', anna, 40, 'green'));
    expect(index.find(termsOf('blue'), 9)).toEqual(['2', '3', '1']);
    expect(index.find(termsOf('blue'), 2)).toEqual(['2', '3']);
    expect(index.find(termsOf('blue'), 9, anna)).toEqual(['3', '1']);
    expect(index.find(termsOf(''), 9)).toEqual([]);
  });

  it('knows what was put last, and nothing of what was dropped', () => {
    const index = createTextIndex();
    index.put(message('1', anna, 10, 'blue'));
    index.put(message('2', anna, 20, 'blue'));
    expect(index.find(termsOf('blue'), 9)).toEqual(['2', '1']);
    index.put(message('1', anna, 30, 'blue'));
    index.drop('2' as OpId);
    expect(index.find(termsOf('blue'), 9)).toEqual(['1']);
    expect([...index.ids()]).toEqual(['1']);
    expect([index.has('1' as OpId), index.has('2' as OpId)]).toEqual([true, false]);
  });
});
