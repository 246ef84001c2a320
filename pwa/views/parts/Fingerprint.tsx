import { fingerprintGroups } from '../format.ts';

/** A key fingerprint in groups that two people can read to each other. */
export function Fingerprint(props: { value: string }) {
  return (
    <p class="fingerprint" translate={false}>
      {fingerprintGroups(props.value).map((group, index) => (
        <span key={index}>{group} </span>
      ))}
    </p>
  );
}
