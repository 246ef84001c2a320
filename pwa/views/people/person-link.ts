/** The address at which anybody on this server finds somebody. Names are public, and say nothing of who asks. */
export const linkTo = (name: string): string => `${location.origin}/people?name=${name}`;

/** The scheme is the one that the manifest registers for this app. */
const LINK = /^(?:web\+nexchat:(?:\/\/)?)?@?([a-z][a-z0-9._-]{2,31})\/?$/;

/** Whom such an address leads to, or a link like `web+nexchat:mira` that the browser handed over in it; else null. */
export function nameIn(search: string): string | null {
  return LINK.exec(given(search).toLowerCase())?.[1] ?? null;
}

/** What such an address says in place of a name, short enough to be shown. */
export const textIn = (search: string): string => given(search).slice(0, 64);

const given = (search: string): string => (new URLSearchParams(search).get('name') ?? '').trim();
