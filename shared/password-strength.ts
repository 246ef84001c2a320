/** 0 too weak, 1 could be longer, 2 good, 3 strong. */
export type Strength = 0 | 1 | 2 | 3;

/** The shortest password that an account may have, in characters as a person counts them. */
export const PASSWORD_MIN = 10;

/** Variety below this is guessed at once, however long the password is. */
const LEAST_VARIED = 6;
/** Shorter names are in many good passwords by chance. */
const LEAST_NAME = 3;

/**
 * A rough guess from length and variety. Strength 0 is refused everywhere; the rest guides. Repeated characters, runs
 * of the keyboard or alphabet, repeated pieces and what everybody chooses count as hardly anything; so do `names` that
 * others know of the person.
 */
export function passwordStrength(password: string, names: readonly string[] = []): Strength {
  const plain = password.normalize('NFKC');
  if ([...plain].length < PASSWORD_MIN) return 0;
  const varied = variedLength(withoutKnown(plain, names));
  if (varied < LEAST_VARIED) return 0;
  const classes = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) =>
    kind.test(plain),
  ).length;
  const score = varied + (classes - 1) * 2;
  if (score < 13) return 1;
  return score < 19 ? 2 : 3;
}

/** What most guesses are put together from: words, seasons, months and years, and the rows of the keyboard. */
const COMMON =
  /p[a@4][s$5]{2}w[o0]r[dt]|(?:19|20)\d\d|spring|summer|autumn|winter|fr[uü]e?hling|sommer|herbst|(?:janu|febru)ary?|m[aä]r(?:ch|z)|april|june?i?|july?i?|august|(?:sept|nov|dez|dec)ember|o[kc]tober|(?:mon|tues?|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|hello|hallo|change ?me|whatever|shadow|superman|batman|starwars|pokemon|computer|internet|hunter|ginger|cookie|banana|chocolate|liverpool|arsenal|chelsea|schatz|passwort|geheim|ficken|trustno1|michael|jennifer|charlie|thomas|daniel|jordan|kennwort|qwert[yz]?|asdf(?:gh)?|yxcvb?|zxcvb?|iloveyou|letmein|welcome|admin|login|dragon|monkey|football|baseball|sunshine|princess|nexchat|master|secret|(?:abc|123)+/giu;

/** The password with names, and what everybody chooses, as one character each. */
function withoutKnown(password: string, names: readonly string[]): string {
  let left = password;
  for (const name of names) {
    if (name.length >= LEAST_NAME) left = left.replaceAll(new RegExp(escaped(name), 'giu'), '*');
  }
  return left.replace(COMMON, '*');
}

/** Only what means something in a pattern: the u flag allows no other character to be escaped. */
const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Characters that are not foretold by those before them. */
function variedLength(text: string): number {
  // A piece of up to eight characters that comes again and again counts once.
  const points = [...text.toLowerCase().replace(/(.{1,8}?)\1+/gu, '$1')].map(
    (one) => one.codePointAt(0) ?? 0,
  );
  const fresh = points.filter((point, at) => {
    const [before, second] = [points[at - 1], points[at - 2]];
    if (before === undefined || second === undefined) return true;
    // The third and later of a run such as 4567 or gfedc.
    return point - before !== before - second || Math.abs(point - before) > 1;
  });
  return Math.min(fresh.length, new Set(points).size * 2);
}
