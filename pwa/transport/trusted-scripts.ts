import passwordWorker from '../controllers/password-worker.ts?worker&url';

/** The scripts that this app starts beside its own modules. */
export const SERVICE_WORKER = '/sw.js';
export const PASSWORD_WORKER = passwordWorker;

const known: ReadonlySet<string> = new Set([SERVICE_WORKER, PASSWORD_WORKER]);

interface ScriptPolicy {
  createScriptURL(url: string): string;
}
interface TrustedTypes {
  createPolicy(name: string, rules: ScriptPolicy): ScriptPolicy;
}

const rules: ScriptPolicy = {
  createScriptURL(url) {
    if (!known.has(url)) throw new TypeError(`not a script of this app: ${url}`);
    return url;
  },
};

const trustedTypes = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
const policy = trustedTypes === undefined ? rules : trustedTypes.createPolicy('nexchat', rules);

/**
 * The address as the page's Trusted Types policy wants it (CSP: `trusted-types nexchat`). At run time it is a
 * TrustedScriptURL, which the DOM types of today's TypeScript know only as a string.
 */
export const trustedScript = (url: string): string => policy.createScriptURL(url);
