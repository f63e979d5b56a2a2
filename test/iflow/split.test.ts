import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ExpressionFault } from '../../shared/iflow/expressions/expression-fault.ts';
import {
  groupAt,
  groupCount,
  type Pieces,
  totalLength,
} from '../../shared/iflow/steps/routing/splitting/pieces.ts';
import {
  parseSplitPath,
  type SplitPath,
} from '../../shared/iflow/steps/routing/splitting/split-path.ts';
import { splitAtToken, splitLines } from '../../shared/iflow/steps/routing/splitting/split-text.ts';
import { splitXml } from '../../shared/iflow/steps/routing/splitting/split-xml.ts';
import type { XmlElement } from '../../shared/iflow/xml/nodes.ts';
import { readXml, XmlError } from '../../shared/iflow/xml/read-xml.ts';
import { processorMs } from '../support/processor-time.ts';

const LIMITS = { maxCharacters: 1_000_000, maxDepth: 100, maxNodes: 10_000 };

const all = (pieces: Pieces, size = 1): string[] =>
  Array.from({ length: groupCount(pieces, size) }, (_, index) => groupAt(pieces, size, index));

/** XML of few names in few namespaces, so that paths find something. */
const xml = fc
  .letrec<{ element: string }>((tie) => ({
    element: fc
      .record({
        prefix: fc.constantFrom('', '', '', 'x:', 'y:'),
        name: fc.constantFrom('a', 'b'),
        declares: fc.constantFrom(
          '',
          '',
          ' xmlns="d"',
          ' xmlns=""',
          ' xmlns:x="u"',
          ' xmlns:y="v"',
        ),
        children: fc.oneof(
          { depthSize: 'medium', withCrossShrink: true },
          fc.constantFrom('', 'text', '<!-- <b> -->', '<![CDATA[<b/>]]>', '&lt;b&gt;', '<?b c?>'),
          fc.array(tie('element'), { maxLength: 4 }).map((parts) => parts.join('')),
        ),
      })
      .map(({ prefix, name, declares, children }) => {
        const tag = prefix + name;
        return `<${tag}${declares} n="&quot;">${children}</${tag}>`;
      }),
  }))
  .element.map(
    (element) => `<?xml version="1.0"?><a xmlns:x="u1" xmlns:y="u2">${element}${element}</a>`,
  );

const path = fc
  .array(fc.tuple(fc.constantFrom('/', '//', '//'), fc.constantFrom('a', 'b', 'b', 'x:b')), {
    minLength: 1,
    maxLength: 3,
  })
  .map((steps) => steps.flat().join(''));

/** What an element is, whatever prefixes it is written with. */
function shape(element: XmlElement): unknown {
  return [
    element.localName,
    element.namespaceURI,
    element.childNodes.map((node) =>
      node.nodeType === 1 ? shape(node) : [node.nodeType, 'data' in node ? node.data : ''],
    ),
  ];
}

/** The elements that a path means, by its definition; those inside of another one are not among them. */
function meant(root: XmlElement, steps: SplitPath): XmlElement[] {
  const fits = (chain: readonly XmlElement[], length: number): boolean => {
    const [step, element] = [steps[length - 1], chain.at(-1)];
    if (step === undefined) return chain.length === 0;
    if (element === undefined || element.localName !== step.localName) return false;
    const { namespace } = step;
    const isNamed =
      'uri' in namespace
        ? namespace.uri === element.namespaceURI
        : namespace.prefix === element.prefix;
    if (!isNamed) return false;
    const before = chain.slice(0, -1);
    if (!step.anywhere) return fits(before, length - 1);
    return Array.from({ length: chain.length }, (_, i) => before.slice(0, i)).some((some) =>
      fits(some, length - 1),
    );
  };
  const walk = (element: XmlElement, around: readonly XmlElement[]): XmlElement[] => {
    const chain = [...around, element];
    return fits(chain, steps.length)
      ? [element]
      : element.elements().flatMap((child) => walk(child, chain));
  };
  return walk(root, []);
}

const NAMESPACES = { x: 'u', y: 'u2' };

test('splitting XML finds what the path means, each with its content and its namespaces', () => {
  fc.assert(
    fc.property(xml, path, (text, written) => {
      const steps = parseSplitPath(written, NAMESPACES);
      const expected = meant(readXml(text, LIMITS).documentElement, steps).map(shape);
      const pieces = all(splitXml(text, steps, false));
      assert.deepEqual(
        pieces.map((piece) => shape(readXml(piece, LIMITS).documentElement)),
        expected,
      );
    }),
    { numRuns: 2000 },
  );
});

