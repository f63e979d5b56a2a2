/** Attributes of a manifest's main section by name, as the JAR file specification unfolds them. */
export type Manifest = ReadonlyMap<string, string>;

/**
 * Reads the main section of a MANIFEST.MF. SAP writes lines longer than the 72 bytes of the JAR
 * file specification; continuation lines, which begin with a space, occur all the same.
 */
export function parseManifest(text: string): Manifest {
  const attributes = new Map<string, string>();
  for (const line of mainSection(text)
    .text.replace(/\r?\n /g, '')
    .split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) attributes.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return attributes;
}

/** `Bundle-SymbolicName` without its directives, such as `; singleton:=true`. */
export function symbolicName(manifest: Manifest): string {
  return (manifest.get('Bundle-SymbolicName') ?? '').split(';', 1)[0]?.trim() ?? '';
}

/** The manifest text with attributes of its main section replaced or added; the rest stays as it is. */
export function replaceAttributes(text: string, changes: ReadonlyMap<string, string>): string {
  const section = mainSection(text);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  let changed = section.text;
  if (!changed.endsWith('\n')) changed += eol;
  for (const [name, value] of changes) {
    const line = foldLine(`${name}: ${value}`, eol) + eol;
    const at = new RegExp(`^${name}:.*\\n(?: .*\\n)*`, 'm').exec(changed);
    changed =
      at === null
        ? changed + line
        : changed.slice(0, at.index) + line + changed.slice(at.index + at[0].length);
  }
  return changed + section.rest;
}

/** The main section ends at the first empty line. */
function mainSection(text: string): { text: string; rest: string } {
  const end = /\n\r?\n/.exec(text);
  if (end === null) return { text, rest: '' };
  return { text: text.slice(0, end.index + 1), rest: text.slice(end.index + 1) };
}

/** Lines of at most 72 bytes, never cut inside a character. */
export function foldLine(line: string, eol = '\r\n'): string {
  const lines: string[] = [];
  let current = '';
  let bytes = 0;
  for (const character of line) {
    const length = Buffer.byteLength(character);
    if (bytes + length > 72) {
      lines.push(current);
      current = ' ';
      bytes = 1;
    }
    current += character;
    bytes += length;
  }
  return [...lines, current].join(eol);
}
