import { CopyButton } from '../parts/CopyButton.tsx';
import { linkTo } from '../people/person-link.ts';
import { sayDoor } from '../strings/door.ts';
import { saySettings } from '../strings/settings.ts';

/** What one gives to somebody who is to find one here. */
export function OwnLink(props: { name: string }) {
  const words = saySettings.link;
  const link = linkTo(props.name);
  return (
    <section class="card card-padded">
      <h2>{words.title}</h2>
      <bdi class="own-link">{link}</bdi>
      <div class="setting">
        <p class="help">{words.help}</p>
        <CopyButton
          text={link}
          label={words.copy}
          copied={sayDoor.code.copied}
          refused={sayDoor.code.notCopied}
        />
      </div>
    </section>
  );
}
