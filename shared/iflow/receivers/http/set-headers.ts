/** Sets headers, whatever spelling of them there is already. */
export function setHeaders(
  headers: Record<string, string>,
  values: Readonly<Record<string, string | undefined>>,
): void {
  for (const [name, value] of Object.entries(values)) {
    for (const other of Object.keys(headers)) {
      if (other.toLowerCase() === name.toLowerCase()) Reflect.deleteProperty(headers, other);
    }
    if (value !== undefined) headers[name] = value;
  }
}
