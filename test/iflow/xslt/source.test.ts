import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSource } from '../../../shared/iflow/steps/transformers/xslt/source.ts';
import { World } from '../../../shared/iflow/steps/transformers/xslt/world.ts';
import { compile, stylesheet } from './stylesheets.ts';

/** The processor as its vendor means it to be used: it reads the XML itself. */
const SaxonJS = createRequire(import.meta.url)('saxon-js') as {
  transform(options: Readonly<Record<string, unknown>>): { readonly principalResult: string };
};

/** Tells all that XPath can see of a document, a line for each node. */
const LISTING = stylesheet(
  `<xsl:for-each select="/|//node()|//@*">
     <xsl:variable name="node" select="."/>
     <xsl:value-of select="path(), name(), namespace-uri(), string(), ancestor-or-self::*[1] ! in-scope-prefixes(.) ! concat(., '=', namespace-uri-for-prefix(., $node/ancestor-or-self::*[1]))" separator="|"/>
     <xsl:text>&#10;</xsl:text>
   </xsl:for-each>`,
  { version: '3.0', top: '<xsl:output method="text"/>' },
);

const { compiled } = compile(LISTING);
assert.ok(compiled);
const stylesheetInternal: unknown = JSON.parse(compiled.text);
const world = new World();
world.prepare(compiled.text);

function listed(xml: string): string {
  const envelope = JSON.stringify({ parameters: [], headers: [], properties: [] });
  const told = world.transform(envelope, readSource(xml));
  assert.deepEqual(JSON.parse(told), { headers: [], properties: [] });
  return world.takeResult();
}

const listedByTheProcessor = (sourceText: string): string =>
  SaxonJS.transform({ stylesheetInternal, sourceText, destination: 'serialized' }).principalResult;

test('a stylesheet sees names, namespaces, attributes, texts, comments and instructions', () => {
  const xml =
    '<?xml version="1.0"?><!--first--><a xmlns="urn:a" xmlns:p="urn:p" p:q="1" r="&lt;&#10;"><p:b xmlns=""> t<![CDATA[<&]]>&amp; <c xml:id=" x  y "/></p:b><?go to it?><?go?></a>';
  const xmlPrefix = 'xml=http://www.w3.org/XML/1998/namespace';
  const [a, b] = [`${xmlPrefix}|=urn:a|p=urn:p`, `${xmlPrefix}|p=urn:p`];
  const text = ' t<&& ';
  const root = '/Q{urn:a}a[1]';
  const child = `${root}/Q{urn:p}b[1]`;
  assert.deepEqual(listed(xml).replaceAll('<\n', '<\\n').trimEnd().split('\n'), [
    `/|||${text}`,
    '/comment()[1]|||first',
    `${root}|a|urn:a|${text}|${a}`,
    `${root}/@Q{urn:p}q|p:q|urn:p|1|${a}`,
    `${root}/@r|r||<\\n|${a}`,
    `${child}|p:b|urn:p|${text}|${b}`,
    `${child}/text()[1]|||${text}|${b}`,
    `${child}/Q{}c[1]|c|||${b}`,
    `${child}/Q{}c[1]/@Q{http://www.w3.org/XML/1998/namespace}id|xml:id|http://www.w3.org/XML/1998/namespace|x y|${b}`,
    `${root}/processing-instruction(go)[1]|go||to it|${a}`,
    `${root}/processing-instruction(go)[2]|go|||${a}`,
  ]);
});

const name = fc.constantFrom('a', 'b', 'p:a', 'q:b', 'ä.-1');
const text = fc.string({
  unit: fc.constantFrom('x', ' ', '\n', '&lt;', '&#13;', '&amp;', 'é', '𝄞', '"'),
});
const attribute = fc.tuple(fc.constantFrom('k', 'l', 'p:k', 'q:l'), text);
const declared = fc.constantFrom(
  '',
  ' xmlns="urn:d"',
  ' xmlns=""',
  ' xmlns:p="urn:r"',
  ' xmlns:q="urn:p"',
);
const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
  element: fc
    .tuple(
      name,
      declared,
      fc.uniqueArray(attribute, { selector: ([of]) => of, maxLength: 3 }),
      tie('content'),
    )
    .map(([of, namespace, attributes, content]) => {
      const written = attributes.map(([key, value]) => ` ${key}="${value.replaceAll('"', "'")}"`);
      return `<${of}${namespace}${written.join('')}>${content}</${of}>`;
    }),
  content: fc
    .array(
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        text,
        text.map((data) => `<![CDATA[${data}]]>`),
        text.map((data) => `<!--${data}-->`),
        fc.constantFrom('<?go?>', '<?go to it ?>'),
        tie('element'),
      ),
      { maxLength: 4 },
    )
    .map((parts) => parts.join('')),
}));

test('the tree of any document is the one that the processor makes of it', () => {
  fc.assert(
    fc.property(element, (root) => {
      const xml = `<r xmlns:p="urn:p" xmlns:q="urn:q">${root}</r>`;
      assert.equal(listed(xml), listedByTheProcessor(xml));
    }),
  );
});
