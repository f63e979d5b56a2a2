/**
 * Hosts that an administrator has named as being inside: they may have private addresses and be
 * spoken to without TLS. Each entry is `host` or `host:port`, as the URL standard writes a host.
 */
export type PrivateHosts = ReadonlySet<string>;

export function isPrivateHost(url: URL, hosts: PrivateHosts): boolean {
  return hosts.has(url.hostname) || hosts.has(`${url.hostname}:${portOf(url)}`);
}

/**
 * Reads a list such as `idp.corp.example, keycloak:8080, [::1]:9000`: hosts with commas between them,
 * each with a port or for all ports.
 * @returns undefined if an entry is not of that form.
 */
export function readPrivateHosts(list: string): PrivateHosts | undefined {
  const named = new Set<string>();
  for (const entry of list.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const host = normalise(entry);
    if (host === undefined) return undefined;
    named.add(host);
  }
  return named;
}

function normalise(entry: string): string | undefined {
  const [, host, port] = /^(\[[^\]]*\]|[^:/?#@[\]\s]+)(?::(\d{1,5}))?$/.exec(entry) ?? [];
  if (host === undefined || !URL.canParse(`http://${host}/`)) return undefined;
  const { hostname } = new URL(`http://${host}/`);
  if (port === undefined) return hostname;
  return Number(port) >= 1 && Number(port) <= 65_535 ? `${hostname}:${Number(port)}` : undefined;
}

function portOf(url: URL): string {
  if (url.port !== '') return url.port;
  return url.protocol === 'https:' ? '443' : '80';
}
