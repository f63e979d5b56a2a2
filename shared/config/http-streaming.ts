/**
 * Whether requests come to the functions as streams (docs/adr/0004-buffered-requests.md). Asked while
 * the functions are registered, before there is a configuration: it holds for the whole app.
 */
export function wantsHttpStreaming(env: Readonly<Record<string, string | undefined>>): boolean {
  return /^(on|true|yes|1)$/i.test(env['FLOWGATE_HTTP_STREAMING'] ?? '');
}
