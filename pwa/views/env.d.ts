/** What vite.config.ts writes into the build. */
interface ImportMetaEnv {
  /** The version of package.json. */
  readonly APP_VERSION: string;
}
