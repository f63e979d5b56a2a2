const NAMESPACE = 'http://sap.com/xi/XI/SplitAndMerge';

/**
 * SAP's multimapping format of several messages (SAP Help, Define Gather and Join: Results).
 * @param format `same` puts all into one Message1, `different` each into a numbered one.
 * @param contents what stands in the messages, as XML without declaration.
 */
export function writeMultimap(format: 'same' | 'different', contents: readonly string[]): string {
  const groups = format === 'same' ? [contents.join('')] : contents;
  const messages = groups.map((xml, i) => {
    const name = `multimap:Message${i + 1}`;
    return `<${name}>${xml}</${name}>`;
  });
  return `<?xml version='1.0' encoding='UTF-8'?><multimap:Messages xmlns:multimap="${NAMESPACE}">${messages.join('')}</multimap:Messages>`;
}
