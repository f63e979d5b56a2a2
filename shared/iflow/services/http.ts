import type { HttpClient } from '../../net/http-client.ts';
import type { AccessTokens } from '../receivers/http/access-tokens.ts';
import type { HttpSessions } from '../receivers/http/sessions.ts';

/** What the HTTP receivers of one instance share. */
export interface HttpService {
  readonly client: HttpClient;
  readonly tokens: AccessTokens;
  readonly sessions: HttpSessions;
}
