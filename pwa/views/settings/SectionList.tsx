import type { ComponentChildren, ComponentType } from 'preact';
import type { Me } from '../../models/session.ts';
import type { SettingsSection } from '../../models/shell.ts';
import { useApp } from '../app-context.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { BlockedIcon, CallsIcon } from '../parts/icons.tsx';
import {
  AboutIcon,
  AppLockIcon,
  DataIcon,
  DevicesIcon,
  NextIcon,
  NoticesIcon,
  PasswordIcon,
  RecoveryIcon,
} from '../parts/more-icons.tsx';
import { PanelHeader } from '../parts/PanelHeader.tsx';
import { useRoving } from '../parts/use-roving.ts';
import { saySettings } from '../strings/settings.ts';

const GROUPS = [
  { title: 'account', sections: ['devices', 'password', 'recovery'] },
  { title: 'privacy', sections: ['lock', 'blocked'] },
  { title: 'more', sections: ['notices', 'calls', 'data', 'about'] },
] as const satisfies readonly { title: string; sections: readonly SettingsSection[] }[];

const ICONS: Readonly<Record<SettingsSection, ComponentType>> = {
  notices: NoticesIcon,
  calls: CallsIcon,
  devices: DevicesIcon,
  password: PasswordIcon,
  recovery: RecoveryIcon,
  lock: AppLockIcon,
  blocked: BlockedIcon,
  data: DataIcon,
  about: AboutIcon,
};

interface Props {
  readonly open: SettingsSection | null;
  readonly wide: boolean;
  readonly children: ComponentChildren;
}

/** The person, and the sections by what they are about. What comes after them on a phone is given as children. */
export function SectionList(props: Props) {
  const { models } = useApp();
  const { open, wide } = props;
  const list = useRoving<HTMLElement>();
  const me = models.session.me.value;
  return (
    <section class="pane list-pane" aria-label={saySettings.title}>
      <PanelHeader title={saySettings.title} />
      <div class="pane-scroll">
        <div class="column">
          <nav class="sections" aria-label={saySettings.title} ref={list}>
            {me !== null && <OwnRow me={me} open={open} wide={wide} />}
            {GROUPS.map(({ title, sections }) => (
              <section key={title}>
                <h2 class="column-title">{saySettings[title]}</h2>
                <ul class="card">
                  {sections.map((section) => (
                    <SectionRow key={section} section={section} open={open === section} />
                  ))}
                </ul>
              </section>
            ))}
          </nav>
          {props.children}
        </div>
      </div>
    </section>
  );
}

/** The person leads to what is not in a section of its own. On a phone that is below, so there is nothing to press. */
function OwnRow(props: { me: Me; open: SettingsSection | null; wide: boolean }) {
  const { actions } = useApp();
  const { me, open, wide } = props;
  const who = (
    <>
      <Avatar name={me.name} />
      <span class="section-words">
        <bdi class="section-name">{me.name}</bdi>
        {wide && <span class="section-line">{saySettings.general}</span>}
      </span>
    </>
  );
  if (!wide) return <div class="card section-row">{who}</div>;
  return (
    <ul class="card">
      <li>
        <button
          type="button"
          class="section-row"
          data-roving
          aria-current={open === null ? 'true' : undefined}
          onClick={() => actions.go({ panel: 'settings', section: null })}
        >
          {who}
        </button>
      </li>
    </ul>
  );
}

function SectionRow(props: { section: SettingsSection; open: boolean }) {
  const { actions } = useApp();
  const { section, open } = props;
  const Icon = ICONS[section];
  return (
    <li>
      <button
        type="button"
        class="section-row"
        data-roving
        data-row={section}
        aria-current={open ? 'true' : undefined}
        onClick={() => actions.go({ panel: 'settings', section })}
      >
        <Icon />
        <span class="section-words">
          <span class="section-name">{saySettings.sections[section]}</span>
          <span class="section-line">{saySettings.lines[section]}</span>
        </span>
        <NextIcon />
      </button>
    </li>
  );
}
