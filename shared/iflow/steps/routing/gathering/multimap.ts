import { joinTexts } from '../../../large-text.ts';

const NAMESPACE = 'http://sap.com/xi/XI/SplitAndMerge';

/**
 * SAP's multimapping format of several messages (SAP Help, Define Gather and Join: Results), put
 * together at once: what is made of texts that are as large as a body must not be in memory twice.
 * @param format `same` puts all into one Message1, `different` each into a numbered one.
 * @param contents what stands in the messages, as XML without declaration.
 */
export function writeMultimap(format: 'same' | 'different', contents: readonly string[]): string {
  const groups = format === 'same' ? [contents] : contents.map((xml) => [xml]);
  const messages = groups.flatMap((group, i) => {
    const name = `multimap:Message${i + 1}`;
    return [`<${name}>`, ...group, `</${name}>`];
  });
  return joinTexts([
    `<?xml version='1.0' encoding='UTF-8'?><multimap:Messages xmlns:multimap="${NAMESPACE}">`,
    ...messages,
    '</multimap:Messages>',
  ]);
}
