import { hueOf, initials } from '../format.ts';

/** Initials on a warm hue that the name always gets; a dot that tells whether the person is online, where that is known. The name is written beside it. */
export function Avatar(props: { name: string; online?: boolean | undefined; size?: 'small' | 'large' }) {
  return (
    <span class="avatar" data-hue={hueOf(props.name)} data-size={props.size} aria-hidden="true">
      {initials(props.name)}
      {props.online !== undefined && <span class="dot" data-online={props.online} />}
    </span>
  );
}
