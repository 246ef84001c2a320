/** A piece of a message: plain text, or text that is also a link. */
export interface TextPart {
  readonly text: string;
  readonly href: string | null;
  /** The host in ASCII (punycode), where it is written otherwise: some letters look like others. */
  readonly host?: string;
}

const CANDIDATE = /\b(?:https?:\/\/|mailto:)[^\s<>"'`]+/giu;
const TRAILING = /[.,;:!?…]+$/u;

/** Only these may become a link; everything else stays text. */
const ALLOWED = new Set(['http:', 'https:', 'mailto:']);

/** Splits plain text at its http(s) and mailto addresses. The parts joined are the text again. */
export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const shown = trimAddress(match[0]);
    const href = parseAddress(shown);
    if (href === null) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index), href: null });
    const host = asciiHost(href);
    const plain = host === null || shown.toLowerCase().includes(host);
    parts.push(plain ? { text: shown, href } : { text: shown, href, host });
    end = match.index + shown.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), href: null });
  return parts;
}

/** Null for addresses without one. */
function asciiHost(href: string): string | null {
  const { host } = new URL(href);
  return host === '' ? null : host;
}

/** A sentence's punctuation and an unopened closing bracket are not part of an address. */
function trimAddress(address: string): string {
  let trimmed = address.replace(TRAILING, '');
  while (trimmed.endsWith(')') && trimmed.split(')').length > trimmed.split('(').length) {
    trimmed = trimmed.slice(0, -1).replace(TRAILING, '');
  }
  return trimmed;
}

function parseAddress(address: string): string | null {
  try {
    const url = new URL(address);
    const empty = url.host === '' && url.pathname === '';
    // `https://bank.example@evil.example` leads elsewhere than it reads.
    const disguised = url.username !== '' || url.password !== '';
    return ALLOWED.has(url.protocol) && !empty && !disguised ? url.href : null;
  } catch {
    // Not an address after all: it stays text.
    return null;
  }
}
