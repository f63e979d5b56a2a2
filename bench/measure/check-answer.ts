/**
 * Sends a message and compares the answer with the XML that it has to be; the XML declaration may be
 * written in any way, or be left out.
 * @throws {Error} that shows where they differ.
 */
export async function checkAnswer(
  url: URL,
  message: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  expected: string,
): Promise<void> {
  const response = await fetch(url, { method: 'POST', ...message });
  const text = await response.text();
  if (response.status !== 200) {
    throw new Error(`${url.pathname} answered ${response.status}: ${text.slice(0, 2000)}`);
  }
  const answer = text.replace(/^<\?xml[^>]*\?>\s*/, '');
  if (answer === expected) return;
  let at = 0;
  while (at < expected.length && answer[at] === expected[at]) at += 1;
  const show = (whole: string): string =>
    JSON.stringify(whole.slice(Math.max(0, at - 40), at + 80));
  throw new Error(
    `${url.pathname} does not answer what it has to: at ${at} there is ${show(answer)} for ${show(expected)}`,
  );
}