test('with its envelope, every piece is a document that has the piece where the first one stands', () => {
  fc.assert(
    fc.property(xml, path, (text, written) => {
      const steps = parseSplitPath(written, NAMESPACES);
      const expected = meant(readXml(text, LIMITS).documentElement, steps);
      const documents = all(splitXml(text, steps, true)).map(
        (piece) => readXml(piece, LIMITS).documentElement,
      );
      const placeOf = (element: XmlElement): number[] => {
        const { parentNode } = element;
        if (parentNode?.nodeType !== 1) return [];
        return [...placeOf(parentNode), parentNode.childNodes.indexOf(element)];
      };
      const place = expected[0] === undefined ? [] : placeOf(expected[0]);
      const found = documents.map((root) =>
        place.reduce<XmlElement | undefined>((element, index) => {
          const child = element?.childNodes[index];
          return child?.nodeType === 1 ? child : undefined;
        }, root),
      );
      assert.deepEqual(
        found.map((element) => element && shape(element)),
        expected.map(shape),
      );
    }),
    { numRuns: 2000 },
  );
});

test('groups hold all pieces in their order, and their size is known before they are made', () => {
  const texts = fc.array(
    fc.string({ minLength: 1 }).filter((text) => !/[\r\n;]/.test(text)),
    {
      minLength: 1,
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 25 }), fc.boolean(), (lines, size, envelope) => {
      const pieces = splitLines(lines.join('\r\n'), envelope);
      const groups = all(pieces, size);
      assert.equal(totalLength(pieces, size), groups.join('').length);
      const [head, ...rest] = lines;
      const back = groups.flatMap((group) => group.split('\n').slice(envelope ? 1 : 0));
      assert.deepEqual(back, envelope ? rest : lines);
      if (envelope) assert.ok(groups.every((group) => group.split('\n')[0] === head));
      assert.deepEqual(all(splitAtToken(lines.join(';'), ';')), lines);
    }),
  );
});

test('any text is either split, or refused as XML with a sentence', () => {
  const part = fc.constantFrom(
    '<a>',
    '</a>',
    '<b',
    '/>',
    '>',
    ' x="',
    '"',
    '&',
    ';',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    'text',
    '<!DOCTYPE',
    '\r\n',
    '\0',
    ' xmlns:x="u"',
    '<x:b/>',
  );
  const steps = parseSplitPath('//b', {});
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.boolean(), (parts, envelope) => {
      try {
        all(splitXml(parts.join(''), steps, envelope));
      } catch (error) {
        assert.ok(error instanceof XmlError, String(error));
      }
    }),
    { numRuns: 5000 },
  );
});

test('any path is either parsed, or refused with a fault of its own', () => {
  const part = fc.constantFrom(
    '/',
    '//',
    'a',
    'x:',
    ':',
    'é',
    ' ',
    '[1]',
    '@',
    '*',
    '.',
    'xmlns:x="u"',
    '..',
    '|',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      try {
        assert.ok(parseSplitPath(parts.join(''), { x: 'u' }).length > 0);
      } catch (error) {
        assert.ok(error instanceof ExpressionFault, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});

for (const [written, steps] of [
  ['/a/b', ['/a', '/b']],
  ['//b', ['//b']],
  ['a/b', ['/a', '/b']],
  ['/a//b', ['/a', '//b']],
  ['/a/b/', ['/a', '/b']],
  [' /a/b ', ['/a', '/b']],
] as const) {
  test(`the path ${JSON.stringify(written)} means ${steps.join('')}`, () => {
    assert.deepEqual(
      parseSplitPath(written, {}).map(
        ({ anywhere, localName }) => `${anywhere ? '//' : '/'}${localName}`,
      ),
      steps,
    );
  });
}

test('namespaces that each piece has to declare again are bounded', () => {
  const declared = (count: number): string =>
    Array.from({ length: count }, (_, i) => ` xmlns:p${i}="urn:${'x'.repeat(5000)}"`).join('');
  const steps = parseSplitPath('/a/b', {});
  assert.throws(() => splitXml(`<a${declared(101)}><b/></a>`, steps, false), {
    name: 'XmlError',
    message: 'an element has more than 100 namespace prefixes',
  });
  assert.throws(() => splitXml(`<a${declared(100)}>${'<b/>'.repeat(600)}</a>`, steps, false), {
    name: 'XmlError',
    message: 'its pieces have more than 268435456 characters',
  });
});

test('hostile XML is split, or refused, in time that is linear in its length', () => {
  const startedAt = processorMs();
  const many = parseSplitPath(Array(30).fill('//b').join(''), {});
  const deep = `${'<b>'.repeat(490)}${'</b>'.repeat(490)}`;
  for (const text of [
    `<a>${deep.repeat(200)}</a>`,
    `<a>${'<b'.repeat(100_000)}`,
    `<a ${'x="1" '.repeat(100_000)}`,
    `<a>${'<!--'.repeat(100_000)}`,
    `<a>${'&amp;'.repeat(200_000)}</a>`,
  ]) {
    try {
      splitXml(text, many, true);
    } catch (error) {
      assert.ok(error instanceof XmlError, String(error));
    }
  }
  assert.ok(processorMs() - startedAt < 5000);
});
