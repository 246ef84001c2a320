/**
 * How words are compared: without case, diacritics and what can't be seen. Letters of scripts that don't put marks
 * on a bare letter for decoration (Indic, Japanese, Korean) stay whole.
 */
export function normalise(text: string): string {
  const plain = PLAIN.test(text) ? text : text.normalize('NFKD').replace(DROPPED, '').replace(OWN, letterFor);
  // Both ways, so that ß is ss and the Turkish dotless i an i.
  const folded = plain.toUpperCase().toLowerCase().replaceAll('ς', 'σ');
  return plain === text ? folded : folded.normalize('NFC');
}

/** ASCII and common Latin punctuation: nothing but case to take away. */
const PLAIN = /^[\u0020-\u007e\n’“”–]*$/u;
const DROPPED = new RegExp(
  `[${[
    // marks on Latin, Greek and Cyrillic letters
    '\\u0300-\\u036f',
    // Hebrew points
    '\\u0591-\\u05bd\\u05bf-\\u05c7',
    // Arabic vowels, the long stroke between letters
    '\\u0610-\\u061a\\u0640\\u064b-\\u065f\\u0670',
    // where a line may break, how a picture is drawn, in which direction one reads
    '\\u00ad\\u200b\\u200c\\ufe0e\\ufe0f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069',
  ].join('')}]`,
  'gu',
);
/** Letters that look marked and are not taken apart by Unicode. */
const OWN = /[øłđæœ]/giu;
const letterFor = (letter: string) =>
  ({ ø: 'o', ł: 'l', đ: 'd', æ: 'ae', œ: 'oe' })[letter.toLowerCase()] ?? letter;

/** One thing to find. */
export interface Term {
  readonly text: string;
  /** Where it may stand: as a whole word, at the beginning of one, or anywhere. */
  readonly as: 'word' | 'beginning' | 'part';
}

/** Scripts that put no space between words. */
const UNSPACED =
  '[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}ー々]';
const LETTER = '[\\p{L}\\p{N}\\p{M}_]';
const WORD_LETTER = `(?!${UNSPACED})${LETTER}`;
const PICTURE = '\\p{Extended_Pictographic}(?:\\p{EMod}|\\u200d\\p{Extended_Pictographic})*|\\p{RI}\\p{RI}';
const TERMS = new RegExp(`(?<word>(?:${WORD_LETTER})+)|(?:${UNSPACED})+|${PICTURE}`, 'gu');
const ENDS_IN_WORD = new RegExp(`${WORD_LETTER}$`, 'u');
const BEGINS_WITH_WORD = new RegExp(`^${WORD_LETTER}`, 'u');

/**
 * What a query asks for, all of it at once: words, the last of them as far as it was typed, and what stands anywhere:
 * scripts without spaces, pictures. A query of nothing but signs is looked for as it is.
 */
export function termsOf(query: string): readonly Term[] {
  const text = normalise(query.trim());
  const found = [...text.matchAll(TERMS)];
  if (found.length === 0) return text === '' ? [] : [{ text, as: 'part' }];
  return found.map(({ 0: piece, groups }, index) => {
    if (groups?.['word'] === undefined) return { text: piece, as: 'part' };
    return { text: piece, as: index === found.length - 1 ? 'beginning' : 'word' };
  });
}

/** Where `term` stands in a normalised text at or after `from`; -1 for nowhere. */
export function placeOf(term: Term, text: string, from = 0): number {
  for (let at = text.indexOf(term.text, from); at !== -1; at = text.indexOf(term.text, at + 1)) {
    if (term.as === 'part') return at;
    // Two units before are enough for a letter of any plane.
    const begins = at === 0 || !ENDS_IN_WORD.test(text.slice(Math.max(0, at - 2), at));
    const end = at + term.text.length;
    if (begins && (term.as === 'beginning' || !BEGINS_WITH_WORD.test(text.slice(end, end + 2)))) return at;
  }
  return -1;
}

/** Whether a normalised text has everything that is asked for. */
export const matches = (terms: readonly Term[], text: string) =>
  terms.every((term) => placeOf(term, text) !== -1);
