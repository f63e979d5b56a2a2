import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { enrichTask } from '../../shared/iflow/steps/calls/enriching/enrich-task.ts';
import { joinBodies } from '../../shared/iflow/steps/routing/gathering/joined-bodies.ts';
import type { XmlDocument, XmlElement } from '../../shared/iflow/xml/nodes.ts';
import { readXml } from '../../shared/iflow/xml/read-xml.ts';
import { XMLNS_NAMESPACE } from '../../shared/iflow/xml/xml-handler.ts';
import { check } from './check.ts';

const LIMITS = { maxCharacters: 1e7, maxDepth: 500, maxNodes: 1e6 };

/** Declarations change what a prefix, or none, means further in. */
const more = fc.constantFrom('', '', '', ' xmlns="u"', ' xmlns=""', ' xmlns:p="v"', ' p:x="1"');
const key = fc
  .tuple(
    fc.constantFrom('k', 'k', 'p:k', 'a'),
    more,
    fc.constantFrom('1', '1', '2', '', '<!-- 2 -->1', '<![CDATA[1]]>', '&#50;', '<b>1</b>'),
  )
  .map(([name, own, text]) => `<${name}${own}>${text}</${name}>`);

const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      fc.constantFrom('a', 'b', 'p:a', 'q:b'),
      more,
      fc.array(fc.oneof({ maxDepth: 3 }, key, tie('element')), { minLength: 1, maxLength: 4 }),
    )
    .map(([name, own, inner]) => `<${name}${own}>${inner.join(' ')}</${name}>`),
}));

const document = fc
  .tuple(
    fc.constantFrom('r', 'a'),
    fc.constantFrom('w', 'u'),
    fc.array(element, { minLength: 1, maxLength: 5 }),
  )
  .map(([root, p, inner]) => `<${root} xmlns:p="${p}" xmlns:q="q">${inner.join('')}</${root}>`);

const path = fc.constantFrom(['a'], ['r', 'a'], ['b'], ['a', 'b']);
const paths = fc.record({ node: path, key: fc.constantFrom(['k'], ['k'], ['b', 'k'], ['a']) });

interface Paths {
  readonly node: readonly string[];
  readonly key: readonly string[];
}

/** What any reader has of an element, whatever prefixes it is written with. */
type Content = string | { readonly name: string; readonly inner: readonly Content[] };

test('Enrich makes what comparing each key with each entry in the tree makes of it', async () => {
  await check(
    fc.asyncProperty(document, document, paths, paths, async (original, lookup, by, to) => {
      const steps = ({ node, key }: Paths) => ({
        node: node.map((localName) => ({ localName, namespace: undefined })),
        key: key.map((localName) => ({ localName, namespace: undefined })),
      });
      const aggregation = { strategy: 'enrich', original: steps(by), lookup: steps(to) } as const;
      const call = { ...joinBodies([original, lookup]), aggregation };
      const enriched = await enrichTask.run(call, undefined);
      assert.deepEqual(
        contentOf(readXml(enriched, LIMITS).documentElement, () => []),
        expected(readXml(original, LIMITS), readXml(lookup, LIMITS), by, to),
      );
    }),
    2,
  );
});

function expected(original: XmlDocument, lookup: XmlDocument, by: Paths, to: Paths): Content {
  const entries = nodesOf(lookup, to.node).map((node) => ({
    content: contentOf(node, () => []),
    keys: keysOf(node, to.key).map(({ textContent }) => textContent),
  }));
  const keys = new Set(nodesOf(original, by.node).flatMap((node) => keysOf(node, by.key)));
  return contentOf(original.documentElement, (key) =>
    keys.has(key) && key.textContent !== ''
      ? entries.filter((entry) => entry.keys.includes(key.textContent)).map((one) => one.content)
      : [],
  );
}

function nodesOf(within: XmlDocument, names: readonly string[]): XmlElement[] {
  const fromRoot = below([within], names);
  return fromRoot.length > 0 ? fromRoot : outermost(within, names, within);
}

function keysOf(node: XmlElement, names: readonly string[]): XmlElement[] {
  const near = below([node], names);
  return near.length > 0 ? near : outermost(node, names, node);
}

function below(
  from: readonly (XmlElement | XmlDocument)[],
  [name, ...rest]: readonly string[],
): XmlElement[] {
  const found = from.flatMap((parent) => parent.elements(name));
  return rest.length === 0 ? found : below(found, rest);
}

function outermost(
  from: XmlElement | XmlDocument,
  names: readonly string[],
  top: XmlElement | XmlDocument,
): XmlElement[] {
  return from
    .elements()
    .flatMap((child) => (endsWith(child, names, top) ? [child] : outermost(child, names, top)));
}

function endsWith(
  element: XmlElement,
  names: readonly string[],
  top: XmlElement | XmlDocument,
): boolean {
  if (element.localName !== names.at(-1)) return false;
  const rest = names.slice(0, -1);
  if (rest.length === 0) return true;
  const { parentNode: parent } = element;
  return parent?.nodeType === 1 && parent !== top && endsWith(parent, rest, top);
}

function contentOf(
  element: XmlElement,
  behind: (child: XmlElement) => readonly Content[],
): Content {
  const attributes = element.attributes
    .filter(({ namespaceURI }) => namespaceURI !== XMLNS_NAMESPACE)
    .map(({ namespaceURI, localName, value }) => `{${namespaceURI ?? ''}}${localName}=${value}`);
  const name = `{${element.namespaceURI ?? ''}}${element.localName} ${attributes.join(' ')}`;
  const inner = element.childNodes.flatMap((child): readonly Content[] => {
    if (child.nodeType === 1) return [contentOf(child, behind), ...behind(child)];
    return child.nodeType === 3 ? [child.data] : [];
  });
  return { name, inner };
}
