import type { Handler } from '../../http/call.ts';

/** Signing in at the upstream OpenID provider. */
export interface UpstreamSignIn {
  /** On the button. */
  readonly name: string;
  /** Sends the browser there. */
  readonly start: Handler;
  /** Where it comes back. */
  readonly callback: Handler;
}
