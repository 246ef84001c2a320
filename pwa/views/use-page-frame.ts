import { useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Models } from '../models/models.ts';
import { say } from './strings.ts';

/** The colour of the browser's own bar under each theme; index.html has the same two. */
const BAR = { light: '#fbf3ea', dark: '#1c1210' } as const;

/** What lies around the app: the document's theme, its title with the unread count, and the height that is really visible. */
export function usePageFrame(models: Models): void {
  useSignalEffect(() => {
    const theme = models.shell.theme.value;
    document.documentElement.dataset['theme'] = theme;
    for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
      const scheme = meta.media.includes('dark') ? 'dark' : 'light';
      meta.content = BAR[theme === 'system' ? scheme : theme];
    }
  });

  useSignalEffect(() => {
    document.documentElement.dataset['looks'] = [...models.shell.looks.value].join(' ');
  });

  useSignalEffect(() => {
    const { phase, me } = models.session;
    const hidden = me.value === null || phase.value === 'locked';
    const unread = hidden ? 0 : models.conversations.unread.value;
    document.title = unread === 0 ? say.app : `(${say.list.badge(unread)}) ${say.app}`;
  });

  // Where the on-screen keyboard covers the page instead of shrinking it (iOS), the visible height is only known here.
  useEffect(() => {
    const viewport = window.visualViewport;
    if (viewport === null) return;
    const onResize = () => {
      const covered = window.innerHeight - viewport.height > 1 && viewport.scale === 1;
      const { style } = document.documentElement;
      if (covered) style.setProperty('--visible-height', `${viewport.height}px`);
      else style.removeProperty('--visible-height');
    };
    viewport.addEventListener('resize', onResize);
    return () => viewport.removeEventListener('resize', onResize);
  }, []);
}
