/** 0 too short, 1 could be longer, 2 good, 3 strong. */
export type Strength = 0 | 1 | 2 | 3;

/** The shortest password that an account may have, in characters. */
export const PASSWORD_MIN = 10;

/**
 * A rough guess from length and variety; repeated characters count once in a row. It guides, it does not judge:
 * only the length is enforced.
 */
export function passwordStrength(password: string): Strength {
  const length = [...password].length;
  if (length < PASSWORD_MIN) return 0;
  const classes = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) =>
    kind.test(password),
  ).length;
  const varied = [...password.replace(/(.)\1+/gu, '$1')].length;
  const score = varied + (classes - 1) * 2;
  if (score < 13) return 1;
  return score < 19 ? 2 : 3;
}
