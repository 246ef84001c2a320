import type { TimelineItem } from '../models/timeline.ts';
import { message } from './fake-messages.ts';

/** A name as wide as a name can be. */
export const WIDE_NAME = 'w'.repeat(32);

/** Turns what follows around; from here on the line is read from the right. */
const OVERRIDE = '\u202e';
const ZERO_WIDTH = '\u200b\u200c\u200d\u2060\ufeff';

/** What somebody may write to break the page, or to fool its reader. */
export const HOSTILE_TEXTS: readonly string[] = [
  'x'.repeat(10_000),
  `${'word '.repeat(1_999)}end`,
  `${OVERRIDE}txt.exe is what this is not`,
  `before ${OVERRIDE}reversed and never closed`,
  `\u2067\u2067\u2067 isolates that are never closed \u061c`,
  `${ZERO_WIDTH}z${ZERO_WIDTH}e${ZERO_WIDTH}r${ZERO_WIDTH}o`,
  '👩‍👩‍👧‍👦'.repeat(1_000),
  `Z${'\u0335\u0321\u0328'.repeat(200)}algo`,
  '<img src=x onerror="window.hacked=1"><b>bold</b><script>window.hacked=1</script>',
  '<svg/onload=window.hacked=1> &lt;b&gt; &#x202e;',
  'javascript:window.hacked=1 data:text/html,<script>hacked=1</script> file:///etc/passwd',
  'intent://scan/#Intent;scheme=zxing;end vbscript:x blob:https://a.example/1 about:blank view-source:https://a.example',
  'https://аррӏе.com/login and https://bank.example@evil.example/',
  `https://a.example/${'very-long-path/'.repeat(60)}`,
  `https://a.example/${OVERRIDE}gpj.exe`,
  '\n'.repeat(60) + 'far below',
  '\u0000\u0007\u001b[31m control signs',
  'مرحبا https://a.example/ hello 123 שלום',
];

export const hostileConversation = (now: number): TimelineItem[] =>
  HOSTILE_TEXTS.map((text, index) =>
    message(index % 3 === 0, text, now - (HOSTILE_TEXTS.length - index) * 60_000, index + 1),
  );
