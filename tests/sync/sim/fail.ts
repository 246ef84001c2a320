/** Told of every promise that was broken: the rule, and what was seen. */
export type Fail = (rule: string, seen: string) => void;
