/** Icons as components: `~icons/ph/<name>` is a drawing of Phosphor; vite.config.ts compiles those that are named. */
declare module '~icons/*' {
  import type { FunctionComponent, SVGAttributes } from 'preact';

  const icon: FunctionComponent<SVGAttributes<SVGSVGElement>>;
  export default icon;
}
